//! What is said on stderr, and whether a terminal gets colours with it.
//!
//! The rules are those of clap's help: colours on a terminal that has them, `NO_COLOR` and `CLICOLOR=0` take them away, `CLICOLOR_FORCE` puts them also elsewhere.

use crate::printable;
use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use std::io::{Write, stderr};

/// Takes every colour back.
const RESET: &str = "\x1b[0m";

/// What kind of thing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// It ends what was asked for.
    Error,
    /// It does not.
    Warning,
    /// What may be of use.
    Note,
}

impl Label {
    fn word(self) -> &'static str {
        match self {
            Label::Error => "error",
            Label::Warning => "warning",
            Label::Note => "note",
        }
    }

    /// Bold, and red, yellow or cyan.
    fn style(self) -> &'static str {
        match self {
            Label::Error => "\x1b[1;31m",
            Label::Warning => "\x1b[1;33m",
            Label::Note => "\x1b[1;36m",
        }
    }
}

/// Does this stream get colours?
pub(crate) fn has_colors(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// Prints to stderr, as text that no terminal obeys: only the label has a colour. Nobody is left to tell if stderr is gone.
pub(crate) fn say(label: Label, text: &str) {
    let mut stderr = stderr().lock();
    let _ = writeln!(stderr, "{}", line(label, text, has_colors(&stderr)));
}

/// The same without a label.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(stderr().lock(), "{}", printable::lines(text));
}

fn line(label: Label, text: &str, colored: bool) -> String {
    let (style, reset) = if colored { (label.style(), RESET) } else { ("", "") };
    format!("{style}{}:{reset} {}", label.word(), printable::lines(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_label_is_colored_and_what_is_said_has_no_say_in_it() {
        let said = line(Label::Error, "a\x1b[2Jb\nc", true);
        assert_eq!(said, "\x1b[1;31merror:\x1b[0m a\\u{1b}[2Jb\nc");
        assert_eq!(line(Label::Warning, "a", false), "warning: a");
        assert_eq!(line(Label::Note, "a", true), "\x1b[1;36mnote:\x1b[0m a");
    }
}
