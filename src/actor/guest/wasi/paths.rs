//! What a guest does with paths, but for opening them: as the system does it, beneath a folder of the guest's.

use super::beneath::{NAME_ONLY, is_of_a_folder, open, place};
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, Stat, Timestamps, fstat, linkat, mkdirat, readlinkat, renameat, symlinkat, unlinkat,
    utimensat,
};
use rustix::io::{Errno, Result};
use std::fs::File;
use std::os::fd::AsRawFd as _;

/// For new folders, but for what the process's mask takes away.
const NEW_FOLDER: Mode = Mode::from_raw_mode(0o777);

pub(super) fn create_folder(folder: &File, path: &str) -> Result<()> {
    let place = place(folder, path)?;
    mkdirat(place.folder(), place.name, NEW_FOLDER)
}

pub(super) fn remove_folder(folder: &File, path: &str) -> Result<()> {
    let place = place(folder, path)?;
    unlinkat(place.folder(), place.name, AtFlags::REMOVEDIR)
}

pub(super) fn remove_file(folder: &File, path: &str) -> Result<()> {
    let place = place(folder, path)?;
    unlinkat(place.folder(), place.name, AtFlags::empty())
}

pub(super) fn rename(from: (&File, &str), to: (&File, &str)) -> Result<()> {
    let (from, to) = (place(from.0, from.1)?, place(to.0, to.1)?);
    renameat(from.folder(), from.name, to.folder(), to.name)
}

/// Makes another name for a file. That of a symbolic link becomes one of the link itself.
pub(super) fn link(from: (&File, &str), to: (&File, &str)) -> Result<()> {
    let found = open(from.0, from.1, NAME_ONLY | OFlags::NOFOLLOW)?;
    let to = place(to.0, to.1)?;
    if is_of_a_folder(from.1) {
        // The system says what becomes of a folder. It is not told the path, since it would follow a link there.
        return linkat(found, c".", to.folder(), to.name, AtFlags::empty());
    }
    let from = place(from.0, from.1)?;
    linkat(from.folder(), from.name, to.folder(), to.name, AtFlags::empty())
}

/// Makes a symbolic link. An absolute one would lead the guest nowhere, but other programs astray.
pub(super) fn symlink(target: &str, folder: &File, path: &str) -> Result<()> {
    if target.starts_with('/') {
        return Err(Errno::PERM);
    }
    let place = place(folder, path)?;
    symlinkat(target, place.folder(), place.name)
}

pub(super) fn read_link(folder: &File, path: &str) -> Result<Vec<u8>> {
    let link = open(folder, path, NAME_ONLY | OFlags::NOFOLLOW)?;
    match readlinkat(link, c"", Vec::new()) {
        Ok(target) => Ok(target.into_bytes()),
        // So the system says without a name.
        Err(Errno::NOENT) => Err(Errno::INVAL),
        Err(error) => Err(error),
    }
}

pub(super) fn stat(folder: &File, path: &str, follow: bool) -> Result<Stat> {
    fstat(open(folder, path, NAME_ONLY | no_follow(follow))?)
}

pub(super) fn set_times(folder: &File, path: &str, follow: bool, times: &Timestamps) -> Result<()> {
    let found = open(folder, path, NAME_ONLY | no_follow(follow))?;
    match utimensat(&found, c"", times, AtFlags::EMPTY_PATH) {
        // Linux before 5.8.
        Err(Errno::INVAL | Errno::NOENT) => {
            utimensat(CWD, format!("/proc/self/fd/{}", found.as_raw_fd()), times, AtFlags::empty())
        }
        set => set,
    }
}

fn no_follow(follow: bool) -> OFlags {
    if follow { OFlags::empty() } else { OFlags::NOFOLLOW }
}
