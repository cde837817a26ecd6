//! The host's own standard streams, for guests that inherit them.
//!
//! Output goes through one thread for each of the host's two streams. A guest's write waits, asynchronously, until the
//! thread has written it: a full pipe holds that thread up, never the guest's, so the guest can still be stopped; and what a
//! guest wrote before its call ended stands before what the app prints after.

use super::super::handle::Actor;
use crate::error::{ErrorCode, Result, WasmError};
use bytes::Bytes;
use parking_lot::Mutex;
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use tokio::io::AsyncWrite;
use tokio::sync::Notify;
use tokio::sync::mpsc::{OwnedPermit, Receiver, Sender, channel, error::TrySendError};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Chunks that wait for a stream's thread, of all guests together.
const CHUNKS_MAX: usize = 64;
/// Bytes in one chunk.
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

struct Chunk {
    bytes: Bytes,
    progress: Arc<Progress>,
}

/// How far one guest's output has been written.
#[derive(Default)]
struct Progress {
    written: AtomicU64,
    failed: AtomicBool,
    changed: Notify,
}

/// The queue to a stream's thread, which the first guest that inherits the stream starts. The host's streams belong to the
/// process, hence the statics.
fn queue(stream: Stream) -> Result<Sender<Chunk>> {
    static STDOUT: OnceLock<io::Result<Sender<Chunk>>> = OnceLock::new();
    static STDERR: OnceLock<io::Result<Sender<Chunk>>> = OnceLock::new();
    let (cell, name) = match stream {
        Stream::Stdout => (&STDOUT, "wasm-stdout"),
        Stream::Stderr => (&STDERR, "wasm-stderr"),
    };
    let started = cell.get_or_init(|| {
        let (sender, receiver) = channel(CHUNKS_MAX);
        let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(128 * 1024);
        builder.spawn(move || write_all_chunks(stream, receiver)).map(|_| sender)
    });
    match started {
        Ok(sender) => Ok(sender.clone()),
        Err(error) => Err(WasmError::new(ErrorCode::Wasi, format!("no thread to write to {stream:?}: {error}"))),
    }
}

fn write_all_chunks(stream: Stream, mut chunks: Receiver<Chunk>) {
    while let Some(Chunk { bytes, progress }) = chunks.blocking_recv() {
        match write_all(stream.fd(), &bytes) {
            Ok(()) => {
                progress.written.fetch_add(1, Ordering::Release);
            }
            Err(_) => progress.failed.store(true, Ordering::Release),
        }
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
pub(super) struct HostOutput {
    stream: Stream,
    queue: Sender<Chunk>,
    progress: Arc<Progress>,
    sent: Arc<AtomicU64>,
}

impl HostOutput {
    pub(super) fn new(stream: Stream) -> Result<Self> {
        Ok(HostOutput { stream, queue: queue(stream)?, progress: Arc::default(), sent: Arc::default() })
    }
}

impl IsTerminal for HostOutput {
    fn is_terminal(&self) -> bool {
        std::io::IsTerminal::is_terminal(&self.stream.fd())
    }
}

impl StdoutStream for HostOutput {
    /// Preview 1 uses only [`p2_stream`](StdoutStream::p2_stream).
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(HostWriter {
            queue: self.queue.clone(),
            progress: self.progress.clone(),
            sent: self.sent.clone(),
            permit: None,
            flushing: false,
        })
    }
}

struct HostWriter {
    queue: Sender<Chunk>,
    progress: Arc<Progress>,
    /// Chunks sent by all writers of this guest's stream.
    sent: Arc<AtomicU64>,
    permit: Option<OwnedPermit<Chunk>>,
    flushing: bool,
}

impl HostWriter {
    fn has_failed(&self) -> bool {
        self.progress.failed.load(Ordering::Acquire)
    }

    fn is_flushed(&self) -> bool {
        self.progress.written.load(Ordering::Acquire) >= self.sent.load(Ordering::Relaxed)
    }
}

impl OutputStream for HostWriter {
    fn check_write(&mut self) -> StreamResult<usize> {
        if self.has_failed() {
            return Err(StreamError::Closed);
        }
        if self.flushing && !self.is_flushed() {
            return Ok(0);
        }
        self.flushing = false;
        if self.permit.is_none() {
            match self.queue.clone().try_reserve_owned() {
                Ok(permit) => self.permit = Some(permit),
                Err(TrySendError::Full(_)) => return Ok(0),
                Err(TrySendError::Closed(_)) => return Err(StreamError::Closed),
            }
        }
        Ok(CHUNK_BYTES_MAX)
    }

    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Some(permit) = self.permit.take().filter(|_| bytes.len() <= CHUNK_BYTES_MAX) else {
            return Err(StreamError::trap("a write beyond what check_write permitted"));
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        permit.send(Chunk { bytes, progress: self.progress.clone() });
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        if self.has_failed() {
            return Err(StreamError::Closed);
        }
        self.flushing = true;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for HostWriter {
    async fn ready(&mut self) {
        if self.flushing {
            loop {
                let changed = self.progress.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if self.has_failed() || self.is_flushed() {
                    break;
                }
                changed.await;
            }
            self.flushing = false;
        }
        if self.permit.is_none() && !self.has_failed() {
            // An error means a closed queue, which the next `check_write` reports.
            self.permit = self.queue.clone().reserve_owned().await.ok();
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
