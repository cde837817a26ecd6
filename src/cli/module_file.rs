//! Reads the module that a command is given: a regular file, and no more of it than the bound. Text is assembled.

use super::mistaken::is_script;
use super::output::shown;
use super::text::assembled;
use crate::limits::MODULE_BYTES_MAX;
use crate::regular_file::{self, Unread};
use crate::size;
use clap::Args;
use std::path::Path;

/// How large a module may be.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Bound {
    /// Refuse a module of more bytes than this; a number, or one with a unit such as 64MiB
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = parse_size)]
    max_module_bytes: u64,
}

fn parse_size(text: &str) -> Result<u64, String> {
    let plain = || text.parse().ok().filter(|bytes| *bytes > 0);
    size::parse(text)
        .or_else(plain)
        .ok_or_else(|| "expected a size of 1 or more: a number of bytes, or one with a unit such as 64MiB".to_owned())
}

impl Bound {
    pub(super) fn bytes(self) -> u64 {
        self.max_module_bytes
    }

    /// The bytes of the module or the component in a file.
    ///
    /// # Errors
    /// A sentence that names the file, where it cannot be read, is no regular file or a script, has too many bytes, or is text that is wrong.
    pub(super) fn read(self, path: &Path) -> Result<Vec<u8>, String> {
        let name = shown(path);
        let limit = self.max_module_bytes;
        let bytes = regular_file::read(path, limit).map_err(|why| match why {
            // What was read to the bound has an unknown length.
            Unread::TooLong => format!("{name} has more than {limit} bytes, the limit that --max-module-bytes sets"),
            why => format!("{name} cannot be read: {why}"),
        })?;
        if is_script(path) && !bytes.starts_with(b"\0asm") {
            return Err(format!("{name} is a script, not WebAssembly: `runtime-wasm run {name}` runs it"));
        }
        assembled(path, bytes)
    }
}

const _: () = assert!(MODULE_BYTES_MAX == 64 << 20, "the flag's default says 64MiB");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_numbers_with_or_without_a_unit() {
        assert_eq!((parse_size("1MiB"), parse_size("7")), (Ok(1 << 20), Ok(7)));
        for bad in ["", "0", "-1", "MiB", "64 megabytes", "1e9", "18446744073709551616"] {
            assert!(parse_size(bad).unwrap_err().contains("1 or more"), "{bad}");
        }
    }
}
