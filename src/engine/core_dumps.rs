//! Core dumps: one file for each trap, for the post-mortem tools.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Dumps that one process writes: a guest may trap a thousand times a second.
const DUMPS_MAX: usize = 100;
/// Characters of an instance's name that a file's name shows.
const NAME_CHARS_MAX: usize = 64;

/// Where core dumps go. They hold a guest's whole memory, so only the owner may read them.
#[derive(Debug)]
pub struct CoreDumps {
    folder: PathBuf,
    begun: AtomicUsize,
}

impl CoreDumps {
    /// Dumps into this folder, which is made when the first one is written.
    pub fn new(folder: PathBuf) -> Self {
        CoreDumps { folder, begun: AtomicUsize::new(0) }
    }

    /// Writes the dump of an instance and says so on stderr. Failing to is told there too, and is no error of the guest's.
    pub fn save(&self, name: &str, id: u64, dump: impl FnOnce() -> Vec<u8>) {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        if number > DUMPS_MAX {
            if number == DUMPS_MAX + 1 {
                say(&format!("no core dumps after the {DUMPS_MAX} that have been written"));
            }
            return;
        }
        let path = self.folder.join(format!("{}-{id}-{number}.coredump", file_name(name)));
        match self.write(&path, dump) {
            Ok(()) => say(&format!("core dump of the instance {name:?} written to {}", path.display())),
            Err(error) => say(&format!("the core dump {} cannot be written: {error}", path.display())),
        }
    }

    fn write(&self, path: &std::path::Path, dump: impl FnOnce() -> Vec<u8>) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&dump())
    }
}

fn say(text: &str) {
    // Nobody is left to tell if stderr is gone.
    let _ = writeln!(io::stderr(), "{text}");
}

/// What is harmless in a file's name; anything else becomes `_`.
fn file_name(name: &str) -> String {
    let harmless = |(index, c): (usize, char)| match c {
        '.' if index > 0 => c,
        _ if c.is_ascii_alphanumeric() || c == '-' || c == '_' => c,
        _ => '_',
    };
    name.chars().take(NAME_CHARS_MAX).enumerate().map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_stays_in_its_folder_whatever_the_instance_is_called() {
        assert_eq!(file_name("../../etc/passwd"), "_._.._etc_passwd");
        assert_eq!(file_name("a b\0\n"), "a_b__");
        assert_eq!(file_name(&"x".repeat(1000)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn the_number_of_dumps_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let dumps = CoreDumps::new(folder.path().join("new/folder"));
        for _ in 0..DUMPS_MAX + 5 {
            dumps.save("guest", 1, || b"dump".to_vec());
        }
        assert_eq!(fs::read_dir(folder.path().join("new/folder")).unwrap().count(), DUMPS_MAX);
    }
}
