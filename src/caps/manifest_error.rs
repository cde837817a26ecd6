//! What is wrong with a manifest, and where: file, line, column and the line itself.

use crate::printable;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most characters of a line that are shown; of a longer one those around the place.
const LINE_CHARS_MAX: usize = 160;

/// A manifest that cannot be used. Its `Display` is `file:line:column: what is wrong`, and below it the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    file: PathBuf,
    message: String,
    place: Option<Place>,
}

/// Where it is. Columns and widths are counted in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    width: usize,
    text: String,
}

impl ManifestError {
    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        ManifestError { file: file.to_owned(), message: format!("cannot be read: {error}"), place: None }
    }

    /// Something is wrong at these bytes of the text.
    pub(super) fn new(file: &Path, message: String, text: &str, at: Option<Range<usize>>) -> Self {
        ManifestError { file: file.to_owned(), message, place: at.map(|at| Place::new(text, at)) }
    }
}

impl ManifestError {
    /// What is wrong, without the place. A terminal might obey what it quotes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Line and column, from 1; none for a file that cannot be read.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = printable::message(self.file.to_string_lossy().into_owned());
        let message = printable::message(self.message.clone());
        let Some(place) = &self.place else { return write!(f, "{file}: {message}") };
        let (line, column) = (place.line, place.column);
        let (text, indent, carets) = place.shown();
        let margin = " ".repeat(line.to_string().len());
        write!(f, "{file}:{line}:{column}: {message}\n{line} | {text}\n{margin} | {indent}{carets}")
    }
}

impl std::error::Error for ManifestError {}

impl Place {
    fn new(text: &str, at: Range<usize>) -> Place {
        let mut start = at.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        // Not between the two characters that end it.
        let start = start.min(line_start + line.len());
        let column = text[line_start..start].chars().count() + 1;
        let rest = line.get(start - line_start..).unwrap_or_default();
        let width = text.get(start..at.end.min(text.len())).map_or(1, |marked| marked.chars().count());
        Place {
            line: text[..line_start].matches('\n').count() + 1,
            column,
            width: width.clamp(1, rest.chars().count().max(1)),
            text: line.to_owned(),
        }
    }

    /// The line, what stands below it before the place, and the marks below the place. Nothing in it is what a terminal obeys.
    fn shown(&self) -> (String, String, String) {
        let is_long = self.text.chars().nth(LINE_CHARS_MAX).is_some();
        let first = if is_long { (self.column - 1).saturating_sub(LINE_CHARS_MAX / 2) } else { 0 };
        let (mut text, mut indent, mut carets) = (String::new(), String::new(), String::new());
        if first > 0 {
            text.push('…');
            indent.push(' ');
        }
        let marked = self.column - 1..self.column - 1 + self.width;
        for (index, c) in self.text.chars().enumerate().skip(first) {
            if index == first + LINE_CHARS_MAX {
                text.push('…');
                break;
            }
            let printed = if c == '\t' { "\t".to_owned() } else { printable::name(c.encode_utf8(&mut [0; 4])) };
            if index < marked.start {
                // A tab is as wide below as above.
                indent.extend(printed.chars().map(|c| if c == '\t' { c } else { ' ' }));
            } else if index < marked.end {
                carets.extend(printed.chars().map(|_| '^'));
            }
            text.push_str(&printed);
        }
        if carets.is_empty() {
            // What is missing at the line's end.
            carets.push('^');
        }
        (text, indent, carets)
    }
}
