//! Reads the module that a command is given: a regular file, and no more of it than the bound. Text is assembled.

use super::mistaken::is_script;
use super::output::shown;
use super::text::assembled;
use crate::limits::MODULE_BYTES_MAX;
use crate::size;
use clap::Args;
use rustix::fs::{Mode, OFlags, open};
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
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
        let unreadable = |error: io::Error| format!("{name} cannot be read: {error}");
        // Looked at before it is opened, since opening alone sets some devices going; and once more after, since it may be another
        // file by then.
        regular(&std::fs::metadata(path).map_err(unreadable)?).map_err(|what| not_a_file(&name, what))?;
        // Nothing here waits for somebody at the other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(open(path, flags, Mode::empty()).map_err(|error| unreadable(error.into()))?);
        let metadata = file.metadata().map_err(unreadable)?;
        regular(&metadata).map_err(|what| not_a_file(&name, what))?;
        self.check(&name, metadata.len())?;
        let mut bytes = Vec::new();
        let wanted = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        bytes.try_reserve_exact(wanted).map_err(|error| unreadable(io::Error::other(error)))?;
        // It may grow meanwhile, and those of /proc say that they are empty.
        file.take(self.max_module_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        self.check(&name, bytes.len() as u64)?;
        if is_script(path) && !bytes.starts_with(b"\0asm") {
            return Err(format!("{name} is a script, not WebAssembly: `runtime-wasm run {name}` runs it"));
        }
        assembled(path, bytes)
    }

    fn check(self, name: &str, bytes: u64) -> Result<(), String> {
        let limit = self.max_module_bytes;
        if bytes <= limit {
            return Ok(());
        }
        // What was read to the bound has an unknown length.
        Err(format!("{name} has more than {limit} bytes, the limit that --max-module-bytes sets"))
    }
}

fn not_a_file(name: &str, what: &str) -> String {
    format!("{name} cannot be read: it is {what}, not a regular file")
}

/// What it is instead of a regular file.
fn regular(metadata: &Metadata) -> Result<(), &'static str> {
    let kind: FileType = metadata.file_type();
    match () {
        () if kind.is_file() => Ok(()),
        () if kind.is_dir() => Err("a folder"),
        () if kind.is_fifo() => Err("a pipe"),
        () if kind.is_socket() => Err("a socket"),
        () => Err("a device"),
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
