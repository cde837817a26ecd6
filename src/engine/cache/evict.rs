//! What has to go when there is too much.

use super::folder::Folder;
use rustix::fs::{AtFlags, Dir, FileType, statat};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::time::{Duration, SystemTime};

/// The prefix of entries that are being written.
pub(super) const UNFINISHED: &str = "new-";
/// An entry that is still being written after so long is not: its process has died.
const WRITING_MAX: Duration = Duration::from_secs(600);

/// An entry, or what was to become one.
pub(super) struct Entry {
    name: OsString,
    pub(super) bytes: u64,
    used: Duration,
    is_unfinished: bool,
}

/// All that is in the folder.
pub(super) fn entries(folder: &Folder) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    for item in Dir::read_from(folder)? {
        let name = OsString::from_vec(item?.file_name().to_bytes().to_vec());
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

/// Removes what was used least recently, until no more than so many bytes are left.
pub(super) fn make_room(folder: &Folder, bytes_max: u64) -> io::Result<()> {
    let mut entries = entries(folder)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let is_lost = |entry: &Entry| entry.is_unfinished && now.saturating_sub(entry.used) > WRITING_MAX;
    entries.sort_by_key(|entry| (!is_lost(entry), entry.used));
    let mut bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    for entry in &entries {
        if bytes <= bytes_max && !is_lost(entry) {
            break;
        }
        match folder.remove(&entry.name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => bytes = bytes.saturating_sub(entry.bytes),
        }
    }
    Ok(())
}
