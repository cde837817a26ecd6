//! What has to go when there is too much.

use super::folder::Folder;
use super::key::{UNFINISHED, is_ours};
use rustix::fs::{AtFlags, Dir, FileType, statat};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::time::{Duration, SystemTime};

/// An entry that is still being written after so long is not: its process has died.
const WRITING_MAX: Duration = Duration::from_secs(600);

/// An entry, or what was to become one.
pub(super) struct Entry {
    name: OsString,
    pub(super) bytes: u64,
    used: Duration,
    is_unfinished: bool,
}

/// All entries in the folder. What else somebody keeps there is nobody's to remove.
pub(super) fn entries(folder: &Folder) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for item in Dir::read_from(folder)? {
        let name = OsString::from_vec(item?.file_name().to_bytes().to_vec());
        if !is_ours(name.as_encoded_bytes()) {
            continue;
        }
        // Others may have removed it meanwhile.
        let Ok(stat) = statat(folder, &name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            continue;
        }
        let used =
            Duration::new(u64::try_from(stat.st_mtime).unwrap_or(0), u32::try_from(stat.st_mtime_nsec).unwrap_or(0));
        let is_unfinished = name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes());
        found.push(Entry { name, bytes: u64::try_from(stat.st_size).unwrap_or(0), used, is_unfinished });
    }
    Ok(found)
}

/// What may go, and in which order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// Left by a process that has died: in any case.
    Lost,
    /// An entry, by when it was used.
    Kept(Duration),
    /// What some process is writing: never for another entry.
    Written,
}

fn turn(entry: &Entry, now: Duration) -> Turn {
    // The clock may have been set back: what is of a time to come says nothing of when it was used, or begun.
    let is_to_come = entry.used > now;
    match entry.is_unfinished {
        true if entry.used + WRITING_MAX < now || entry.used > now + WRITING_MAX => Turn::Lost,
        true => Turn::Written,
        false => Turn::Kept(if is_to_come { Duration::ZERO } else { entry.used }),
    }
}

/// Removes what was used least recently, until no more than so many bytes are left. What others are writing stays.
pub(super) fn make_room(folder: &Folder, bytes_max: u64) -> io::Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut entries: Vec<_> = entries(folder)?.into_iter().map(|entry| (turn(&entry, now), entry)).collect();
    entries.sort_by_key(|(turn, _)| *turn);
    let mut bytes: u64 = entries.iter().map(|(_, entry)| entry.bytes).sum();
    for (turn, entry) in &entries {
        if *turn == Turn::Written || (bytes <= bytes_max && *turn != Turn::Lost) {
            break;
        }
        remove(folder, entry)?;
        bytes = bytes.saturating_sub(entry.bytes);
    }
    Ok(())
}

/// Removes all entries.
pub(super) fn remove_all(folder: &Folder) -> io::Result<()> {
    entries(folder)?.iter().try_for_each(|entry| remove(folder, entry))
}

/// Others may have been faster.
fn remove(folder: &Folder, entry: &Entry) -> io::Result<()> {
    match folder.remove(&entry.name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
