//! Manifests. No text makes the parser panic; a refusal says at which place of the text; what is accepted says what the text says.

mod meaning;
mod shape;

use crate::input::Input;
use meaning::{Doubt, meaning};
use runtime_wasm::caps::{Access, Caps, CapsErrorKind};
use runtime_wasm::printable;
use shape::shaped;
use std::path::Path;
use toml::Table;

const FILE: &str = "/no-such-folder/manifest.app.toml";
const HOME: &str = "/no-such-folder/home";

/// Parses a text: the bytes themselves, or a manifest made of known pieces by them.
pub fn manifest(data: &[u8]) {
    let mut input = Input::new(data);
    let text = match input.once_in(2) {
        true => shaped(&mut input),
        false => String::from_utf8_lossy(input.rest()).into_owned(),
    };
    let parsed = parse(&text);
    if let Err(error) = &parsed {
        check_error(&text, error);
        check_shifted(&text, error);
    }
    check_meaning(&text, &parsed);
}

fn parse(text: &str) -> Result<Caps, String> {
    Caps::from_toml(text, Path::new(FILE), Some(Path::new(HOME))).map_err(|error| error.to_string())
}

/// `file:line:column: what is wrong`, the line itself, and what of it is wrong.
fn check_error(text: &str, error: &str) {
    let (line, column, message) = place(error);
    assert!(!message.is_empty(), "no message: {error}");
    // An error may stand after the last line.
    let mut lines = text.lines().chain([""]);
    let shown = lines.nth(line - 1).unwrap_or_else(|| panic!("there is no line {line} in {text:?}: {error}"));
    assert!(!error.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "a terminal might obey: {error:?}");
    let chars = shown.chars().count();
    assert!((1..=chars + 1).contains(&column), "column {column} of {shown:?}: {error}");
    let escape = |c: char| if c == '\t' { "\t".to_owned() } else { printable::name(&c.to_string()) };
    let printed: String = shown.chars().map(escape).collect();
    let (above, below) = error.rsplit_once('\n').unwrap();
    // Of a long line a part is shown.
    if chars <= 160 {
        assert!(above.ends_with(&format!("\n{line} | {printed}")), "the line is not shown: {error:?}");
    }
    let width = above.rsplit_once('\n').unwrap().1.chars().count();
    let carets = below.chars().rev().take_while(|c| *c == '^').count();
    assert!(carets >= 1 && below.chars().count() <= width + 1, "{carets} marked of {width}: {error:?}");
}

fn place(error: &str) -> (usize, usize, &str) {
    let rest = error.strip_prefix(FILE).and_then(|rest| rest.strip_prefix(':'));
    let mut parts = rest.unwrap_or_else(|| panic!("the file is not named: {error}")).splitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).filter(|number| *number > 0);
    let place = number().zip(number()).unwrap_or_else(|| panic!("no line and column: {error}"));
    (place.0, place.1, parts.next().unwrap_or_default().trim())
}

/// The same text one line further down has the same error one line further down.
fn check_shifted(text: &str, error: &str) {
    // A byte order mark is one at the very beginning only.
    if text.starts_with('\u{feff}') {
        return;
    }
    let shifted = parse(&format!("\n{text}")).expect_err("an empty line mends it");
    let ((line, column, _), (below, same, _)) = (place(error), place(&shifted));
    assert_eq!((line + 1, column), (below, same), "{error}\n{shifted}");
}

/// What was made of the text, held against a reading of it by other means.
fn check_meaning(text: &str, parsed: &Result<Caps, String>) {
    // Among those that cannot be read so are integers beyond 63 bits.
    let Ok(table) = toml::from_str::<Table>(text) else {
        return;
    };
    match (meaning(&table), parsed) {
        (Err(Doubt::Wrong(why)), Ok(_)) => panic!("accepted, but {why}: {text}"),
        (Ok(_), Err(error)) => panic!("refused: {error}\n{text}"),
        (Ok((enabled, limits)), Ok(caps)) => {
            assert_eq!(*caps.limits(), limits, "{text}");
            assert_eq!(caps.check_enabled().is_ok(), enabled, "{text}");
            check_refusals(caps, enabled);
        }
        (_, Err(_)) | (Err(Doubt::Unclear), Ok(_)) => {}
    }
}

/// What no manifest can grant.
fn check_refusals(caps: &Caps, enabled: bool) {
    for path in ["", "\0", "/no-such-folder/x\0.wasm"] {
        assert_eq!(caps.open_module(path).unwrap_err().kind, CapsErrorKind::Denied);
        assert_eq!(caps.open_preopen(path, Some(Access::Read)).unwrap_err().kind, CapsErrorKind::Denied);
    }
    if !enabled {
        for path in ["/", "/etc", "/etc/passwd", "~", "."] {
            assert_eq!(caps.open_module(path).unwrap_err().kind, CapsErrorKind::Denied);
            assert_eq!(caps.open_preopen(path, None).unwrap_err().kind, CapsErrorKind::Denied);
        }
    }
}
