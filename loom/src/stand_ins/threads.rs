//! The threads of actors: those of loom. To have ended is to have been joined.

use super::os_thread::OsThread;
use std::ffi::CString;
use std::io;
use std::sync::Arc;

pub(crate) struct Builder {
    pub(crate) name: CString,
    pub(crate) stack_bytes: usize,
}

/// What is to be done once a thread has been joined.
pub(crate) type Then = Box<dyn FnOnce() + Send>;

/// What a life leaves behind. No thread is used again here: `idle_models` have that.
pub(crate) struct Left {
    pub(crate) then: Option<Then>,
    pub(crate) fit: bool,
}

/// Nothing of a model's stack is given back.
pub(crate) fn give_back_here() {}

#[derive(Clone)]
pub struct Reaper;

impl Reaper {
    pub(crate) fn spawn(&self, _: Builder, body: impl FnOnce() -> Left + Send + 'static) -> io::Result<()> {
        loom::thread::spawn(move || {
            if let Some(then) = body().then {
                then();
            }
        });
        Ok(())
    }

    pub(crate) fn spawn_from_there(&self, builder: Builder, body: impl FnOnce() -> Left + Send + 'static) -> bool {
        self.spawn(builder, body).is_ok()
    }
}

/// The watch, which has models of its own. Here it demotes nobody, or every thread at its first request, and the system lets none of them be
/// promoted again.
#[derive(Default)]
pub struct Watch {
    pub demotes: bool,
}

impl Watch {
    pub(crate) fn enter(&self, thread: &Arc<OsThread>) -> Entry {
        Entry(self.demotes.then(|| thread.clone()))
    }
}

pub(crate) struct Entry(Option<Arc<OsThread>>);

impl Entry {
    pub(crate) fn begin(&self) {
        if let Some(thread) = &self.0 {
            thread.begin_request();
            thread.demote(thread.request().unwrap(), 10);
        }
    }

    pub(crate) fn end(&self) {
        if let Some(thread) = &self.0 {
            thread.end_request();
        }
    }
}
