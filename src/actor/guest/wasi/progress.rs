//! How far what a guest prints has been written, as the guest and whoever writes see it.
//!
//! A guest hands over one chunk at a time and hears when it is written. Until then it can take it back, which is what its end does: a
//! reader may be slow for as long as it likes, and when an instance is gone nothing of it is written any more.

use super::outlet::{Outlet, Stream};
use crate::actor::handle::Actor;
use parking_lot::Mutex;
use rustix::io::Errno;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::Notify;

/// How far one guest's output to one stream has been written.
pub(super) struct Progress {
    pub(super) actor: Arc<Actor>,
    /// What has become of the chunk that is on its way, of which there is one at most.
    chunk: Mutex<Sent>,
    changed: Notify,
    /// Held while something of it is being written, which never waits.
    taken_back: Mutex<bool>,
}

/// How far a chunk has come.
#[derive(Clone, Copy, Default)]
pub(super) struct Sent {
    busy: bool,
    /// Bytes of it that are written.
    pub(super) written: usize,
    /// Why the rest is not.
    pub(super) failure: Option<Errno>,
}

/// What a chunk is written to, and who hears of it.
#[derive(Clone)]
pub(super) struct Receipt {
    pub(super) stream: Stream,
    pub(super) progress: Arc<Progress>,
}

impl Progress {
    pub(super) fn new(actor: Arc<Actor>) -> Self {
        let (chunk, changed, taken_back) = Default::default();
        Progress { actor, chunk, changed, taken_back }
    }

    /// A chunk is about to be sent.
    pub(super) fn begin(&self) {
        *self.chunk.lock() = Sent { busy: true, ..Sent::default() };
    }

    /// Is the chunk still on its way?
    pub(super) fn is_busy(&self) -> bool {
        self.chunk.lock().busy
    }

    /// Why the chunk has not been written, if so: told once.
    pub(super) fn take_failure(&self) -> Option<Errno> {
        let mut chunk = self.chunk.lock();
        if chunk.busy { None } else { chunk.failure.take() }
    }

    /// Resolves when nothing more will be written of the chunk.
    pub(super) async fn ended(&self) -> Sent {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let sent = *self.chunk.lock();
            if !sent.busy {
                return sent;
            }
            changed.await;
        }
    }

    /// What has not been written is not written any more, from the return of this on.
    pub(super) fn take_back(&self) {
        *self.taken_back.lock() = true;
    }

    /// Writes, unless the guest has been stopped, or its end has taken this back; then gives `None`.
    pub(super) fn write(&self, outlet: &mut Outlet, bytes: &[u8]) -> Option<io::Result<usize>> {
        let taken_back = self.taken_back.lock();
        let wanted = !*taken_back && !self.actor.control.is_stopped();
        wanted.then(|| outlet.write(bytes))
    }

    /// So many bytes more of the chunk are written.
    pub(super) fn add(&self, written: usize) {
        self.chunk.lock().written += written;
    }

    /// The rest of the chunk is not written: what came behind a gap would be none of what the guest wrote.
    pub(super) fn fail(&self, failure: Errno) {
        self.chunk.lock().failure.get_or_insert(failure);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.chunk.lock().failure.is_some()
    }

    pub(super) fn end(&self) {
        self.chunk.lock().busy = false;
        self.changed.notify_waiters();
    }
}
