//! The bytes that values travel in between JavaScript and a component: one after another, by their types, without names, numbers little-endian.
//!
//! | type | bytes |
//! |---|---|
//! | `bool`, `u8`, `s8` | 1 |
//! | `u16`, `s16` | 2 |
//! | `u32`, `s32`, `f32`, `char` | 4 |
//! | `u64`, `s64`, `f64` | 8 |
//! | `string` | how many bytes of UTF-8 (4), and these |
//! | `list` | how many elements (4), and these |
//! | `record`, `tuple`, parameters | the values, in order |
//! | `variant`, `enum`, `option`, `result` | which case (4), and its value, if it has one |
//! | `flags` | a bit for each, in words of 4, the first the lowest |
//! | `own`, `borrow` | the number of the resource (8): see [`handles`](super::handles) |
//!
//! `js/component/encode.js` and `decode.js` are the other end.

use wasmtime::Result;
use wasmtime::format_err;

/// Reads values.
#[derive(Clone)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.fixed().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.fixed().map(u64::from_le_bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str> {
        let length = self.u32()? as usize;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| malformed())
    }

    /// To be asked when everything should have been read.
    pub(super) fn end(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

/// What our own JavaScript does not make.
pub(super) fn malformed() -> wasmtime::Error {
    format_err!("the values are not encoded as their types have it")
}

/// Writes values.
#[derive(Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        // A text lies in a memory of 32 bits.
        self.u32(text.len() as u32);
        self.bytes(text.as_bytes());
    }
}
