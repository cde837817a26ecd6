//! A place in a text that somebody wrote: line, column, and the line itself with marks below it.

use crate::printable;
use std::ops::Range;

/// The most characters of a line that are shown; of a longer one those around the place.
const LINE_CHARS_MAX: usize = 160;

/// Where it is. Columns and widths are counted in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    line: usize,
    column: usize,
    width: usize,
    /// What is shown of the line, and one character more if that is not its end. A line may be long, and places in it many.
    text: String,
    /// How many characters of the line come before that.
    first: usize,
}

impl Place {
    /// These bytes of the text.
    pub(crate) fn new(text: &str, at: Range<usize>) -> Place {
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
        let is_long = line.chars().nth(LINE_CHARS_MAX).is_some();
        let first = if is_long { (column - 1).saturating_sub(LINE_CHARS_MAX / 2) } else { 0 };
        let width = text.get(start..at.end.min(text.len())).map_or(1, |marked| marked.chars().count());
        Place {
            line: text[..line_start].matches('\n').count() + 1,
            column,
            width: width.clamp(1, rest.chars().count().max(1)),
            text: line.chars().skip(first).take(LINE_CHARS_MAX + 1).collect(),
            first,
        }
    }

    /// `line:column`, both from 1.
    pub(crate) fn position(&self) -> String {
        format!("{}:{}", self.line, self.column)
    }

    /// The line and the column, both from 1.
    pub(crate) fn line_and_column(&self) -> (usize, usize) {
        (self.line, self.column)
    }

    /// The line with its number, and the marks on a second one.
    pub(crate) fn picture(&self) -> String {
        let (text, indent, carets) = self.shown();
        let margin = " ".repeat(self.line.to_string().len());
        format!("{} | {text}\n{margin} | {indent}{carets}", self.line)
    }

    /// The line, what stands below it before the place, and the marks below the place. Nothing in it is what a terminal obeys.
    fn shown(&self) -> (String, String, String) {
        let (mut text, mut indent, mut carets) = (String::new(), String::new(), String::new());
        if self.first > 0 {
            text.push('…');
            indent.push(' ');
        }
        let marked = self.column - 1..self.column - 1 + self.width;
        for (index, c) in (self.first..).zip(self.text.chars()) {
            if index == self.first + LINE_CHARS_MAX {
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
