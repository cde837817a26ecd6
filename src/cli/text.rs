//! WebAssembly as text: what the command line is given in a file whose name ends in `.wat`, it assembles. Everything behind it, and every other
//! program, takes bytes.

use crate::limits::TEXT_BYTES_MAX;
use crate::place::Place;
use crate::printable;
use crate::size;
use std::path::Path;
use wast::Wat;
use wast::parser::{self, ParseBuffer};

/// The bytes of a module or a component: these, or what they come to if the file's name says that they are text.
///
/// # Errors
/// A text with the file, line and column and what is wrong there; below it the line itself, with a mark.
pub(super) fn assembled(file: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let is_text = file.extension().is_some_and(|extension| extension == "wat");
    // Whoever named a module so has its bytes all the same.
    if !is_text || bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let name = printable::sentence(&file.to_string_lossy());
    if bytes.len() > TEXT_BYTES_MAX {
        let bound = size::text(TEXT_BYTES_MAX as u64);
        return Err(format!(
            "{name} has more than {bound} of text: assemble it first, with `wasm-tools parse` or `wat2wasm`"
        ));
    }
    let text = str::from_utf8(&bytes).map_err(|_| format!("{name} is no text: it is not UTF-8"))?;
    assemble(text).map_err(|error| {
        let place = Place::new(text, error.span().offset()..error.span().offset() + 1);
        format!("{name}:{}: {}\n{}", place.position(), printable::sentence(&error.message()), place.picture())
    })
}

fn assemble(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = ParseBuffer::new(text)?;
    parser::parse::<Wat<'_>>(&buffer)?.encode()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
        assembled(Path::new(name), bytes.to_vec())
    }

    #[test]
    fn a_files_name_says_that_it_is_text() {
        let empty = b"\0asm\x01\0\0\0";
        assert_eq!(of("a/b.wat", b"(module)").unwrap(), empty);
        assert_eq!(of("b.wat", empty).unwrap(), empty);
        assert_eq!(of("b.wasm", b"(module)").unwrap(), b"(module)");
        assert!(of("b.wat", b"(component)").unwrap().starts_with(b"\0asm\x0d"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let error = of("b.wat", b"(module\n  (func\n\tcall $x))").unwrap_err();
        assert_eq!(error, "b.wat:3:7: unknown func: failed to find name `$x`\n3 | \tcall $x))\n  | \t     ^");
        for (text, said) in [
            (&b"(module"[..], "b.wat:1:8: expected"),
            (b"", "b.wat:1:1: "),
            (b"hello", "b.wat:1:1: "),
            (b"(module (func $\x1b[2J))", "b.wat:1:15: "),
            (b"\xff", "not UTF-8"),
        ] {
            let error = of("b.wat", text).unwrap_err();
            assert!(error.contains(said) && !error.contains('\x1b'), "{error}");
        }
        let deep = "(module (func ".to_owned() + &"(block ".repeat(100_000);
        assert!(of("b.wat", deep.as_bytes()).unwrap_err().starts_with("b.wat:1:"));
        assert!(of("b.wat", &vec![b' '; TEXT_BYTES_MAX + 1]).unwrap_err().contains("1.0 MiB"));
    }
}
