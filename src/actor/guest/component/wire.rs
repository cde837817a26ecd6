//! The bytes and the text that values travel as between JavaScript and a component: one after another, by their types, without names. Numbers are
//! little-endian, in words of 4 bytes, and those of 8 bytes begin where 8 divides the place: so typed arrays of JavaScript read and write them.
//!
//! | type | words |
//! |---|---|
//! | `bool`, `u8` to `s32`, `char` | one: the number, negative ones as of 32 bits |
//! | `f32` | one: its bits |
//! | `u64`, `s64`, `f64` | two |
//! | `string` | one: how much of the text it is, in code units of UTF-16; all strings are one text, in order |
//! | `list` of numbers | one: how many; then these, each in as many bytes as it has, up to the end of a word |
//! | other `list` | one: how many; then these, as a column |
//! | `record`, `tuple`, parameters | the values, in order |
//! | `variant`, `enum`, `option`, `result` | one: which case; then its value, if it has one |
//! | `flags` | a bit for each, the first the lowest |
//! | `own`, `borrow` | two: an `f64` that is the number of the resource; see [`handles`](super::handles) |
//!
//! A column is several values of one type. Those of a record or a tuple are written field by field, each a column; of those with cases come first the words
//! that say which case each is, and then, for each case in the order in which they first come up, the column of its values; all others are written one after
//! another. So one value by itself is written as a column of one, and an interpreter reads and writes long lists in loops that call nothing.
//!
//! `js/component/encode.js` and `decode.js` are the other end.

use crate::value::Encoded;
use std::borrow::Cow;
use wasmtime::Result;
use wasmtime::format_err;

const WORD: usize = 4;

/// Reads values.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    text: &'a str,
    /// Is a code unit a byte?
    is_ascii: bool,
    /// The second half of the last character of the text taken so far is still to be read.
    within: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(values: &'a Encoded) -> Self {
        Reader { bytes: &values.bytes, at: 0, text: &values.text, is_ascii: values.text.is_ascii(), within: false }
    }

    /// So many bytes, and what is left of the last word.
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..count)).ok_or_else(malformed)?;
        self.at += count.next_multiple_of(WORD);
        Ok(taken)
    }

    pub(super) fn word(&mut self) -> Result<[u8; 4]> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or_else(malformed)?;
        self.at += WORD;
        Ok(*taken)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.word().map(u32::from_le_bytes)
    }

    /// The next values are of 8 bytes.
    pub(crate) fn align(&mut self) {
        self.at = self.at.next_multiple_of(2 * WORD);
    }

    pub(crate) fn two_words(&mut self) -> Result<[u8; 8]> {
        self.align();
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or_else(malformed)?;
        self.at += 2 * WORD;
        Ok(*taken)
    }

    /// The number of a resource.
    pub(super) fn number(&mut self) -> Result<u64> {
        self.two_words().map(|bytes| f64::from_le_bytes(bytes) as u64)
    }

    /// The next string. Where JavaScript has halves of a pair of surrogates at both sides of its end, each is one that stands for nothing.
    pub(crate) fn text(&mut self) -> Result<Cow<'a, str>> {
        let units = self.u32()? as usize;
        if self.is_ascii {
            let (taken, rest) = self.text.split_at_checked(units).ok_or_else(malformed)?;
            self.text = rest;
            return Ok(taken.into());
        }
        let begins_within = self.within && units > 0;
        self.within &= !begins_within;
        let mut left = units - usize::from(begins_within);
        let mut end = 0;
        for char in self.text.chars() {
            if left < char.len_utf16() {
                break;
            }
            left -= char.len_utf16();
            end += char.len_utf8();
        }
        let (taken, rest) = self.text.split_at(end);
        self.text = rest;
        if left == 0 && !begins_within {
            return Ok(taken.into());
        }
        let mut halves = String::from(if begins_within { "\u{fffd}" } else { "" });
        halves.push_str(taken);
        if left > 0 {
            let cut = rest.chars().next().filter(|char| char.len_utf16() == 2).ok_or_else(malformed)?;
            self.text = &rest[cut.len_utf8()..];
            self.within = true;
            halves.push('\u{fffd}');
        }
        Ok(halves.into())
    }

    /// To be asked when everything should have been read.
    pub(crate) fn end(&self) -> Result<()> {
        let is_over = self.at.next_multiple_of(2 * WORD) >= self.bytes.len() && self.text.is_empty();
        if is_over { Ok(()) } else { Err(malformed()) }
    }
}

/// What our own JavaScript does not make.
pub(super) fn malformed() -> wasmtime::Error {
    format_err!("the values are not encoded as their types have it")
}

/// Writes values.
#[derive(Default)]
pub(crate) struct Writer(Encoded);

impl Writer {
    /// These bytes, up to the end of a word.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.bytes.extend_from_slice(bytes);
        self.pad(WORD);
    }

    /// These bytes, which are whole words.
    pub(super) fn word_bytes(&mut self, bytes: &[u8]) {
        self.0.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn u32(&mut self, number: u32) {
        self.word_bytes(&number.to_le_bytes());
    }

    /// What comes next is of 8 bytes.
    pub(crate) fn align(&mut self) {
        self.pad(2 * WORD);
    }

    pub(crate) fn two_words(&mut self, bytes: [u8; 8]) {
        self.align();
        self.0.bytes.extend_from_slice(&bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        // A text lies in a memory of 32 bits.
        self.u32(units as u32);
        self.0.text.push_str(text);
    }

    /// Leaves room for the number of a resource, and gives its place.
    pub(super) fn number_later(&mut self) -> usize {
        self.two_words([0; 8]);
        self.0.bytes.len() - 8
    }

    pub(crate) fn end(mut self) -> Encoded {
        self.align();
        self.0
    }

    fn pad(&mut self, to: usize) {
        self.0.bytes.resize(self.0.bytes.len().next_multiple_of(to), 0);
    }
}

/// The number of a resource as it is written.
pub(super) fn number(number: u64) -> [u8; 8] {
    (number as f64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lengths: &[u32], text: &str) -> Result<Vec<String>> {
        let bytes = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
        let values = Encoded { bytes, text: text.to_owned() };
        let mut reader = Reader::new(&values);
        let texts = lengths.iter().map(|_| reader.text().map(Cow::into_owned)).collect::<Result<_>>()?;
        reader.end().map(|()| texts)
    }

    #[test]
    fn strings_are_cut_out_of_one_text_by_code_units() {
        assert_eq!(texts(&[1, 0, 2], "abc").unwrap(), ["a", "", "bc"]);
        assert_eq!(texts(&[1, 2, 3], "\u{e4}\u{1f600}a\u{1f600}").unwrap(), ["\u{e4}", "\u{1f600}", "a\u{1f600}"]);
        // Two halves that have met, and are nothing by themselves.
        assert_eq!(texts(&[2, 0, 2], "a\u{1f600}b").unwrap(), ["a\u{fffd}", "", "\u{fffd}b"]);
        assert_eq!(texts(&[1, 1], "\u{1f600}").unwrap(), ["\u{fffd}", "\u{fffd}"]);
        for (lengths, text) in [(&[4u32][..], "abc"), (&[2], "abc"), (&[3], "\u{1f600}"), (&[1], "\u{e4}\u{e4}")] {
            assert!(texts(lengths, text).is_err(), "{lengths:?} {text}");
        }
    }
}
