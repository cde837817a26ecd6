//! The memory of an instance. Many bytes are copied piece by piece, each in a turn of the event loop of its own, since a buffer of
//! JavaScript's can only be touched on the loop's thread. `js/large.js` is the other half.

use super::encoding::{Encode, Fields, Js, JsResult};
use super::environment::Session;
use super::handles::{Handle, Held, lost};
use super::ids::instance_id;
use super::pieces::Arriving;
use crate::actor::message::{Answer, Command, Outcome};
use crate::error::Result;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::oneshot;

/// Answers of more bytes than this are copied in pieces. `js/large.js` says how large these are.
const PIECE_BYTES: usize = 256 * 1024;

/// Bytes for JavaScript: themselves, or where they are many the handle that has them, and their number.
#[derive(Debug)]
pub enum Bytes {
    /// All of them.
    Few(Vec<u8>),
    /// They are taken by [`Session::large_take`].
    Many {
        /// Who has them.
        large: Handle,
        /// How many they are.
        length: usize,
    },
}

impl Encode for Bytes {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(match self {
            Bytes::Few(bytes) => js.bytes(bytes)?,
            Bytes::Many { large, length } => {
                Fields::of(js).number("large", f64::from(large)).number("length", length as f64).made()
            }
        })
    }
}

impl Session {
    /// Reads bytes of memory.
    ///
    /// # Errors
    /// 5005, 5006.
    pub async fn memory_read(&self, id: f64, offset: f64, length: f64) -> Result<Bytes> {
        let [offset, length] = self.amounts(id, [("the offset", offset), ("the length", length)])?;
        let bytes = match self.ask(id, Command::MemoryRead { offset, length }).await? {
            Answer::Bytes(bytes) => bytes,
            _ => Vec::new(),
        };
        let length = bytes.len();
        Ok(match length <= PIECE_BYTES {
            true => Bytes::Few(bytes),
            false => Bytes::Many { large: self.handles.add(Held::Leaving(Rc::new(RefCell::new(bytes)))), length },
        })
    }

    /// Copies a piece of bytes on their way.
    pub fn large_take(&self, handle: Handle, at: f64, piece: &mut [u8]) {
        let Some(Held::Leaving(bytes)) = self.handles.get(handle) else { return };
        let (at, bytes) = (at as usize, bytes.borrow());
        if let Some(from) = at.checked_add(piece.len()).and_then(|end| bytes.get(at..end)) {
            piece.copy_from_slice(from);
        }
    }

    /// A place for so many bytes, which come in pieces.
    pub fn large_begin(&self, length: f64) -> Handle {
        let bytes = RefCell::new(Vec::with_capacity(length as usize));
        self.handles.add(Held::Arriving(Rc::new(Arriving { bytes, wanted_by: RefCell::default() })))
    }

    fn arriving(&self, handle: Handle) -> Option<Rc<Arriving>> {
        match self.handles.get(handle) {
            Some(Held::Arriving(arriving)) => Some(arriving),
            _ => None,
        }
    }

    /// Adds a piece to them. False if nobody wants them any more.
    pub fn large_add(&self, handle: Handle, piece: &[u8]) -> bool {
        let Some(arriving) = self.arriving(handle) else { return false };
        if arriving.wanted_by.borrow().as_ref().is_some_and(oneshot::Sender::is_closed) {
            return false;
        }
        arriving.bytes.borrow_mut().extend_from_slice(piece);
        true
    }

    /// All have been added: whoever waits for them gets them.
    pub fn large_sent(&self, handle: Handle) {
        let Some(Held::Arriving(arriving)) = self.handles.take(handle) else { return };
        if let Some(wanted_by) = arriving.wanted_by.take() {
            let _ = wanted_by.send(arriving.bytes.take());
        }
    }

    /// Those that have come.
    pub(super) fn arrived(&self, handle: Handle) -> Result<Vec<u8>> {
        match self.handles.take(handle) {
            Some(Held::Arriving(arriving)) => Ok(arriving.bytes.take()),
            _ => Err(lost("the bytes")),
        }
    }

    /// Those that are to come.
    fn coming(&self, handle: Handle) -> Result<oneshot::Receiver<Vec<u8>>> {
        let arriving = self.arriving(handle).ok_or_else(|| lost("the bytes"))?;
        let (sender, receiver) = oneshot::channel();
        *arriving.wanted_by.borrow_mut() = Some(sender);
        Ok(receiver)
    }

    /// Writes bytes.
    pub async fn memory_write(&self, id: f64, offset: f64, bytes: Vec<u8>) -> Outcome {
        let [offset] = self.amounts(id, [("the offset", offset)])?;
        self.ask(id, Command::MemoryWrite { offset, bytes }).await
    }

    /// Writes bytes that come in pieces, once all have come.
    pub async fn memory_write_large(&self, id: f64, offset: f64, bytes: Handle) -> Outcome {
        // Dropped where the request is not sent, so that JavaScript hears that nobody wants them.
        let coming = self.coming(bytes)?;
        let [offset] = self.amounts(id, [("the offset", offset)])?;
        self.ask(id, Command::MemoryWriteLater { offset, coming }).await
    }

    /// Can this many bytes ever fit, before anything is copied? `quiet` says that no other request is under way: a memory never shrinks, but
    /// what waits before this may let it grow.
    pub fn memory_has_room(&self, id: f64, length: f64, quiet: bool) -> bool {
        let actor = instance_id(id).and_then(|id| self.host.runtime.instance(id));
        let room = actor.map(|actor| if quiet { actor.stats().memory_bytes } else { actor.limits().memory_bytes });
        // What there is not has its own words for it.
        room.is_ok_and(|room| length <= room as f64)
    }

    /// The size in pages.
    pub async fn memory_size(&self, id: f64) -> Outcome {
        self.ask(id, Command::MemorySize).await
    }

    /// Grows; the answer is the size before, in pages.
    pub async fn memory_grow(&self, id: f64, pages: f64) -> Outcome {
        let [pages] = self.amounts(id, [("the number of pages", pages)])?;
        self.ask(id, Command::MemoryGrow { pages }).await
    }
}
