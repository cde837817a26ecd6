//! The host's own standard streams, for guests that inherit them.
//!
//! Output goes through one thread for each of the host's two streams, or one for both where they are the same file. A guest's
//! write waits, asynchronously, until the thread has written it: a full pipe holds that thread up, never the guest's, so the
//! guest can still be stopped; and what a guest wrote before its call ended stands before what the app prints after.

use super::super::handle::Actor;
use super::lines::{Chunk, Lines, Moment, Next, Owner};
use super::pipes::broken_pipe;
use super::terminal::TerminalFilter;
use crate::error::{ErrorCode, Result, WasmError};
use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use parking_lot::Mutex;
use std::io::{self, ErrorKind, IsTerminal as _};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;
use tokio::io::AsyncWrite;
use tokio::sync::Notify;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Bytes in one chunk. A guest's stream has one on its way at most, so this also bounds what waits for a stream's thread.
const CHUNK_BYTES_MAX: usize = 4096;

/// Which of the host's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    fn fd(self) -> BorrowedFd<'static> {
        match self {
            Stream::Stdout => rustix::stdio::stdout(),
            Stream::Stderr => rustix::stdio::stderr(),
        }
    }
}

/// What a chunk is written to, and who hears of it.
#[derive(Clone)]
struct Receipt {
    stream: Stream,
    progress: Arc<Progress>,
}

enum Message {
    Write(Chunk<Receipt>),
    /// The guest's request has ended within a line.
    Left(Owner, Moment),
}

/// How far one guest's output has been written.
#[derive(Default)]
struct Progress {
    /// A chunk is on its way.
    busy: AtomicBool,
    failed: AtomicBool,
    changed: Notify,
}

/// The queue to a stream's thread, which the first guest that inherits the stream starts. The host's streams belong to the
/// process, hence the statics.
fn queue(stream: Stream) -> Result<Sender<Message>> {
    static STDOUT: OnceLock<io::Result<Sender<Message>>> = OnceLock::new();
    static STDERR: OnceLock<io::Result<Sender<Message>>> = OnceLock::new();
    let (cell, name) = match stream {
        Stream::Stderr if !is_one_file() => (&STDERR, "wasm-stderr"),
        _ => (&STDOUT, "wasm-stdout"),
    };
    let started = cell.get_or_init(|| {
        let (sender, receiver) = unbounded();
        let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(128 * 1024);
        builder.spawn(move || write_all_chunks(&receiver)).map(|_| sender)
    });
    match started {
        Ok(sender) => Ok(sender.clone()),
        Err(error) => Err(WasmError::new(ErrorCode::Wasi, format!("no thread to write to {stream:?}: {error}"))),
    }
}

/// Are both streams the same terminal, pipe or file? Then lines of the one must not be written into those of the other.
fn is_one_file() -> bool {
    let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| rustix::fs::fstat(stream.fd()));
    matches!((stdout, stderr), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

fn write_all_chunks(messages: &Receiver<Message>) {
    let mut lines = Lines::new();
    loop {
        let message = match lines.waits_until() {
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(until) => messages.recv_deadline(until),
        };
        match message {
            Ok(message) => note(&mut lines, message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(next) = lines.next(Instant::now()) {
            write_next(next);
            // What has come meanwhile may have to take turns with what is left.
            messages.try_iter().for_each(|message| note(&mut lines, message));
        }
    }
}

fn note(lines: &mut Lines<Receipt>, message: Message) {
    match message {
        Message::Write(chunk) => lines.push(chunk),
        Message::Left(owner, at) => lines.leave(owner, at),
    }
}

fn write_next(next: Next<Receipt>) {
    let Next { newline, bytes, receipt: Receipt { stream, progress }, complete } = next;
    let broken_off = if newline { write_all(stream.fd(), b"\n") } else { Ok(()) };
    if broken_off.and_then(|()| write_all(stream.fd(), &bytes)).is_err() {
        progress.failed.store(true, Ordering::Release);
    }
    if complete {
        progress.busy.store(false, Ordering::Release);
        progress.changed.notify_waiters();
    }
}

/// Writes to the descriptor itself: the standard library's handle has a lock that the app's own printing needs.
fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(fd, bytes).map_err(io::Error::from) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut ready = [rustix::event::PollFd::new(&fd, rustix::event::PollFlags::OUT)];
                rustix::event::poll(&mut ready, None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// One of the host's output streams, as given to a guest.
#[derive(Clone)]
pub(super) struct HostOutput(Arc<Shared>);

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
        self.leave_line();
    }
}

/// A name for a guest among those that print.
pub(super) fn new_owner() -> Owner {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl HostOutput {
    pub(super) fn new(stream: Stream, owner: Owner) -> Result<Self> {
        let filter = stream.fd().is_terminal().then(Mutex::default);
        let (queue, progress) = (queue(stream)?, Arc::default());
        let request = Mutex::new(Request { since: Moment::now(), within_line: false });
        Ok(HostOutput(Arc::new(Shared { stream, owner, queue, progress, request, filter })))
    }

    /// The guest begins with a request.
    pub(super) fn begin_request(&self) {
        self.0.request.lock().since = Moment::now();
    }

    /// Its request has ended, and nobody need wait any more for the end of a line.
    pub(super) fn end_request(&self) {
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
pub(super) fn own_stdin(actor: &Arc<Actor>) -> Result<()> {
    let mut owner = STDIN_OWNER.lock();
    if owner.upgrade().is_some_and(|owner| !owner.control.is_stopped()) {
        let text = "the host's standard input already belongs to another instance; it can feed one at a time";
        return Err(WasmError::new(ErrorCode::Wasi, text));
    }
    *owner = Arc::downgrade(actor);
    Ok(())
}
