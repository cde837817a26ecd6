//! The host's own standard streams, for guests that inherit them.
//!
//! A guest's write waits, asynchronously, until a thread of the stream's (see [`printer`](super::printer)) has written it: a full pipe
//! holds that thread up, never the guest's, so the guest can still be stopped; and what a guest wrote before its call ended stands
//! before what the app prints after. What is not written by the guest's end is taken back.

use super::lines::{Chunk, Moment, Owner};
use super::outlet::WHOLE_BYTES_MAX;
use super::pipes::{broken_pipe, unless_stopped};
use super::printer::{Message, Progress, Receipt, Stream, queue};
use super::terminal::TerminalFilter;
use crate::actor::handle::Actor;
use crate::error::{ErrorCode, Result, WasmError};
use bytes::Bytes;
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Bytes in one chunk. A guest's stream has one on its way at most, so this also bounds what waits for a stream's thread.
const CHUNK_BYTES_MAX: usize = WHOLE_BYTES_MAX;

/// One of the host's output streams, as given to a guest.
#[derive(Clone)]
pub(crate) struct HostOutput(Arc<Shared>);

struct Shared {
    stream: Stream,
    owner: Owner,
    queue: Sender<Message>,
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
            // A closed queue has no line to leave.
            let _ = self.queue.send(Message::Left(self.owner, Moment::now()));
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.progress.take_back();
        self.leave_line();
    }
}

/// A name for a guest among those that print.
pub(crate) fn new_owner() -> Owner {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl HostOutput {
    pub(crate) fn new(stream: Stream, owner: Owner, actor: &Arc<Actor>) -> Result<Self> {
        let filter = stream.fd().is_terminal().then(Mutex::default);
        let (queue, progress) = (queue(stream)?, Arc::new(Progress::new(actor.clone())));
        let request = Mutex::new(Request { since: Moment::now(), within_line: false });
        Ok(HostOutput(Arc::new(Shared { stream, owner, queue, progress, request, filter })))
    }

    /// The guest begins with a request.
    pub(crate) fn begin_request(&self) {
        self.0.request.lock().since = Moment::now();
    }

    /// Its request has ended, and nobody need wait any more for the end of a line.
    pub(crate) fn end_request(&self) {
        self.0.leave_line();
    }
}

impl IsTerminal for HostOutput {
    fn is_terminal(&self) -> bool {
        self.0.filter.is_some()
    }
}

impl StdoutStream for HostOutput {
    /// Preview 1 uses only [`p2_stream`](StdoutStream::p2_stream).
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(HostWriter(self.0.clone()))
    }
}

struct HostWriter(Arc<Shared>);

impl OutputStream for HostWriter {
    fn check_write(&mut self) -> StreamResult<usize> {
        let progress = &self.0.progress;
        unless_stopped(&progress.actor)?;
        if progress.failed.load(Ordering::Acquire) {
            return Err(broken_pipe());
        }
        Ok(if progress.busy.load(Ordering::Acquire) { 0 } else { CHUNK_BYTES_MAX })
    }

    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let Shared { stream, owner, queue, progress, request, filter } = &*self.0;
        if bytes.len() > CHUNK_BYTES_MAX || progress.busy.load(Ordering::Acquire) {
            return Err(StreamError::trap("a write beyond what check_write permitted"));
        }
        let bytes = match filter {
            Some(filter) => filter.lock().filter(&bytes).into(),
            None => bytes,
        };
        let Some(last) = bytes.last() else { return Ok(()) };
        let mut request = request.lock();
        request.within_line = *last != b'\n';
        progress.busy.store(true, Ordering::Release);
        let receipt = Receipt { stream: *stream, progress: progress.clone() };
        let chunk = Chunk { owner: *owner, at_work_since: request.since, bytes, receipt };
        queue.send(Message::Write(chunk)).map_err(|_| broken_pipe())
    }

    /// A write takes until it is written, so there is nothing else to wait for.
    fn flush(&mut self) -> StreamResult<()> {
        self.check_write().map(|_| ())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for HostWriter {
    async fn ready(&mut self) {
        let progress = &self.0.progress;
        loop {
            let changed = progress.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !progress.busy.load(Ordering::Acquire) {
                return;
            }
            changed.await;
        }
    }
}

/// The instance that reads the host's standard input. Once it is told to stop it reads no more, so that is when the next one
/// may have it.
static STDIN_OWNER: Mutex<Weak<Actor>> = Mutex::new(Weak::new());

/// Takes the host's standard input, which feeds one instance at a time.
///
/// # Errors
/// 5010 while another instance has it.
pub(crate) fn own_stdin(actor: &Arc<Actor>) -> Result<()> {
    let mut owner = STDIN_OWNER.lock();
    if owner.upgrade().is_some_and(|owner| !owner.control.is_stopped()) {
        let text = "the host's standard input already belongs to another instance; it can feed one at a time";
        return Err(WasmError::new(ErrorCode::Wasi, text));
    }
    *owner = Arc::downgrade(actor);
    Ok(())
}
