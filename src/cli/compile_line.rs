//! The line that says on a terminal what is being compiled, for what takes more than a second.

use crate::printable;
use crate::registry::{CompileNews, CompileWatch};
use crate::size;
use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

/// Characters of a name that are shown: the line must not become two.
const NAME_CHARS_MAX: usize = 48;
/// Takes away what stands from the cursor to the end of its line.
const ERASE: &str = "\x1b[K";

/// Nothing where nobody looks at a terminal.
pub(super) fn compile_line() -> Option<CompileWatch> {
    stderr().is_terminal().then(|| CompileWatch::new(show))
}

/// The cursor stays where the line begins, so whatever is printed meanwhile stands in its place.
fn show(news: CompileNews) {
    let text = match news {
        CompileNews::GoesOn { name, bytes, elapsed } => format!("{}{ERASE}\r", line(name, bytes, elapsed)),
        CompileNews::Over => ERASE.to_owned(),
    };
    let mut terminal = stderr().lock();
    // Nobody is left to tell if it is gone.
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

fn line(name: &str, bytes: usize, elapsed: Duration) -> String {
    let name = printable::sentence(name);
    let short: String = name.chars().take(NAME_CHARS_MAX).collect();
    let more = if short.len() < name.len() { "..." } else { "" };
    format!("compiling {short}{more} ({}), {} s", size::text(bytes as u64), elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_whatever_the_name() {
        let short = line("the module \"a.wasm\"", 3 << 20, Duration::from_millis(2_900));
        assert_eq!(short, "compiling the module \"a.wasm\" (3.0 MiB), 2 s");
        for name in ["x".repeat(5000), "\x1b[2J\nrm -rf\r".repeat(50)] {
            let long = line(&name, 1, Duration::from_secs(1));
            assert!(long.chars().count() < 80 && !long.contains(['\n', '\r', '\x1b']), "{long:?}");
        }
    }
}
