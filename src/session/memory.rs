//! The memory of an instance. Many bytes that are read are copied by the thread of the instance, to a buffer that the app has not seen yet. Those
//! that are written come piece by piece, each in a turn of the event loop of its own: the app has their buffer, and may change it, or take it away. `js/large.js`
//! is the other half.

use super::environment::Session;
use super::handles::{Handle, Held, lost};
use super::ids::instance_id;
use super::pieces::{Arriving, Wanted};
use crate::actor::loan::Loan;
use crate::actor::message::{Command, Outcome};
use crate::error::Result;
use std::cell::RefCell;
use std::rc::Rc;
use tokio::sync::oneshot;

impl Session {
    /// Reads few bytes of memory.
    pub async fn memory_read(&self, id: f64, offset: f64, length: f64) -> Outcome {
        let [offset, length] = self.amounts(id, [("the offset", offset), ("the length", length)])?;
        self.ask(id, Command::MemoryRead { offset, length }).await
    }

    /// Reads as many bytes as there is room for. The thread of the instance copies them straight to it.
    ///
    /// # Safety
    /// The future must be dropped before the room is given back; to forget it is not enough.
    pub async unsafe fn memory_read_into(&self, id: f64, offset: f64, room: &mut [u8]) -> Outcome {
        let [offset] = self.amounts(id, [("the offset", offset)])?;
        // SAFETY: it is dropped with this future.
        let loan = unsafe { Loan::new(room) };
        self.ask(id, Command::MemoryReadInto { offset, room: loan.lent() }).await
    }

    /// A place for so many bytes, or for more, which come in pieces.
    pub fn large_begin(&self, length: f64) -> Handle {
        let mut bytes = Vec::new();
        // Where there is no room for that many, who wants them may still refuse them before they come.
        let _ = bytes.try_reserve_exact(length as usize);
        let arriving = Arriving { bytes: RefCell::new(bytes), length: length as u64, wanted_by: RefCell::default() };
        self.handles.add(Held::Arriving(Rc::new(arriving)))
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
        let mut wanted_by = arriving.wanted_by.borrow_mut();
        if wanted_by.as_ref().is_some_and(|wanted| wanted.sender.is_closed()) {
            return false;
        }
        let mut bytes = arriving.bytes.borrow_mut();
        let length = (bytes.len() + piece.len()) as u64;
        if let Some(error) = wanted_by.as_ref().and_then(|wanted| (wanted.check)(length).err()) {
            let _ = wanted_by.take().map(|wanted| wanted.sender.send(Err(error)));
            return false;
        }
        bytes.extend_from_slice(piece);
        true
    }

    /// All have been added: whoever waits for them gets them.
    pub fn large_sent(&self, handle: Handle) {
        let Some(Held::Arriving(arriving)) = self.handles.take(handle) else { return };
        if let Some(wanted_by) = arriving.wanted_by.take() {
            let _ = wanted_by.sender.send(Ok(arriving.bytes.take()));
        }
    }

    /// Those that have come.
    pub(super) fn arrived(&self, handle: Handle) -> Result<Vec<u8>> {
        match self.handles.take(handle) {
            Some(Held::Arriving(arriving)) => Ok(arriving.bytes.take()),
            _ => Err(lost("the bytes")),
        }
    }

    /// Those that are to come, if there may be as many.
    pub(super) fn coming(
        &self,
        handle: Handle,
        check: fn(u64) -> Result<()>,
    ) -> Result<oneshot::Receiver<Result<Vec<u8>>>> {
        let arriving = self.arriving(handle).ok_or_else(|| lost("the bytes"))?;
        let (sender, receiver) = oneshot::channel();
        *arriving.wanted_by.borrow_mut() = Some(Wanted { sender, check });
        // Dropped with the error, so that JavaScript hears that nobody wants them.
        check(arriving.length)?;
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
        let coming = self.coming(bytes, |_| Ok(()))?;
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
