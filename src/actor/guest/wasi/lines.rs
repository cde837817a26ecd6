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
use std::time::Instant;

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
mod tests {
    use super::*;
    use std::time::Duration;

    struct Stream {
        lines: Lines<()>,
        now: Instant,
        /// When each guest's request began.
        at_work_since: [Moment; 4],
    }

    impl Stream {
        fn new() -> Self {
            Stream { lines: Lines::new(), now: Instant::now(), at_work_since: [Moment::now(); 4] }
        }

        fn push(&mut self, owner: Owner, text: &str) {
            let at_work_since = self.at_work_since[owner as usize];
            self.lines.push(Chunk {
                owner,
                at_work_since,
                bytes: Bytes::copy_from_slice(text.as_bytes()),
                receipt: (),
            });
        }

        /// A guest's request ends and its next begins.
        fn next_request(&mut self, owner: Owner) {
            self.lines.leave(owner, Moment::now(), self.now);
            self.at_work_since[owner as usize] = Moment::now();
        }

        /// Writes all that may be written, and shows it.
        fn write(&mut self) -> String {
            let mut written = String::new();
            while let Some(next) = self.lines.next(self.now) {
                written.push_str(if next.newline { "\n" } else { "" });
                written.push_str(std::str::from_utf8(&next.bytes).unwrap());
            }
            written
        }
    }

