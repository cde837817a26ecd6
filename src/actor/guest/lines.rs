//! Lines of different guests on one stream of the host: none is written into another's.
//!
//! While a guest's line is open, what others print waits, and so do they. That is bounded in time and in bytes, so that
//! nobody can keep the stream to itself: then the line is broken off with a newline.

use bytes::Bytes;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long others wait for the end of a line, from the moment it was begun.
pub(super) const LINE_TIME_MAX: Duration = Duration::from_millis(200);
/// How many bytes of one line others wait for.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// Names a guest on the stream.
pub(super) type Owner = u64;

/// Bytes of one guest. `T` is how it learns that they are written.
pub(super) struct Chunk<T> {
    pub(super) owner: Owner,
    pub(super) bytes: Bytes,
    pub(super) receipt: T,
}

/// What to write next.
pub(super) struct Next<T> {
    /// Another guest's line has to be broken off first.
    pub(super) newline: bool,
    pub(super) bytes: Bytes,
    pub(super) receipt: T,
    /// With this the whole chunk is written.
    pub(super) complete: bool,
}

struct Line {
    owner: Owner,
    begun: Instant,
    bytes: usize,
    /// No more of it will come.
    ended: bool,
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

    /// This guest will write no more: its line, if open, waits for nothing.
    pub(super) fn end(&mut self, owner: Owner) {
        if let Some(line) = self.open.as_mut().filter(|line| line.owner == owner) {
            line.ended = true;
        }
    }

    /// Until when what waits has to wait, at most. `None` where nothing does.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        let line = self.open.as_ref()?;
        (!self.waiting.is_empty()).then(|| line.begun + LINE_TIME_MAX)
    }

    /// What may be written now.
    pub(super) fn next(&mut self, now: Instant) -> Option<Next<T>> {
        let mine = self.open.as_ref().and_then(|line| self.waiting.iter().position(|chunk| chunk.owner == line.owner));
        let over = self
            .open
            .as_ref()
            .is_none_or(|line| line.ended || line.bytes >= LINE_BYTES_MAX || now >= line.begun + LINE_TIME_MAX);
        let index = match mine {
            // Once a line has had its time, it is in nobody's way only if nobody else waits.
            Some(index) if !over || self.waiting.len() == 1 => index,
            Some(index) => usize::from(index == 0),
            None if over => 0,
            None => return None,
        };
        let chunk = self.waiting.remove(index)?;
        let newline = self.open.take_if(|line| line.owner != chunk.owner).is_some();
        Some(self.take(chunk, newline, now))
    }

    /// Takes a chunk, or only its whole lines if others wait.
    fn take(&mut self, mut chunk: Chunk<T>, newline: bool, now: Instant) -> Next<T> {
        let whole_lines = chunk.bytes.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let Some(end) = whole_lines.filter(|end| *end < chunk.bytes.len() && !self.waiting.is_empty()) {
            let bytes = chunk.bytes.split_to(end);
            self.open = None;
            let receipt = chunk.receipt.clone();
            self.waiting.push_back(chunk);
            return Next { newline, bytes, receipt, complete: false };
        }
        let open = chunk.bytes.len() - whole_lines.unwrap_or(0);
        self.open = match self.open.take().filter(|_| whole_lines.is_none()) {
            Some(line) => Some(Line { bytes: line.bytes + open, ..line }),
            None if open == 0 => None,
            None => Some(Line { owner: chunk.owner, begun: now, bytes: open, ended: false }),
        };
        Next { newline, bytes: chunk.bytes, receipt: chunk.receipt, complete: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stream {
        lines: Lines<()>,
        now: Instant,
        written: String,
    }

    impl Stream {
        fn new() -> Self {
            Stream { lines: Lines::new(), now: Instant::now(), written: String::new() }
        }

        fn push(&mut self, owner: Owner, text: &str) {
            self.lines.push(Chunk { owner, bytes: Bytes::copy_from_slice(text.as_bytes()), receipt: () });
        }

        /// Writes all that may be written, and shows it.
        fn write(&mut self) -> String {
            while let Some(next) = self.lines.next(self.now) {
                self.written.push_str(if next.newline { "\n" } else { "" });
                self.written.push_str(std::str::from_utf8(&next.bytes).unwrap());
            }
            std::mem::take(&mut self.written)
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
    fn a_guest_that_ends_within_a_line_holds_nobody_up() {
        let mut stream = Stream::new();
        stream.push(1, "unfinished");
        assert_eq!(stream.write(), "unfinished");
        stream.lines.end(1);
        assert_eq!(stream.write(), "");
        stream.push(2, "two\n");
        assert_eq!(stream.write(), "\ntwo\n");
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
    fn one_guest_alone_is_written_as_it_is() {
        let mut stream = Stream::new();
        stream.push(1, "a");
        assert_eq!(stream.write(), "a");
        stream.now += LINE_TIME_MAX * 2;
        stream.push(1, "b\0\nc");
        assert_eq!(stream.write(), "b\0\nc");
    }
}
