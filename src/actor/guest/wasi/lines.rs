//! Lines of different guests on one stream of the host: guests that run at the same time do not write into each other's,
//! and what guests print one after another is not altered.
//!
//! While a guest is at work on a request and its line is open, what others print waits, and so do they. That is bounded in
//! time and in bytes, so that nobody can keep the stream to itself: then the line is broken off with a newline. The time is one
//! account for all lines of a guest (see [`debts`](super::debts)): many guests that leave every line open hold nobody up for each line anew.
//! A line that is still open at the end of the request waits for nobody. Whoever comes to print only later goes on after it, as if both were one
//! program; a newline comes between only if the other was at work already when that request ended.

use super::debts::{Debts, LINE_TIME_MAX, Owner};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many bytes of one line others wait for.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// A moment in the order in which requests begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u64);

impl Moment {
    /// Later than all before.
    pub(super) fn now() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Moment(LAST.fetch_add(1, Ordering::SeqCst))
    }
}

/// Bytes of one guest. `T` is how it learns that they are written.
pub(super) struct Chunk<T> {
    pub(super) owner: Owner,
    /// When the request began that prints this.
    pub(super) at_work_since: Moment,
    pub(super) bytes: Bytes,
    pub(super) receipt: T,
}

/// What to write next.
pub(super) struct Next<T> {
    owner: Owner,
    /// The line that was open before.
    before: Option<Line>,
    /// Another guest's line has to be broken off first.
    pub(super) newline: bool,
    pub(super) bytes: Bytes,
    pub(super) receipt: T,
    /// With this the whole chunk is written.
    pub(super) complete: bool,
}

#[derive(Clone, Copy)]
struct Line {
    owner: Owner,
    /// Since when others wait for its end.
    held_up: Option<Instant>,
    /// Until when they do.
    until: Instant,
    bytes: usize,
    /// When the request ended that has left it open.
    left: Option<Moment>,
}

impl Line {
    fn new(owner: Owner, begun: Instant, bytes: usize) -> Self {
        Line { owner, held_up: None, until: begun + LINE_TIME_MAX, bytes, left: None }
    }

    /// Must others still wait for its end?
    fn is_waited_for(&self, now: Instant) -> bool {
        self.left.is_none() && self.bytes < LINE_BYTES_MAX && now < self.until
    }

    /// May this go on after it?
    fn is_continued_by<T>(&self, chunk: &Chunk<T>) -> bool {
        self.owner == chunk.owner || self.left.is_some_and(|left| left < chunk.at_work_since)
    }
}

/// The order of what is to be written to one stream.
pub(super) struct Lines<T> {
    open: Option<Line>,
    waiting: VecDeque<Chunk<T>>,
    debts: Debts,
}

impl<T: Clone> Lines<T> {
    pub(super) fn new() -> Self {
        Lines { open: None, waiting: VecDeque::new(), debts: Debts::default() }
    }

    pub(super) fn push(&mut self, chunk: Chunk<T>) {
        self.waiting.push_back(chunk);
    }

    /// Has everything been given out?
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// May others still wait for this guest?
    pub(super) fn may_hold_up(&self, owner: Owner, now: Instant) -> bool {
        !self.debts.left(owner, now).is_zero()
    }

    /// Others have waited for a guest, and not for the end of its line.
    pub(super) fn has_held_up(&mut self, owner: Owner, waited: Duration, now: Instant) {
        self.debts.add(owner, waited, now);
    }

    /// The guest's request has ended: its line, if open, waits for nothing.
    pub(super) fn leave(&mut self, owner: Owner, at: Moment, now: Instant) {
        if self.open.as_ref().is_some_and(|line| line.owner == owner) {
            self.charge(now);
        }
        if let Some(line) = self.open.as_mut().filter(|line| line.owner == owner) {
            line.left = Some(at);
        }
    }

    /// From now on others wait for the open line, if they do not already.
    fn hold_up(&mut self, now: Instant) {
        let Some(line) = &mut self.open else { return };
        if line.held_up.is_none() && self.waiting.iter().any(|chunk| chunk.owner != line.owner) {
            line.held_up = Some(now);
            line.until = line.until.min(now + self.debts.left(line.owner, now));
        }
    }

    /// Nobody waits for the open line any more: its guest has had what others waited.
    fn charge(&mut self, now: Instant) {
        if let Some(line) = &mut self.open
            && let Some(since) = line.held_up.take()
        {
            self.debts.add(line.owner, now.min(line.until).saturating_duration_since(since), now);
        }
    }

    /// Until when what waits has to wait, at most. `None` where nothing does.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let line = self.open.as_ref()?;
        (!self.waiting.is_empty()).then_some(line.until)
    }

    /// What may be written now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Next<T>> {
        self.hold_up(now);
        let index = match &self.open {
            Some(line) if line.is_waited_for(now) => self.waiting.iter().position(|chunk| chunk.owner == line.owner)?,
            // It has had its time, so it goes on only if nobody else waits.
            Some(line)
                if line.left.is_none() && self.waiting.front().is_some_and(|chunk| chunk.owner == line.owner) =>
            {
                usize::from(self.waiting.len() > 1)
            }
            _ => 0,
        };
        let chunk = self.waiting.remove(index)?;
        let before = self.open;
        let newline = before.as_ref().is_some_and(|line| !line.is_continued_by(&chunk));
        if self.open.as_ref().is_some_and(|line| line.owner != chunk.owner || line.left.is_some()) {
            self.charge(now);
            self.open = None;
        }
        Some(self.take(chunk, before, newline, now))
    }

    /// Of what was to be written no more will be than up to this byte, if anything was. Its line is over for its guest.
    pub(super) fn cut_off(&mut self, next: &Next<T>, last: Option<u8>, at: Moment, now: Instant) {
        self.charge(now);
        let line = match last {
            Some(b'\n') => None,
            // As far as others go: they wait for no line that is left.
            Some(_) => Some(Line::new(next.owner, now, 0)),
            None => next.before,
        };
        self.open = line;
        self.leave(next.owner, at, now);
    }

    /// Takes a chunk, or only its whole lines if others wait.
    fn take(&mut self, mut chunk: Chunk<T>, before: Option<Line>, newline: bool, now: Instant) -> Next<T> {
        let owner = chunk.owner;
        let whole_lines = chunk.bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let Some(end) = whole_lines.filter(|end| *end < chunk.bytes.len() && !self.waiting.is_empty()) {
            let bytes = chunk.bytes.split_to(end);
            self.charge(now);
            self.open = None;
            let receipt = chunk.receipt.clone();
            self.waiting.push_back(chunk);
            return Next { owner, before, newline, bytes, receipt, complete: false };
        }
        let open = chunk.bytes.len() - whole_lines.unwrap_or(0);
        if whole_lines.is_some() {
            self.charge(now);
        }
        self.open = match self.open.take().filter(|_| whole_lines.is_none()) {
            Some(line) => Some(Line { bytes: line.bytes + open, ..line }),
            None if open == 0 => None,
            None => Some(Line::new(owner, now, open)),
        };
        Next { owner, before, newline, bytes: chunk.bytes, receipt: chunk.receipt, complete: true }
    }
}

#[cfg(test)]
mod tests;
