//! What JavaScript holds by a number beside modules and instances: the app's ends of streams, what comes and goes in pieces, what aborts.

use super::abort::Abort;
use super::pieces::{Arriving, Leaving, Pieces};
use crate::actor::pipe::{PipeReader, PipeWriter};
use crate::error::{ErrorCode, WasmError};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Names one of these. Numbers are not used again as long as there are others, so that one that has been closed names nothing.
pub type Handle = u32;

/// One of them.
#[derive(Clone)]
pub(super) enum Held {
    /// Where a guest's output arrives.
    Output(Rc<PipeReader>),
    /// Where a guest's input leaves.
    Input(Rc<PipeWriter>),
    /// The pieces of a list that are still to be sent.
    Pieces(Rc<Pieces>),
    /// Bytes that JavaScript is handing over.
    Arriving(Rc<Arriving>),
    /// Bytes that JavaScript fetches.
    LeavingBytes(Rc<Leaving<Vec<u8>>>),
    /// Text that JavaScript fetches.
    LeavingText(Rc<Leaving<String>>),
    /// What ends the making of an instance, or takes a call back.
    Abort(Rc<Abort>),
}

/// Those of one environment.
#[derive(Default)]
pub(super) struct Handles {
    last: Cell<Handle>,
    held: RefCell<HashMap<Handle, Held>>,
}

impl Handles {
    pub(super) fn add(&self, what: Held) -> Handle {
        let mut held = self.held.borrow_mut();
        let mut handle = self.last.get();
        loop {
            handle = handle.wrapping_add(1);
            // JavaScript has them as integers of 31 bits.
            if handle > i32::MAX as u32 {
                handle = 1;
            }
            if !held.contains_key(&handle) {
                break;
            }
        }
        self.last.set(handle);
        held.insert(handle, what);
        handle
    }

    pub(super) fn get(&self, handle: Handle) -> Option<Held> {
        self.held.borrow().get(&handle).cloned()
    }

    pub(super) fn take(&self, handle: Handle) -> Option<Held> {
        self.held.borrow_mut().remove(&handle)
    }

    /// Lets go of one: the end of a guest's input, nobody to read its output, an abort. To close twice is to close once.
    pub(super) fn close(&self, handle: Handle) {
        match self.take(handle) {
            Some(Held::Output(end)) => end.close(),
            Some(Held::Input(end)) => end.close(),
            Some(Held::Abort(abort)) => abort.fire(),
            Some(Held::Pieces(_) | Held::Arriving(_) | Held::LeavingBytes(_) | Held::LeavingText(_)) | None => {}
        }
    }
}

/// What is wanted by a handle that names something else, or nothing any more.
pub(super) fn lost(what: &str) -> WasmError {
    WasmError::new(ErrorCode::Io, format!("{what} cannot be handed over"))
}
