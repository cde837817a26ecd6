//! What the command line says, and where.

use crate::printable;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// What is said where the runtime cannot be made.
pub(super) fn no_start(error: &std::io::Error) -> String {
    format!("the system gives no threads or no files to start with: {error}; see `ulimit -u` and `ulimit -n`")
}

/// Prints to stdout. A reader that has gone away has seen enough; any other failure is one.
pub(super) fn print(text: &str) -> Result<(), String> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("stdout cannot be written: {error}")),
        _ => Ok(()),
    }
}

/// A path of the command line as text that no terminal obeys: somebody else may have chosen the name.
pub(super) fn shown(path: &Path) -> String {
    printable::sentence(&path.to_string_lossy())
}

/// Prints to stderr, as text that no terminal obeys. Nobody is left to tell if that is gone.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable::lines(text));
}