    #[test]
    fn an_open_line_makes_others_wait_for_its_end() {
        let mut stream = Stream::new();
        stream.push(1, "one ");
        assert_eq!(stream.write(), "one ");
        assert_eq!(stream.lines.waits_until(), None);
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "");
        assert_eq!(stream.lines.waits_until(), Some(stream.now + LINE_TIME_MAX));
        stream.push(1, "and a half\n");
        assert_eq!(stream.write(), "and a half\ntwo\n");
        assert_eq!(stream.lines.waits_until(), None);
    }

    #[test]
    fn a_line_that_takes_too_long_is_broken_off() {
        let mut stream = Stream::new();
        stream.push(1, "prompt> ");
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "prompt> ");
        stream.now += LINE_TIME_MAX;
        assert_eq!(stream.write(), "\ntwo\n");
    }

    #[test]
    fn a_line_that_is_too_long_is_broken_off_once_somebody_waits() {
        let mut stream = Stream::new();
        let part = "x".repeat(LINE_BYTES_MAX / 2);
        for _ in 0..3 {
            stream.push(1, &part);
            assert_eq!(stream.write(), part);
        }
        stream.push(1, "more");
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "\ntwo\nmore");
    }

    #[test]
    fn guests_that_print_one_after_another_are_written_as_they_are() {
        let mut stream = Stream::new();
        let mut written = String::new();
        for (owner, text) in [(1, "one "), (2, "two, "), (1, "one again"), (1, " and again\n"), (3, "three")] {
            stream.next_request(owner);
            stream.push(owner, text);
            written += &stream.write();
            stream.lines.leave(owner, Moment::now(), stream.now);
        }
        assert_eq!(written, "one two, one again and again\nthree");
    }

    #[test]
    fn a_line_left_open_beside_a_guest_at_work_is_broken_off_at_once() {
        let mut stream = Stream::new();
        stream.push(1, "unfinished");
        assert_eq!(stream.write(), "unfinished");
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "");
        stream.next_request(1);
        assert_eq!(stream.write(), "\ntwo\n");
        stream.push(1, "again");
        assert_eq!(stream.write(), "again");
        stream.next_request(1);
        assert_eq!(stream.write(), "");
        // This one was at work already, though it prints only now.
        stream.push(2, "still two\n");
        assert_eq!(stream.write(), "\nstill two\n");
    }

    #[test]
    fn a_guest_goes_on_with_a_line_that_it_left_open_itself() {
        let mut stream = Stream::new();
        stream.push(1, "a");
        assert_eq!(stream.write(), "a");
        stream.next_request(1);
        stream.push(1, "b");
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "b");
        assert_eq!(stream.lines.waits_until(), Some(stream.now + LINE_TIME_MAX));
        stream.push(1, "c\n");
        assert_eq!(stream.write(), "c\ntwo\n");
    }

    #[test]
    fn who_always_ends_within_a_line_takes_turns_with_others() {
        let mut stream = Stream::new();
        stream.push(1, "a\nb\nc");
        stream.push(2, "two\n");
        stream.push(3, "three\n");
        assert_eq!(stream.write(), "a\nb\ntwo\nthree\nc");
        stream.push(2, "four\n");
        stream.push(1, "c\nd");
        assert_eq!(stream.write(), "c\nfour\nd");
    }

    #[test]
    fn a_chunk_that_is_cut_off_leaves_the_line_as_it_stands_and_nobody_waits_for_it() {
        // What is written before, what of the next chunk is, and what then stands between that and a guest that was at work already.
        for (before, last, between) in [
            ("", None, ""),
            ("", Some(b'x'), "\n"),
            ("", Some(b'\n'), ""),
            ("open", None, "\n"),
            ("open", Some(b'x'), "\n"),
            ("open", Some(b'\n'), ""),
        ] {
            let mut stream = Stream::new();
            stream.push(1, before);
            assert_eq!(stream.write(), before);
            stream.push(1, "more\nand more");
            let next = stream.lines.next(stream.now).unwrap();
            stream.lines.cut_off(&next, last, Moment::now(), stream.now);
            stream.push(2, "two\n");
            assert_eq!(stream.write(), format!("{between}two\n"), "{before:?} {last:?}");
        }
    }

    #[test]
    fn guests_that_leave_every_line_open_hold_others_up_once_each() {
        let mut stream = Stream::new();
        let mut waited = Duration::ZERO;
        for _ in 0..50 {
            for owner in [1, 2, 3] {
                stream.push(owner, "held ");
            }
            stream.push(0, "a line\n");
            let mut written = stream.write();
            while let Some(until) = stream.lines.waits_until() {
                waited += until - stream.now;
                stream.now = until;
                written += &stream.write();
            }
            assert!(written.contains("\na line\n"), "{written}");
        }
        // And what was forgiven meanwhile.
        let most = 3 * (LINE_TIME_MAX + Duration::from_millis(1));
        assert!((3 * LINE_TIME_MAX..=most).contains(&waited), "{waited:?}");
        // Who is done with a line in time is not broken off.
        stream.push(0, "one ");
        assert_eq!(stream.write(), "one ");
        stream.push(1, "two");
        assert_eq!(stream.write(), "");
        stream.push(0, "line\n");
        assert_eq!(stream.write(), "line\ntwo");
    }

    /// Whatever guests do with their lines, and whenever: what others wait for them is bounded by one account each.
    #[test]
    fn no_way_of_holding_lines_open_costs_others_more_than_the_accounts() {
        for seed in 1..=300_u64 {
            let (mut stream, mut random) = (Stream::new(), seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut below = |bound: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random % bound
            };
            let (begun, mut waited, mut lines) = (stream.now, Duration::ZERO, 0);
            for _ in 0..400 {
                // Each has one chunk on its way at most, as guests have.
                for owner in 1..4 {
                    let busy = stream.lines.waiting.iter().any(|chunk| chunk.owner == owner);
                    match below(7) {
                        _ if busy => {}
                        0 => stream.push(owner, "whole\n"),
                        1 => stream.push(owner, "\n"),
                        2 => stream.push(owner, "end\nbegin"),
                        3 => stream.next_request(owner),
                        _ => stream.push(owner, "part"),
                    }
                }
                if below(2) == 0 && !stream.lines.waiting.iter().any(|chunk| chunk.owner == 0) {
                    stream.push(0, "theirs\n");
                    lines += 1;
                }
                stream.write();
                let others = stream.lines.waiting.iter().any(|chunk| chunk.owner == 0);
                let step = Duration::from_micros(1 + below(250_000));
                let until = stream.lines.waits_until().filter(|_| others).unwrap_or(stream.now);
                waited += until.saturating_duration_since(stream.now).min(step);
                stream.now += step;
            }
            let bound = 3 * (LINE_TIME_MAX + (stream.now - begun) / 1000);
            assert!(waited <= bound, "seed {seed}: {waited:?} for {lines} lines, more than {bound:?}");
        }
    }

    #[test]
    fn one_guest_alone_is_written_as_it_is() {
        let mut stream = Stream::new();
        stream.push(1, "a");
        assert_eq!(stream.write(), "a");
        stream.now += LINE_TIME_MAX * 2;
        stream.push(1, "b\0\nc");
        assert_eq!(stream.write(), "b\0\nc");
    }
}
