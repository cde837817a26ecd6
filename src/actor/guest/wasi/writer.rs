//! Writes what guests print, in the order that [`lines`](super::lines) gives, as far as there is room. Nothing here waits: whoever has the
//! writer does, or lets it be.

use super::debts::Owner;
use super::lines::{Chunk, Lines, Moment, Next};
use super::outlet::{Outlet, Stream};
use super::progress::Receipt;
use crate::panics::contained;
use rustix::io::Errno;
use std::time::{Duration, Instant};

pub(super) enum Message {
    Write(Chunk<Receipt>),
    /// The guest's request has ended within a line.
    Left(Owner, Moment),
}

impl Message {
    pub(super) fn is_from_another(&self, guest: Owner) -> bool {
        matches!(self, Message::Write(chunk) if chunk.owner != guest)
    }
}

pub(super) struct Writer {
    lines: Lines<Receipt>,
    /// What is written in part.
    in_hand: Option<InHand>,
    stdout: Outlet,
    stderr: Outlet,
}

struct InHand {
    next: Next<Receipt>,
    /// How much is written of the newline before it, if there is to be one, and of its bytes.
    written: usize,
    /// The last byte of that.
    last: Option<u8>,
}

/// How far it went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What was next is done with.
    Done,
    /// The rest of it has to wait for room on this stream.
    NoRoom(Stream),
    /// There is nothing that may be written now.
    Nothing,
}

/// How it went with what was next.
enum Written {
    All,
    Part,
    TakenBack,
    Failed,
}

impl Writer {
    pub(super) fn new() -> Self {
        let [stdout, stderr] = [Stream::Stdout, Stream::Stderr].map(|stream| Outlet::new(stream.fd()));
        Writer { lines: Lines::new(), in_hand: None, stdout, stderr }
    }

    pub(super) fn note(&mut self, message: Message) {
        match message {
            Message::Write(chunk) => self.lines.push(chunk),
            Message::Left(owner, at) => self.lines.leave(owner, at, Instant::now()),
        }
    }

    /// Is something written in part? Then nothing is noted before the rest is.
    pub(super) fn is_within(&self) -> bool {
        self.in_hand.is_some()
    }

    /// Has all been written that was noted?
    pub(super) fn is_idle(&self) -> bool {
        self.in_hand.is_none() && self.lines.is_empty()
    }

    /// From when on there is something to do, if there is.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.is_within() { Some(Instant::now()) } else { self.lines.waits_until() }
    }

    /// May the guest itself write this? Only what surely does not hold up its thread, and as long as it may hold up others: its
    /// thread may lose the processor while it writes, and be the last to get it again.
    pub(super) fn may_be_written_by_its_guest(&self, chunk: &Chunk<Receipt>) -> bool {
        self.is_idle()
            && !self.outlet(chunk.receipt.stream).may_wait()
            && self.lines.may_hold_up(chunk.owner, Instant::now())
    }

    /// Others have waited for a guest while it wrote.
    pub(super) fn has_held_up(&mut self, owner: Owner, waited: Duration) {
        self.lines.has_held_up(owner, waited, Instant::now());
    }

    pub(super) fn outlet(&self, stream: Stream) -> &Outlet {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// Writes what is next, or goes on with it.
    pub(super) fn step(&mut self) -> Step {
        let begun = self.in_hand.take();
        let begin = || self.lines.next(Instant::now()).map(|next| InHand { next, written: 0, last: None });
        let Some(mut hand) = begun.or_else(begin) else { return Step::Nothing };
        let Receipt { stream, progress } = hand.next.receipt.clone();
        let mut written = Written::Failed;
        contained(|| written = self.write(&mut hand));
        match written {
            Written::All => {}
            Written::Part => {
                self.in_hand = Some(hand);
                return Step::NoRoom(stream);
            }
            Written::TakenBack => self.lines.cut_off(&hand.next, hand.last, Moment::now(), Instant::now()),
            // Where the writing panicked, nothing else has said why.
            Written::Failed => progress.fail(Errno::IO),
        }
        if hand.next.complete {
            progress.end();
        }
        Step::Done
    }

    /// Writes as much as there is room for.
    fn write(&mut self, hand: &mut InHand) -> Written {
        let Receipt { stream, progress } = &hand.next.receipt;
        let outlet = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        if progress.has_failed() {
            return Written::Failed;
        }
        let newline: &[u8] = if hand.next.newline { b"\n" } else { b"" };
        loop {
            let own = hand.written.checked_sub(newline.len());
            let bytes = own.map_or(newline, |written| &hand.next.bytes[written..]);
            if bytes.is_empty() {
                return Written::All;
            }
            match progress.write(outlet, bytes) {
                None => return Written::TakenBack,
                Some(Err(error)) => {
                    progress.fail(Errno::from_io_error(&error).unwrap_or(Errno::IO));
                    return Written::Failed;
                }
                Some(Ok(0)) => return Written::Part,
                Some(Ok(count)) => {
                    progress.add(own.map_or(0, |_| count));
                    hand.last = Some(bytes[count - 1]);
                    hand.written += count;
                }
            }
        }
    }
}
