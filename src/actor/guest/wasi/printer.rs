//! Who writes what guests print: one writer for each of the host's two output streams, or one for both where they are the same file.
//! It goes from hand to hand, and who has it may write.
//!
//! A guest's own thread takes it where nothing else is to be written and the stream takes the bytes at once: a thread that had to
//! be woken for each line would cost ten times what the line does. What has no room, or has to wait for the end of another guest's line,
//! is left to a thread of the stream's, which is the only one that waits.

use super::debts::Owner;
use super::lines::{Chunk, Moment};
use super::outlet::Stream;
use super::progress::Receipt;
use super::writer::{Message, Step, Writer};
use crate::error::{ErrorCode, Result, WasmError};
use parking_lot::{Condvar, Mutex};
use std::time::Instant;

pub(super) struct Printer {
    /// Never locked while somebody writes.
    desk: Mutex<Desk>,
    /// There may be something for the stream's thread.
    work: Condvar,
}

struct Desk {
    /// What the writer has not heard yet.
    inbox: Vec<Message>,
    /// `None` while somebody has it.
    writer: Option<Box<Writer>>,
}

/// The printer of a stream, whose thread the first guest that inherits the stream starts. The host's streams belong to the
/// process, hence the statics.
///
/// # Errors
/// 5010 if there is no thread to be had. The next one tries again.
pub(super) fn printer(stream: Stream) -> Result<&'static Printer> {
    static STDOUT: Mutex<Option<&Printer>> = Mutex::new(None);
    static STDERR: Mutex<Option<&Printer>> = Mutex::new(None);
    let (printer, name) = match stream {
        Stream::Stderr if !is_one_file() => (&STDERR, "wasm-stderr"),
        _ => (&STDOUT, "wasm-stdout"),
    };
    let mut printer = printer.lock();
    if let Some(printer) = *printer {
        return Ok(printer);
    }
    let new: &Printer = Box::leak(Box::new(Printer::new()));
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(128 * 1024);
    builder
        .spawn(|| new.write_what_waits())
        .map_err(|error| WasmError::new(ErrorCode::Wasi, format!("no thread to write to {stream:?}: {error}")))?;
    Ok(printer.insert(new))
}

/// Are both streams the same terminal, pipe or file? Then lines of the one must not be written into those of the other.
fn is_one_file() -> bool {
    let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| rustix::fs::fstat(stream.fd()));
    matches!((stdout, stderr), (Ok(a), Ok(b)) if (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino))
}

impl Printer {
    fn new() -> Self {
        Printer {
            desk: Mutex::new(Desk { inbox: Vec::new(), writer: Some(Box::new(Writer::new())) }),
            work: Condvar::new(),
        }
    }

    /// The guest's request has ended within a line.
    pub(super) fn leave(&self, owner: Owner) {
        self.leave_to_thread(&mut self.desk.lock(), Message::Left(owner, Moment::now()));
    }

    /// Writes, or leaves it to the thread of the stream. Does not wait.
    pub(super) fn write(&self, chunk: Chunk<Receipt>) {
        let mut desk = self.desk.lock();
        let is_free = |writer: &mut Box<Writer>| writer.may_be_written_by_its_guest(&chunk);
        let writer = if desk.inbox.is_empty() { desk.writer.take_if(is_free) } else { None };
        let Some(writer) = writer else { return self.leave_to_thread(&mut desk, Message::Write(chunk)) };
        drop(desk);
        let (mut turn, owner, since) = (Turn { printer: self, writer: Some(writer) }, chunk.owner, Instant::now());
        turn.writer().note(Message::Write(chunk));
        turn.writer().step();
        if self.desk.lock().inbox.iter().any(|message| message.is_from_another(owner)) {
            turn.writer().has_held_up(owner, since.elapsed());
        }
    }

    fn leave_to_thread(&self, desk: &mut Desk, message: Message) {
        desk.inbox.push(message);
        // Whoever has the writer looks here before it is let go.
        if desk.writer.is_some() {
            self.work.notify_one();
        }
    }

    /// The thread of the stream.
    fn write_what_waits(&self) {
        loop {
            let mut turn = self.turn_when_due();
            loop {
                if !turn.writer().is_within() {
                    // What has come meanwhile may have to take turns with what is left.
                    let messages = std::mem::take(&mut self.desk.lock().inbox);
                    messages.into_iter().for_each(|message| turn.writer().note(message));
                }
                match turn.writer().step() {
                    Step::Done => {}
                    Step::NoRoom(stream) => turn.writer().outlet(stream).wait(),
                    Step::Nothing => break,
                }
            }
        }
    }

    /// Waits until there is something to write, and the writer is free.
    fn turn_when_due(&self) -> Turn<'_> {
        let mut desk = self.desk.lock();
        loop {
            let due = desk.writer.as_ref().and_then(|writer| writer.due());
            let is_due = !desk.inbox.is_empty() || due.is_some_and(|due| due <= Instant::now());
            match (desk.writer.take_if(|_| is_due), due) {
                (Some(writer), _) => return Turn { printer: self, writer: Some(writer) },
                (None, Some(due)) => drop(self.work.wait_until(&mut desk, due)),
                (None, None) => self.work.wait(&mut desk),
            }
        }
    }
}

/// Has the writer, and gives it back at its end.
struct Turn<'a> {
    printer: &'a Printer,
    /// Always there until then.
    writer: Option<Box<Writer>>,
}

impl Turn<'_> {
    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("it is given back at the end")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut desk = self.printer.desk.lock();
        let writer = desk.writer.insert(self.writer.take().expect("it is given back once"));
        if !writer.is_idle() || !desk.inbox.is_empty() {
            self.printer.work.notify_one();
        }
    }
}
