//! The host's own output streams, for guests that inherit them.
//!
//! A guest writes what its stream takes at once, and waits, asynchronously, until a thread of the stream's has written the rest (see
//! [`printer`](super::printer)): a full pipe holds that thread up, never the guest's, so the guest can still be stopped; and what a guest
//! wrote before its call ended stands before what the app prints after. What is not written by the guest's end is taken back.

use super::debts::Owner;
use super::errno::{errno, failed};
use super::lines::{Chunk, Moment};
use super::outlet::{Stream, WHOLE_BYTES_MAX};
use super::pipes::unless_stopped;
use super::printer::{Printer, printer};
use super::progress::{Progress, Receipt};
use super::terminal::TerminalFilter;
use crate::actor::handle::Actor;
use crate::error::Result;
use bytes::Bytes;
use parking_lot::Mutex;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime_wasi::p1::types::{Errno, Error};

/// One of the host's output streams, as given to a guest.
#[derive(Clone)]
pub(crate) struct HostOutput(Arc<Shared>);

struct Shared {
    stream: Stream,
    owner: Owner,
    printer: &'static Printer,
    progress: Arc<Progress>,
    request: Mutex<Request>,
    /// Where the stream is a terminal.
    filter: Option<Mutex<TerminalFilter>>,
}

/// What the guest is at.
struct Request {
    since: Moment,
    /// It has printed, and not ended its line.
    within_line: bool,
}

impl Shared {
    fn leave_line(&self) {
        let within_line = std::mem::take(&mut self.request.lock().within_line);
        if within_line {
            self.printer.leave(self.owner);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.progress.take_back();
        self.leave_line();
    }
}

/// The name of a guest among those that print.
pub(crate) fn owner(actor: &Actor) -> Owner {
    static LAST: AtomicU64 = AtomicU64::new(0);
    *actor.printing_as.get_or_init(|| LAST.fetch_add(1, Ordering::Relaxed))
}

impl HostOutput {
    pub(crate) fn new(stream: Stream, owner: Owner, actor: &Arc<Actor>) -> Result<Self> {
        let filter = stream.fd().is_terminal().then(Mutex::default);
        let (printer, progress) = (printer(stream)?, Arc::new(Progress::new(actor.clone())));
        let request = Mutex::new(Request { since: Moment::now(), within_line: false });
        Ok(HostOutput(Arc::new(Shared { stream, owner, printer, progress, request, filter })))
    }

    /// The guest begins with a request.
    pub(crate) fn begin_request(&self) {
        self.0.request.lock().since = Moment::now();
    }

    /// Its request has ended, and nobody need wait any more for the end of a line.
    pub(crate) fn end_request(&self) {
        self.0.leave_line();
    }

    /// Is it written as text?
    pub(super) fn is_terminal(&self) -> bool {
        self.0.filter.is_some()
    }

    /// Writes a chunk, and says how much of it is written: all, unless the rest failed.
    pub(super) async fn write(&self, bytes: &[u8]) -> std::result::Result<usize, Error> {
        let Shared { progress, filter, .. } = &*self.0;
        unless_stopped(&progress.actor)?;
        if !self.hand_over(bytes) {
            return Ok(bytes.len());
        }
        let outcome = progress.ended().await;
        unless_stopped(&progress.actor)?;
        match outcome.failure {
            None => Ok(bytes.len()),
            // What a terminal was given is not what the guest wrote, so it cannot be told how much of it that is.
            Some(_) if outcome.written > 0 && filter.is_none() => Ok(outcome.written),
            Some(failure) => Err(failed(failure)),
        }
    }

    /// How much is taken now: a chunk, but while one is on its way.
    ///
    /// # Errors
    /// Why that has not been written.
    pub(super) fn room(&self) -> std::result::Result<usize, Errno> {
        match self.take_failure() {
            Some(failure) => Err(failure),
            None if self.is_busy() => Ok(0),
            None => Ok(WHOLE_BYTES_MAX),
        }
    }

    pub(super) fn take_failure(&self) -> Option<Errno> {
        self.0.progress.take_failure().map(errno)
    }

    /// Takes what there is room for, whoever writes it when.
    pub(super) fn try_write(&self, bytes: &[u8]) -> std::result::Result<usize, Errno> {
        let count = self.room()?.min(bytes.len());
        if count > 0 {
            self.hand_over(&bytes[..count]);
        }
        Ok(count)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.0.progress.is_busy()
    }

    /// Resolves when nothing is on its way.
    pub(super) async fn ready(&self) {
        self.0.progress.ended().await;
    }

    /// Has a chunk written, unless nothing is left of it for a terminal.
    fn hand_over(&self, bytes: &[u8]) -> bool {
        let Shared { stream, owner, printer, progress, request, filter } = &*self.0;
        let text = match filter {
            Some(filter) => filter.lock().filter(bytes).into(),
            None => Bytes::copy_from_slice(bytes),
        };
        let Some(last) = text.last() else { return false };
        let at_work_since = {
            let mut request = request.lock();
            request.within_line = *last != b'\n';
            request.since
        };
        progress.begin();
        let receipt = Receipt { stream: *stream, progress: progress.clone() };
        let chunk = Chunk { owner: *owner, at_work_since, bytes: text, receipt };
        printer.write(chunk);
        true
    }
}
