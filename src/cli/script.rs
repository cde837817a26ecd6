//! A script that `run` reads from standard input.

use crate::size;
use std::io::{Read, stdin};

/// What stands for it on the command line.
pub(super) const STDIN: &str = "-";
/// What comes from a pipe may have no end.
const BYTES_MAX: u64 = 64 << 20;

/// All of it.
///
/// # Errors
/// A sentence where it cannot be read, is no text or does not end.
pub(super) fn from_stdin() -> Result<String, String> {
    let mut source = String::new();
    let read = stdin().lock().take(BYTES_MAX + 1).read_to_string(&mut source);
    let bytes = read.map_err(|error| format!("the script cannot be read from standard input: {error}"))?;
    if bytes as u64 > BYTES_MAX {
        return Err(format!("the script on standard input has more than {}", size::text(BYTES_MAX)));
    }
    Ok(source)
}
