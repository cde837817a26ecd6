//! Says what bytes are that people take for a module: told by their beginning, before a parser complains of an offset.

use crate::error::{ErrorCode, Result, WasmError};
use wasmparser::Parser;

/// How modules and components begin, whatever their version.
const MAGIC: &[u8] = b"\0asm";

/// What WebAssembly there is, told by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A core module.
    Core,
    /// A component.
    Component,
}

impl Kind {
    /// Of what begins like neither it is said elsewhere what it is.
    pub fn of(bytes: &[u8]) -> Kind {
        if Parser::is_component(bytes) { Kind::Component } else { Kind::Core }
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Core => "module",
            Kind::Component => "component",
        }
    }
}

/// What binary formats begin with, and what to do with them.
const FORMATS: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "is compressed with gzip: decompress it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd: decompress it first"),
    (b"PK\x03\x04", "is a zip archive: take the module out of it"),
    (b"\x7fELF", "is a program for this machine (ELF), not WebAssembly"),
];

/// The same for text, in lower case, without the white space before it.
const TEXTS: &[(&[u8], &str)] = &[
    (b"(module", WASM_TEXT),
    (b"(component", WASM_TEXT),
    (b";;", WASM_TEXT),
    (b"(;", WASM_TEXT),
    (b"<!doctype html", HTML),
    (b"<html", HTML),
    (b"<head", HTML),
    (b"version https://git-lfs", "is a pointer of Git LFS: fetch the file itself with `git lfs pull`"),
    (b"agfzb", "is a module in base64: decode it first"),
];
const WASM_TEXT: &str = "is WebAssembly text: assemble it first, with `wasm-tools parse` or `wat2wasm`; the command line does that with a file named .wat";
const HTML: &str = "is an HTML page, such as a server sends in place of a file that is not there";

/// Passes what begins like a core module or a component.
///
/// # Errors
/// 5000 for what does not, saying what it is instead where that can be told.
pub(super) fn check(name: &str, bytes: &[u8]) -> Result<()> {
    match mistaken_for_a_module(bytes) {
        None => Ok(()),
        Some(what) => Err(WasmError::new(ErrorCode::Compile, format!("{name} {what}"))),
    }
}

fn mistaken_for_a_module(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("is empty");
    }
    if bytes.starts_with(MAGIC) {
        return None;
    }
    if MAGIC.starts_with(bytes) {
        return Some("is not WebAssembly: it ends before the fourth byte");
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let begins = |start: &[u8]| text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start));
    let format = FORMATS.iter().find(|(start, _)| bytes.starts_with(start));
    let known = format.or_else(|| TEXTS.iter().find(|(start, _)| begins(start)));
    Some(known.map_or("is not WebAssembly: it does not start with \\0asm", |(_, what)| what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_is_named() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "is empty"),
            (b"\0as", "ends before"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"PK\x03\x04x", "zip archive"),
            (b"\x7fELF\x02", "ELF"),
            (b"\xef\xbb\xbf\n (module)", "WebAssembly text"),
            (b";; a comment in caf\xc3\xa9", "WebAssembly text"),
            (b"\r\n<!DOCTYPE HTML><title>404", "HTML"),
            (b"<HTML>", "HTML"),
            (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
            (b"AGFzbQEAAAA=", "base64"),
            (b"\x89PNG", "is not WebAssembly"),
            (b"\xff\xff\xff", "is not WebAssembly"),
        ];
        for (bytes, expected) in cases {
            let what = mistaken_for_a_module(bytes).unwrap();
            assert!(what.contains(expected), "{bytes:?}: {what}");
        }
    }

    #[test]
    fn what_begins_like_a_module_is_left_to_the_parser() {
        for bytes in [&b"\0asm"[..], b"\0asm\x01\0\0\0", b"\0asm\x02\0\0\0", b"\0asm\x0d\0\x01\0"] {
            assert_eq!(mistaken_for_a_module(bytes), None);
        }
    }
}
