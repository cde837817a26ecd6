//! Text that a guest has made, fit for a message: a name in a module, an argument, a sentence of a parser that quotes one.
//!
//! Such text ends on terminals, in logs and on pages. Everything that one of these might obey instead of show is escaped as Rust
//! escapes it (`\u{1b}`): control characters, line breaks, characters without a width, and those that turn the direction of
//! writing. What is longer than a message can hold is cut, and a `…` says so.

/// The most characters of one name.
pub const NAME_CHARS_MAX: usize = 200;
/// The most characters of a sentence that may quote several.
pub const SENTENCE_CHARS_MAX: usize = 1000;

/// A name for a message, without quotes around it.
pub fn name(text: &str) -> String {
    escaped(text, NAME_CHARS_MAX)
}

/// A sentence for a message, such as what a parser says of a module.
pub fn sentence(text: &str) -> String {
    escaped(text, SENTENCE_CHARS_MAX)
}

/// At most `chars_max` characters of `text`, counted as they are printed.
fn escaped(text: &str, chars_max: usize) -> String {
    let mut printed = String::new();
    let mut room = chars_max;
    for c in text.chars() {
        let mut escape = c.escape_debug();
        // Quotes and backslashes do nothing to a terminal.
        let shown = if matches!(c, '"' | '\'' | '\\') { 1 } else { escape.clone().count() };
        if shown > room {
            printed.push('…');
            break;
        }
        room -= shown;
        if shown == 1 { printed.push(c) } else { printed.extend(&mut escape) }
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_escaped_and_all_else_stays() {
        assert_eq!(name("it's \"a\" \\ naïve 名前"), "it's \"a\" \\ naïve 名前");
        let hostile = "\u{1b}[2J\u{7}\r\n\t\0\u{7f}\u{9b}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\u{e0041}";
        let shown = name(hostile);
        assert!(shown.is_ascii() && !shown.contains(|c: char| c.is_control()), "{shown}");
        assert!(shown.starts_with("\\u{1b}[2J\\u{7}\\r\\n\\t\\0") && shown.contains("\\u{202e}"), "{shown}");
    }

    #[test]
    fn what_is_too_long_is_cut_by_what_is_printed() {
        assert_eq!(name(&"é".repeat(NAME_CHARS_MAX)), "é".repeat(NAME_CHARS_MAX));
        assert_eq!(name(&"é".repeat(NAME_CHARS_MAX + 1)), "é".repeat(NAME_CHARS_MAX) + "…");
        assert!(name(&"\u{202e}".repeat(1000)).chars().count() <= NAME_CHARS_MAX + 1);
        assert!(sentence(&"\n".repeat(9000)).chars().count() <= SENTENCE_CHARS_MAX + 1);
    }
}
