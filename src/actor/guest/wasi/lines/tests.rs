//! What guests print, and when, against what is written.

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
        self.lines.push(Chunk { owner, at_work_since, bytes: Bytes::copy_from_slice(text.as_bytes()), receipt: () });
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

/// As by a guest that loses the processor while it writes.
#[test]
fn whatever_others_wait_for_counts() {
    let mut stream = Stream::new();
    assert!(stream.lines.may_hold_up(1, stream.now));
    stream.lines.has_held_up(1, LINE_TIME_MAX, stream.now);
    assert!(!stream.lines.may_hold_up(1, stream.now) && stream.lines.may_hold_up(2, stream.now));
    stream.push(1, "one ");
    stream.push(2, "two\n");
    assert_eq!(stream.write(), "one \ntwo\n");
}
