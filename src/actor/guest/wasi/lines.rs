//! Lines of different guests on one stream of the host: guests that run at the same time do not write into each other's,
//! and what guests print one after another is not altered.
//!
//! While a guest is at work on a request and its line is open, what others print waits, and so do they. That is bounded in
//! time and in bytes, so that nobody can keep the stream to itself: then the line is broken off with a newline. A line that is still
//! open at the end of the request waits for nobody. Whoever comes to print only later goes on after it, as if both were one
//! program; a newline comes between only if the other was at work already when that request ended.

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long others wait for the end of a line, from the moment it was begun.
pub(super) const LINE_TIME_MAX: Duration = Duration::from_millis(200);
/// How many bytes of one line others wait for.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// Names a guest on the stream.
pub(super) type Owner = u64;

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
    begun: Instant,
    bytes: usize,
    /// When the request ended that has left it open.
    left: Option<Moment>,
}

impl Line {
    /// Must others still wait for its end?
    fn is_waited_for(&self, now: Instant) -> bool {
        self.left.is_none() && self.bytes < LINE_BYTES_MAX && now < self.begun + LINE_TIME_MAX
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
}

impl<T: Clone> Lines<T> {
    pub(super) fn new() -> Self {
        Lines { open: None, waiting: VecDeque::new() }
    }

    pub(super) fn push(&mut self, chunk: Chunk<T>) {
        self.waiting.push_back(chunk);
    }

    /// The guest's request has ended: its line, if open, waits for nothing.
    pub(super) fn leave(&mut self, owner: Owner, at: Moment) {
        if let Some(line) = self.open.as_mut().filter(|line| line.owner == owner) {
            line.left = Some(at);
        }
    }

    /// Until when what waits has to wait, at most. `None` where nothing does.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let line = self.open.as_ref()?;
        (!self.waiting.is_empty()).then(|| line.begun + LINE_TIME_MAX)
    }

    /// What may be written now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Next<T>> {
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
        self.open.take_if(|line| line.owner != chunk.owner || line.left.is_some());
        Some(self.take(chunk, before, newline, now))
    }

    /// Of what was to be written no more will be than up to this byte, if anything was. Its line is over for its guest.
    pub(super) fn cut_off(&mut self, next: &Next<T>, last: Option<u8>, at: Moment) {
        let line = match last {
            Some(b'\n') => None,
            // As far as others go: they wait for no line that is left.
            Some(_) => Some(Line { owner: next.owner, begun: Instant::now(), bytes: 0, left: None }),
            None => next.before,
        };
        self.open = line;
        self.leave(next.owner, at);
    }

    /// Takes a chunk, or only its whole lines if others wait.
    fn take(&mut self, mut chunk: Chunk<T>, before: Option<Line>, newline: bool, now: Instant) -> Next<T> {
        let owner = chunk.owner;
        let whole_lines = chunk.bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let Some(end) = whole_lines.filter(|end| *end < chunk.bytes.len() && !self.waiting.is_empty()) {
            let bytes = chunk.bytes.split_to(end);
            self.open = None;
            let receipt = chunk.receipt.clone();
            self.waiting.push_back(chunk);
            return Next { owner, before, newline, bytes, receipt, complete: false };
        }
        let open = chunk.bytes.len() - whole_lines.unwrap_or(0);
        self.open = match self.open.take().filter(|_| whole_lines.is_none()) {
            Some(line) => Some(Line { bytes: line.bytes + open, ..line }),
            None if open == 0 => None,
            None => Some(Line { owner, begun: now, bytes: open, left: None }),
        };
        Next { owner, before, newline, bytes: chunk.bytes, receipt: chunk.receipt, complete: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            self.lines.leave(owner, Moment::now());
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
            stream.lines.leave(owner, Moment::now());
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
            stream.lines.cut_off(&next, last, Moment::now());
            stream.push(2, "two\n");
            assert_eq!(stream.write(), format!("{between}two\n"), "{before:?} {last:?}");
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
