//! What a guest may do to a terminal: print text. Control sequences could move the cursor over what others have printed,
//! change the title, or make the terminal type; they are taken out.

/// Takes control sequences out of one guest's output, which comes in pieces.
///
/// Kept are printable characters, `\n`, `\r` and `\t`. Bytes that are not UTF-8 become U+FFFD: terminals may take them for
/// controls of an older encoding.
#[derive(Debug, Default)]
pub(super) struct TerminalFilter {
    state: ParserState,
    /// The start of a character whose other bytes have not come yet.
    partial: Vec<u8>,
}

/// Where in a control sequence the output stands.
#[derive(Clone, Copy, Debug, Default)]
enum ParserState {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// In parameters, up to a final byte.
    Control,
    /// In a string such as a window title, up to BEL or ST.
    String,
}

impl TerminalFilter {
    pub(super) fn filter(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut input = std::mem::take(&mut self.partial);
        input.extend_from_slice(bytes);
        let mut output = String::with_capacity(input.len());
        let mut rest = &input[..];
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.text(text, &mut output);
                    break;
                }
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            self.text(std::str::from_utf8(valid).unwrap_or_default(), &mut output);
            let Some(invalid) = error.error_len() else {
                self.partial = after.to_vec();
                break;
            };
            self.character(char::REPLACEMENT_CHARACTER, &mut output);
            rest = &after[invalid..];
        }
        output.into_bytes()
    }

    fn text(&mut self, text: &str, output: &mut String) {
        text.chars().for_each(|c| self.character(c, output));
    }

    fn character(&mut self, c: char, output: &mut String) {
        self.state = match (self.state, c) {
            // A line's end also ends what was left open, so that a guest cannot swallow its own later text for good.
            (_, '\n') => {
                output.push(c);
                ParserState::Text
            }
            (_, '\x1b') => ParserState::Escape,
            // A C1 control is ESC and this letter in one character.
            (_, '\u{80}'..='\u{9f}') => after_escape(char::from(c as u8 - 0x40)),
            (ParserState::Escape, c) => after_escape(c),
            (ParserState::Control, '\x40'..='\x7e') => ParserState::Text,
            (ParserState::String, '\x07') => ParserState::Text,
            (ParserState::Text, c) => {
                if !c.is_control() || matches!(c, '\r' | '\t') {
                    output.push(c);
                }
                ParserState::Text
            }
            (inside, _) => inside,
        };
    }
}

fn after_escape(c: char) -> ParserState {
    match c {
        '[' => ParserState::Control,
        ']' | 'P' | 'X' | '^' | '_' => ParserState::String,
        // Intermediate bytes: the final one follows.
        ' '..='/' => ParserState::Escape,
        _ => ParserState::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(pieces: &[&[u8]]) -> String {
        let mut filter = TerminalFilter::default();
        pieces.iter().map(|piece| String::from_utf8(filter.filter(piece)).unwrap()).collect()
    }

    #[test]
    fn text_passes_and_controls_do_not() {
        for (given, left) in [
            (&b"plain\ttext\r\n"[..], "plain\ttext\r\n"),
            ("grüße, 日本 🦀".as_bytes(), "grüße, 日本 🦀"),
            (b"a\x1b[31;1mred\x1b[0m", "ared"),
            (b"a\x1b[2J\x1b[Hb", "ab"),
            (b"\x1b]0;a title\x07b", "b"),
            (b"\x1b]52;c;cGFzdGU=\x1b\\b", "b"),
            (b"\x1bP$qm\x1b\\b\x1b_x\x1b\\c", "bc"),
            (b"\x1b(0a\x1bcb", "ab"),
            (b"\x07bell\x08\x7f\x00\x0b\x0c", "bell"),
            ("\u{9b}31mred \u{9d}0;title\u{9c}b\u{85}".as_bytes(), "red b"),
            (b"\x9b31m\xff", "\u{fffd}31m\u{fffd}"),
            (b"\x1b]0;never closed\nnext", "\nnext"),
            (b"\x1b[\x1b[31mx", "x"),
        ] {
            assert_eq!(filtered(&[given]), left, "{given:?}");
        }
    }

    #[test]
    fn a_sequence_or_character_in_pieces_is_still_one() {
        assert_eq!(filtered(&[b"a\x1b", b"[3", b"1mb"]), "ab");
        let crab = "🦀".as_bytes();
        assert_eq!(filtered(&[&crab[..1], &crab[1..3], &crab[3..], b"!"]), "🦀!");
        assert_eq!(filtered(&["\u{9b}".as_bytes().split_at(1).0, b"\x9b31mx"]), "x");
        assert_eq!(filtered(&[&crab[..2], b"x"]), "\u{fffd}x");
    }
}
