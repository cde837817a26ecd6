//! The secret that each request has to name.

use std::fmt;
use std::io;
use subtle::ConstantTimeEq;

/// The variable with a token that stays the same from run to run, for a scraper.
pub(crate) const TOKEN_VARIABLE: &str = "RUNTIME_WASM_INSPECT_TOKEN";
/// Random bytes of a token: more than anybody guesses.
const BYTES: usize = 16;
/// How long a token may be that somebody has chosen.
const CHARS: std::ops::RangeInclusive<usize> = 16..=200;

/// A secret. It does not show itself where it is printed by mistake.
pub(crate) struct Token(String);

impl Token {
    /// One that nobody knows.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub(crate) fn random() -> io::Result<Token> {
        Ok(Token(random_text()?))
    }

    /// One that somebody has chosen.
    ///
    /// # Errors
    /// A sentence, if it is too short or does not fit into a URL as it stands. It does not quote the token.
    pub(crate) fn chosen(text: String) -> Result<Token, String> {
        let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        if !fits || !CHARS.contains(&text.len()) {
            let (least, most) = CHARS.into_inner();
            return Err(format!("expected {least} to {most} characters of A-Z a-z 0-9 - . _ ~"));
        }
        Ok(Token(text))
    }

    /// Is this the token? It takes the same time however much of it is right.
    pub(super) fn is(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }

    /// The token itself, for the one who started the program.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// 32 hexadecimal digits that nobody can foresee.
pub(super) fn random_text() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_itself_and_nothing_else_and_does_not_show_itself() {
        let (token, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert!(token.is(token.reveal()) && !token.is(other.reveal()));
        let shorter = &token.reveal()[1..];
        for wrong in ["", shorter, &format!("{}0", token.reveal()), &token.reveal().to_uppercase().replace('A', "B")] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert_eq!(token.reveal().len(), 2 * BYTES);
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn a_chosen_token_is_long_and_fits_into_a_url() {
        assert!(Token::chosen("a-.~_Z0123456789".to_owned()).unwrap().is("a-.~_Z0123456789"));
        for bad in ["", "short", "with spaces in it 1234", "quote\"0123456789abcdef", &"x".repeat(201)] {
            assert!(Token::chosen(bad.to_owned()).unwrap_err().contains("16 to 200"), "{bad}");
        }
    }
}
