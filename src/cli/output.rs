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

/// A word for a line that somebody may copy into a shell.
pub(super) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_a_shell_is_one_word() {
        for (word, quoted) in
            [("a/b-1.ts", "a/b-1.ts"), ("my app", "'my app'"), ("it's", r"'it'\''s'"), ("$(x)", "'$(x)'"), ("", "''")]
        {
            assert_eq!(shell_word(word), quoted);
        }
    }
}
