//! What wasmtime and its parser say of a module, fit for a message and in one style.

use crate::printable;
use std::fmt::Display;

/// How wasmtime introduces what its parser says; the parser itself writes the offset behind it.
const INTRODUCTION: &str = "Invalid input WebAssembly code at offset ";

/// The sentence of an error, with the place in the module as `(at offset 0x1a)`. What it quotes of the module is escaped and cut.
pub(super) fn parser_text(error: impl Display) -> String {
    // With all that caused it, where the error can tell.
    let text = format!("{error:#}");
    match offset_first(&text).or_else(|| offset_last(&text)) {
        Some((sentence, offset)) => format!("{} (at offset {offset:#x})", printable::sentence(&sentence)),
        None => printable::sentence(&text),
    }
}

fn offset_first(text: &str) -> Option<(String, u64)> {
    let (before, rest) = text.split_once(INTRODUCTION)?;
    let (offset, sentence) = rest.split_once(": ")?;
    Some((format!("{before}{sentence}"), offset.parse().ok()?))
}

fn offset_last(text: &str) -> Option<(String, u64)> {
    let (sentence, offset) = text.strip_suffix(')')?.rsplit_once(" (at offset 0x")?;
    Some((sentence.to_owned(), u64::from_str_radix(offset, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::parser_text;

    #[test]
    fn offsets_have_one_style_and_names_do_nothing_to_a_terminal() {
        assert_eq!(
            parser_text("failed to parse: Invalid input WebAssembly code at offset 26: unknown type 5"),
            "failed to parse: unknown type 5 (at offset 0x1a)"
        );
        assert_eq!(parser_text("unexpected end (at offset 0x8)"), "unexpected end (at offset 0x8)");
        assert_eq!(
            parser_text("Invalid input WebAssembly code at offset x"),
            "Invalid input WebAssembly code at offset x"
        );
        for (before, after) in [("Invalid input WebAssembly code at offset 9: ", ""), ("", " (at offset 0x9)")] {
            let hostile = format!("{before}duplicate name `\u{1b}[2J{}`{after}", "x".repeat(100_000));
            let shown = parser_text(hostile);
            assert!(
                shown.starts_with("duplicate name `\\u{1b}[2Jx") && shown.ends_with("… (at offset 0x9)"),
                "{shown}"
            );
            assert!(shown.chars().count() < 1100, "{shown}");
        }
    }
}
