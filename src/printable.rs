//! Text that a guest has made, fit for a message: a name in a module, an argument, a sentence of a parser that quotes one.
//!
//! Such text ends on terminals, in logs and on pages. Everything that one of these might obey instead of show is escaped as Rust
//! escapes it (`\u{1b}`): control characters, line breaks, characters without a width, and those that turn the direction of
//! writing. What is longer than a message can hold is cut, and a `…` says so.

/// The most characters of one name.
pub const NAME_CHARS_MAX: usize = 200;
/// The most characters of a sentence that may quote several.
pub const SENTENCE_CHARS_MAX: usize = 1000;
/// The most characters of a message, whatever it is put together from.
pub const MESSAGE_CHARS_MAX: usize = 2000;

/// A name for a message, without quotes around it.
pub fn name(text: &str) -> String {
    escaped(text, NAME_CHARS_MAX)
}

/// A sentence for a message, such as what a parser says of a module.
pub fn sentence(text: &str) -> String {
    escaped(text, SENTENCE_CHARS_MAX)
}

/// A whole message. Its parts have bounds of their own, so that a long one does not push out the others.
pub fn message(text: String) -> String {
    let is_fine = text.len() <= MESSAGE_CHARS_MAX && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_fine { text } else { escaped(&text, MESSAGE_CHARS_MAX) }
}

/// Text of several lines, whole: line breaks and tabs stay.
pub fn lines(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) || matches!(c, '\n' | '\t') { printed.push(c) } else { printed.extend(c.escape_debug()) }
    }
    printed
}

/// JSON, escaped as JSON escapes: the same data, and nothing in it that a terminal might obey.
pub fn json(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) || c == '\n' {
            printed.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| printed.push_str(&format!("\\u{unit:04x}")));
        }
    }
    printed
}

/// Does a terminal show this character, and do no more?
pub fn is_plain(c: char) -> bool {
    // Quotes and backslashes do nothing to a terminal.
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

/// At most `chars_max` characters of `text`, counted as they are printed.
fn escaped(text: &str, chars_max: usize) -> String {
    let mut printed = String::new();
    let mut room = chars_max;
    for c in text.chars() {
        let escape = c.escape_debug();
        let shown = if is_plain(c) { 1 } else { escape.len() };
        if shown > room {
            printed.push('…');
            break;
        }
        room -= shown;
        if shown == 1 { printed.push(c) } else { printed.extend(escape) }
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

    #[test]
    fn a_message_is_escaped_and_cut_as_a_whole_and_twice_is_once() {
        let plain = "the export \"add\" is a global";
        assert_eq!(message(plain.to_owned()), plain);
        assert_eq!(message("a\u{1b}b".to_owned()), "a\\u{1b}b");
        assert_eq!(message(name("\u{202e}")), "\\u{202e}");
        let long = message("x".repeat(9000));
        assert_eq!(long.chars().count(), MESSAGE_CHARS_MAX + 1);
        assert_eq!(message(long.clone()).chars().count(), MESSAGE_CHARS_MAX + 1);
    }

    #[test]
    fn lines_and_json_keep_all_that_they_say() {
        assert_eq!(lines("a\n\tb\u{1b}[2J\r\u{202e}é"), "a\n\tb\\u{1b}[2J\\r\\u{202e}é");
        let shown = json("[\"\u{9b}2J\u{202e}\u{e0041}\", \"\u{7f}é\\\\\"]\n");
        assert_eq!(shown, "[\"\\u009b2J\\u202e\\udb40\\udc41\", \"\\u007fé\\\\\"]\n");
    }
}
