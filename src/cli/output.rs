//! What the command line says, and where.

use crate::printable;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Names that a message lists at most.
const NAMED_MAX: usize = 8;

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

/// The first of these names, for the end of a sentence; nothing where there is none.
pub(super) fn listed(mut names: impl Iterator<Item = String>) -> String {
    let first: Vec<String> = names.by_ref().take(NAMED_MAX).map(|name| printable::name(&name)).collect();
    if first.is_empty() {
        return String::new();
    }
    let more = if names.next().is_some() { ", ..." } else { "" };
    format!(": {}{more}", first.join(", "))
}
