//! The threads that write what guests print: one for each of the host's two output streams, or one for both where they are the
//! same file.
//!
//! A guest hands over one chunk at a time and hears when it is written. Until then it can take it back, which is what its end does: a
//! reader may be slow for as long as it likes, and when an instance is gone nothing of it is written any more.

use super::debts::Owner;
use super::lines::{Chunk, Lines, Moment, Next};
use super::outlet::Outlet;
use crate::actor::handle::Actor;
use crate::error::{ErrorCode, Result, WasmError};
use crate::panics::contained;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use parking_lot::Mutex;
use rustix::io::Errno;
use std::io;
use std::os::fd::BorrowedFd;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Notify;

/// Which of the host's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(super) fn fd(self) -> BorrowedFd<'static> {
        match self {
            Stream::Stdout => rustix::stdio::stdout(),
            Stream::Stderr => rustix::stdio::stderr(),
        }
    }
}

/// How far one guest's output to one stream has been written.
pub(super) struct Progress {
    pub(super) actor: Arc<Actor>,
    /// What has become of the chunk that is on its way, of which there is one at most.
    chunk: Mutex<Sent>,
    changed: Notify,
    /// Held while something of it is being written, which never waits.
    taken_back: Mutex<bool>,
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
    fn write(&self, outlet: &mut Outlet, bytes: &[u8]) -> Option<io::Result<usize>> {
        let taken_back = self.taken_back.lock();
        let wanted = !*taken_back && !self.actor.control.is_stopped();
        wanted.then(|| outlet.write(bytes))
    }

    /// The rest of the chunk is not written: what came behind a gap would be none of what the guest wrote.
    fn fail(&self, failure: Errno) {
        self.chunk.lock().failure.get_or_insert(failure);
    }

    fn end(&self) {
        self.chunk.lock().busy = false;
        self.changed.notify_waiters();
    }
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

pub(super) enum Message {
    Write(Chunk<Receipt>),
    /// The guest's request has ended within a line.
    Left(Owner, Moment),
}

/// The queue to a stream's thread, which the first guest that inherits the stream starts. The host's streams belong to the
/// process, hence the statics.
///
/// # Errors
/// 5010 if there is no thread to be had. The next one tries again.
pub(super) fn queue(stream: Stream) -> Result<Sender<Message>> {
    static STDOUT: Mutex<Option<Sender<Message>>> = Mutex::new(None);
    static STDERR: Mutex<Option<Sender<Message>>> = Mutex::new(None);
    let (queue, name) = match stream {
        Stream::Stderr if !is_one_file() => (&STDERR, "wasm-stderr"),
        _ => (&STDOUT, "wasm-stdout"),
    };
    let mut queue = queue.lock();
    if let Some(sender) = &*queue {
        return Ok(sender.clone());
    }
    let (sender, receiver) = unbounded();
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(128 * 1024);
    builder
        .spawn(move || Printer::new(&receiver).write_all_chunks())
        .map_err(|error| WasmError::new(ErrorCode::Wasi, format!("no thread to write to {stream:?}: {error}")))?;
    Ok(queue.insert(sender).clone())
}

/// Are both streams the same terminal, pipe or file? Then lines of the one must not be written into those of the other.
fn is_one_file() -> bool {
    let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| rustix::fs::fstat(stream.fd()));
    matches!((stdout, stderr), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

struct Printer<'a> {
    messages: &'a Receiver<Message>,
    lines: Lines<Receipt>,
    stdout: Outlet,
    stderr: Outlet,
}

/// How it went with a chunk.
enum Written {
    All,
    /// It was taken back, after this had been written last, if anything.
    TakenBack(Option<u8>),
    Failed,
}

impl<'a> Printer<'a> {
    fn new(messages: &'a Receiver<Message>) -> Self {
        let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| Outlet::new(stream.fd()));
        Printer { messages, lines: Lines::new(), stdout, stderr }
    }

    fn write_all_chunks(mut self) {
        loop {
            let message = match self.lines.waits_until() {
                None => self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(until) => self.messages.recv_deadline(until),
            };
            match message {
                Ok(message) => self.note(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Some(next) = self.lines.next(Instant::now()) {
                self.write_next(next);
                // What has come meanwhile may have to take turns with what is left.
                while let Ok(message) = self.messages.try_recv() {
                    self.note(message);
                }
            }
        }
    }

    fn note(&mut self, message: Message) {
        match message {
            Message::Write(chunk) => self.lines.push(chunk),
            Message::Left(owner, at) => self.lines.leave(owner, at, Instant::now()),
        }
    }

    fn write_next(&mut self, next: Next<Receipt>) {
        let progress = next.receipt.progress.clone();
        let mut written = Written::Failed;
        contained(|| written = self.write(&next));
        match written {
            Written::All => {}
            Written::TakenBack(last) => self.lines.cut_off(&next, last, Moment::now(), Instant::now()),
            // Where the writing panicked, nothing else has said why.
            Written::Failed => progress.fail(Errno::IO),
        }
        if next.complete {
            progress.end();
        }
    }

    /// Writes all of it, or as much as there is room for until it is taken back.
    fn write(&mut self, next: &Next<Receipt>) -> Written {
        let Receipt { stream, progress } = &next.receipt;
        let outlet = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        if progress.chunk.lock().failure.is_some() {
            return Written::Failed;
        }
        let mut last = None;
        for (mut bytes, is_its_own) in [(if next.newline { &b"\n"[..] } else { b"" }, false), (&next.bytes[..], true)] {
            while !bytes.is_empty() {
                match progress.write(outlet, bytes) {
                    None => return Written::TakenBack(last),
                    Some(Err(error)) => {
                        progress.fail(Errno::from_io_error(&error).unwrap_or(Errno::IO));
                        return Written::Failed;
                    }
                    Some(Ok(0)) => outlet.wait(),
                    Some(Ok(count)) => {
                        progress.chunk.lock().written += if is_its_own { count } else { 0 };
                        last = Some(bytes[count - 1]);
                        bytes = &bytes[count..];
                    }
                }
            }
        }
        Written::All
    }
}
