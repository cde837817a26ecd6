//! Core dumps: one file for each trap, for the post-mortem tools.

use crate::printable;
use rustix::fs::{AtFlags, Mode, OFlags, open, openat, unlinkat};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Dumps that one host writes: a guest may trap a thousand times a second.
const DUMPS_MAX: usize = 100;
/// Names that are tried for one dump.
const NAMES_MAX: u32 = 16;
/// Characters of an instance's name that a file's name shows.
const NAME_CHARS_MAX: usize = 64;

/// Where core dumps go. They hold a guest's whole memory, so only the owner may read them.
#[derive(Debug)]
pub struct CoreDumps {
    folder: PathBuf,
    /// The folder itself: a guest that may write around it could put a link in its place. Or why there is none.
    opened: Result<OwnedFd, String>,
    begun: AtomicUsize,
}

impl CoreDumps {
    /// Dumps into this folder, which is made if need be. That it cannot be is told when the first one is to be written.
    pub fn new(folder: PathBuf) -> Self {
        let opened = open_folder(&folder).map_err(|error| error.to_string());
        CoreDumps { folder, opened, begun: AtomicUsize::new(0) }
    }

    /// Writes the dump of an instance and says so on stderr. Failing to is told there too, and is no error of the guest's.
    pub fn save<D: AsRef<[u8]>>(&self, name: &str, id: u64, dump: impl FnOnce() -> io::Result<D>) {
        let number = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        if number > DUMPS_MAX {
            if number == DUMPS_MAX + 1 {
                say(&format!("no core dumps after the {DUMPS_MAX} that have been written"));
            }
            return;
        }
        let stem = format!("{}-{id}-{number}", file_name(name));
        let shown = |file: &str| printable::sentence(&self.folder.join(file).to_string_lossy());
        match self.write(&stem, dump) {
            Ok(file) => {
                say(&format!("core dump of the instance \"{}\" written to {}", printable::name(name), shown(&file)))
            }
            Err(error) => say(&format!("the core dump {} cannot be written: {error}", shown(&stem))),
        }
    }

    /// Gives the file's name.
    fn write<D: AsRef<[u8]>>(&self, stem: &str, dump: impl FnOnce() -> io::Result<D>) -> Result<String, String> {
        let folder = self.opened.as_ref().map_err(String::clone)?;
        let dump = dump().map_err(|error| error.to_string())?;
        let (name, file) = create(folder, stem).map_err(|error| error.to_string())?;
        File::from(file).write_all(dump.as_ref()).map_err(|error| {
            // Half of a dump is none.
            let _ = unlinkat(folder, &name, AtFlags::empty());
            error.to_string()
        })?;
        Ok(name)
    }
}

/// A file that was not there. Other runs, and other hosts, have instances of the same names and numbers: then the time is in the name, too.
fn create(folder: &OwnedFd, stem: &str) -> io::Result<(String, OwnedFd)> {
    let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut name = format!("{stem}.coredump");
    for _ in 1..NAMES_MAX {
        match openat(folder, &name, new, Mode::RUSR | Mode::WUSR) {
            Err(Errno::EXIST) => {}
            opened => return Ok((name, opened?)),
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        name = format!("{stem}-{}.coredump", now.as_nanos());
    }
    Err(Errno::EXIST.into())
}

fn open_folder(folder: &Path) -> io::Result<OwnedFd> {
    fs::create_dir_all(folder)?;
    Ok(open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
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
    fn a_link_in_place_of_the_folder_leads_no_dump_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let [folder, moved, elsewhere] = ["dumps", "moved", "elsewhere"].map(|name| place.path().join(name));
        fs::create_dir(&elsewhere).unwrap();
        let dumps = CoreDumps::new(folder.clone());
        fs::rename(&folder, &moved).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &folder).unwrap();
        dumps.save("guest", 1, || Ok(b"dump"));
        let count = |folder| fs::read_dir(folder).unwrap().count();
        assert_eq!((count(&moved), count(&elsewhere)), (1, 0));
    }

    #[test]
    fn the_number_of_dumps_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let dumps = CoreDumps::new(folder.path().join("new/folder"));
        for _ in 0..DUMPS_MAX + 5 {
            dumps.save("guest", 1, || Ok(b"dump"));
        }
        assert_eq!(fs::read_dir(folder.path().join("new/folder")).unwrap().count(), DUMPS_MAX);
    }

    #[test]
    fn no_dump_is_lost_to_one_of_another_run_or_host_that_has_its_name() {
        let folder = tempfile::tempdir().unwrap();
        // Each counts from one, as another process does.
        let hosts: Vec<_> = (0..8).map(|_| CoreDumps::new(folder.path().to_owned())).collect();
        std::thread::scope(|scope| {
            for (number, host) in hosts.iter().enumerate() {
                scope.spawn(move || (0..5).for_each(|_| host.save("guest", 1, || Ok([number as u8; 9]))));
            }
        });
        let mut dumps: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        dumps.sort();
        let expected: Vec<_> = (0..40).map(|dump| vec![dump / 5; 9]).collect();
        assert_eq!(dumps, expected);
        assert!(folder.path().join("guest-1-1.coredump").exists());
    }

    #[test]
    fn a_dump_that_cannot_be_made_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        CoreDumps::new(folder.path().to_owned()).save("guest", 1, || Err::<Vec<u8>, _>(io::Error::other("too large")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
