//! The text of declarations. What a module says of itself stands in it as a literal or a comment, and never gets out of these.

use crate::printable;

/// Characters of a file at most. Names can be long, and each can stand in many places.
const CHARS_MAX: usize = 4 << 20;

/// Declarations, line by line. One that is full takes nothing more: who goes through many types stops there.
pub(super) struct Text {
    text: String,
    depth: usize,
    room: usize,
    is_full: bool,
}

impl Default for Text {
    fn default() -> Self {
        Text { text: String::new(), depth: 0, room: CHARS_MAX, is_full: false }
    }
}

impl Text {
    /// A whole line.
    pub(super) fn line(&mut self, text: &str) {
        self.begin();
        self.push(text);
        self.end("");
    }

    /// A line that what follows stands within.
    pub(super) fn open(&mut self, text: &str) {
        self.line(text);
        self.depth += 1;
    }

    /// The line that ends it.
    pub(super) fn close(&mut self, text: &str) {
        self.dedent();
        self.line(text);
    }

    /// The end of what has no line for that.
    pub(super) fn dedent(&mut self) {
        self.depth -= 1;
    }

    /// The beginning of a line that is pushed in parts.
    pub(super) fn begin(&mut self) {
        for _ in 0..self.depth {
            self.push("  ");
        }
    }

    pub(super) fn end(&mut self, text: &str) {
        self.push(text);
        self.push("\n");
    }

    pub(super) fn push(&mut self, text: &str) {
        self.is_full |= text.len() > self.room;
        if !self.is_full {
            self.room -= text.len();
            self.text.push_str(text);
        }
    }

    /// What is written takes its place, too, but is for the caller to push.
    pub(super) fn aside(&mut self, write: impl FnOnce(&mut Text)) -> String {
        let mut aside = Text { room: self.room, is_full: self.is_full, ..Text::default() };
        write(&mut aside);
        (self.room, self.is_full) = (aside.room, aside.is_full);
        aside.text
    }

    /// An empty line, where none is yet.
    pub(super) fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.push("\n");
        }
    }

    /// A comment for editors to show.
    pub(super) fn docs(&mut self, docs: &str) {
        let lines: Vec<&str> = docs.trim().lines().map(str::trim_end).collect();
        match lines[..] {
            [] => {}
            // `@ts-ignore` in the only line of a comment is an order to the compiler, elsewhere it is text.
            [line] if !line.starts_with('@') => self.line(&format!("/** {} */", comment(line))),
            _ => {
                self.line("/**");
                for line in lines {
                    self.line(format!(" * {}", comment(line)).trim_end());
                }
                self.line(" */");
            }
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// All of it.
    ///
    /// # Errors
    /// What there is too much of.
    pub(super) fn finish(self) -> Result<String, String> {
        if self.is_full {
            return Err(format!("its declarations take more than the limit of {CHARS_MAX} bytes"));
        }
        Ok(self.text)
    }
}

/// A line within a comment.
pub(super) fn comment(line: &str) -> String {
    printable::lines(line).replace('\n', " ").replace("*/", "*\\/")
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    printable::json(&serde_json::Value::from(text).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(docs: &str) -> String {
        let mut text = Text::default();
        text.docs(docs);
        text.finish().unwrap()
    }

    #[test]
    fn no_comment_is_left_before_its_end() {
        assert_eq!(docs(" One line. \n"), "/** One line. */\n");
        assert_eq!(docs(""), "");
        assert_eq!(docs("Two\n\n`lines`"), "/**\n * Two\n *\n * `lines`\n */\n");
        for hostile in ["*/ export {}", "a *\n/ b */", "*\u{200b}/", "**//", "a\r*/", "\u{2028}*/x"] {
            assert_eq!(docs(hostile).matches("*/").count(), 1, "{hostile:?}");
        }
        assert!(docs("@ts-expect-error").starts_with("/**\n * @ts-expect-error\n"));
        assert_eq!(comment("a\nb\u{202e}*/"), "a b\\u{202e}*\\/");
    }

    #[test]
    fn no_literal_is_left_before_its_end() {
        assert_eq!(quoted("a\"; export {} //\\\n\u{2028}"), r#""a\"; export {} //\\\n\u2028""#);
        assert_eq!(quoted("`${x}`名"), "\"`${x}`名\"");
    }

    #[test]
    fn what_is_too_long_is_none() {
        let mut text = Text::default();
        for _ in 0..5 {
            text.line(&"x".repeat(1 << 20));
        }
        assert!(text.is_full() && text.finish().unwrap_err().contains("4194304"));
    }
}
