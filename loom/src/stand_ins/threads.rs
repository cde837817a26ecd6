//! The threads of actors: those of loom. To have ended is to have been joined.

use std::ffi::CString;
use std::io;

pub(super) struct Builder {
    pub(super) name: CString,
    pub(super) stack_bytes: usize,
}

/// What is to be done once a thread has been joined.
pub(super) type Then = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub struct Reaper;

impl Reaper {
    pub(super) fn spawn(&self, _: Builder, body: impl FnOnce() -> Option<Then> + Send + 'static) -> io::Result<()> {
        loom::thread::spawn(move || {
            if let Some(then) = body() {
                then();
            }
        });
        Ok(())
    }

    pub(super) fn spawn_from_there(
        &self,
        builder: Builder,
        body: impl FnOnce() -> Option<Then> + Send + 'static,
    ) -> bool {
        self.spawn(builder, body).is_ok()
    }
}

pub(super) struct SignalStack;

impl SignalStack {
    pub(super) fn enter() -> Option<SignalStack> {
        None
    }
}

/// The watch, which has models of its own.
#[derive(Default)]
pub struct Watch;

impl Watch {
    pub(super) fn enter(&self, _: &std::sync::Arc<super::OsThread>) -> Entry {
        Entry
    }
}

pub(super) struct Entry;

impl Entry {
    pub(super) fn begin(&self) {}

    pub(super) fn end(&self) {}
}
