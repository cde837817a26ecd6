//! A folder that nobody else can write to, nor put another one in the place of.

use super::key::is_ours;
use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, fchmod, fstat, mkdirat, open, openat, readlinkat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Links on one path at most.
const LINKS_MAX: usize = 40;
const WRITABLE_BY_OTHERS: u32 = 0o022;
const STICKY: u32 = 0o1000;
const FOR_US_ALONE: Mode = Mode::RWXU;

/// An opened folder of our own.
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// Opens it; `None` if there is none.
    ///
    /// # Errors
    /// If it, or a folder or link on the way, belongs to or can be written by somebody else than us and the superuser.
    pub(super) fn open(path: &Path) -> io::Result<Option<Folder>> {
        match walk(path, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            walked => walked.map(Some),
        }
    }

    /// Opens it, and makes it and the folders above it where there are none.
    ///
    /// # Errors
    /// As for [`Folder::open`]; and if it cannot be made.
    pub(super) fn make(path: &Path) -> io::Result<Folder> {
        walk(path, true)
    }

    /// Removes a file, or an empty folder that stands in the place of one.
    pub(super) fn remove(&self, name: impl AsRef<OsStr>) -> io::Result<()> {
        match unlinkat(&self.0, name.as_ref(), AtFlags::empty()) {
            Err(Errno::ISDIR | Errno::PERM) => Ok(unlinkat(&self.0, name.as_ref(), AtFlags::REMOVEDIR)?),
            removed => Ok(removed?),
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn refused(path: &Path, why: &str) -> io::Error {
    let text = format!("{} {why}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

/// Goes down the path step by step, from one opened folder to the next, so that what was judged is what is used.
fn walk(path: &Path, make: bool) -> io::Result<Folder> {
    let mut steps: Vec<OsString> = steps_of(path)?;
    let mut here = open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let (mut place, mut links) = (PathBuf::from("/"), 0);
    while let Some(step) = steps.pop() {
        let found = match statat(&here, &step, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) if make => {
                match mkdirat(&here, &step, FOR_US_ALONE) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                statat(&here, &step, AtFlags::SYMLINK_NOFOLLOW)?
            }
            found => found?,
        };
        let there = place.join(&step);
        if !is_ours_or_roots(found.st_uid) {
            return Err(refused(&there, "belongs to somebody else"));
        }
        if FileType::from_raw_mode(found.st_mode) == FileType::Symlink {
            links += 1;
            if links > LINKS_MAX {
                return Err(refused(&there, "is one link too many"));
            }
            let target = PathBuf::from(OsStr::from_bytes(readlinkat(&here, &step, Vec::new())?.as_bytes()).to_owned());
            let target = if target.is_absolute() { target } else { place.join(target) };
            // From the top, since `..` of a link is not the folder that we have come from.
            let rest: PathBuf = steps.iter().rev().collect();
            steps = steps_of(&target.join(rest))?;
            here = open("/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
            place = PathBuf::from("/");
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // A folder on the way need not be readable.
        let flags = if steps.is_empty() { flags } else { flags | OFlags::PATH };
        here = openat(&here, &step, flags, Mode::empty())?;
        place = there;
        judge(&here, &place, steps.is_empty())?;
    }
    Ok(Folder(here))
}

/// The steps of a path from the root, the first one last.
fn steps_of(path: &Path) -> io::Result<Vec<OsString>> {
    let mut steps = Vec::new();
    for part in path.components() {
        match part {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => steps.push(name.to_owned()),
            // What it means depends on links before it, which have been resolved where it comes from one.
            Component::ParentDir => drop(steps.pop()),
            Component::Prefix(_) => return Err(refused(path, "is no path of this system")),
        }
    }
    steps.reverse();
    if !path.is_absolute() || steps.is_empty() {
        return Err(refused(path, "is no absolute path of a folder"));
    }
    Ok(steps)
}

fn is_ours_or_roots(owner: u32) -> bool {
    owner == 0 || owner == geteuid().as_raw()
}

/// May what is in this folder be trusted, as far as the folder goes?
fn judge(folder: &OwnedFd, place: &Path, is_last: bool) -> io::Result<()> {
    let found = fstat(folder)?;
    if !is_ours_or_roots(found.st_uid) {
        return Err(refused(place, "belongs to somebody else"));
    }
    let writable = found.st_mode & WRITABLE_BY_OTHERS != 0;
    if !is_last {
        // Where it is sticky, others cannot touch what is ours.
        let others_may_change_it = writable && found.st_mode & STICKY == 0;
        return if others_may_change_it { Err(refused(place, "can be written by others")) } else { Ok(()) };
    }
    if found.st_uid != geteuid().as_raw() {
        return Err(refused(place, "does not belong to this user"));
    }
    if writable {
        return Err(refused(place, "can be written by others: remove it, it is made anew"));
    }
    if found.st_mode & 0o077 != 0 && holds_only_entries(folder)? {
        fchmod(folder, FOR_US_ALONE)?;
    }
    Ok(())
}

/// Is it a folder of the cache's own? Who has named one with other things in it did not ask for these to be hidden from others: what entries
/// say nobody else can read in any case.
fn holds_only_entries(folder: &OwnedFd) -> io::Result<bool> {
    for item in Dir::read_from(folder)? {
        let item = item?;
        let name = item.file_name().to_bytes();
        if ![&b"."[..], b".."].contains(&name) && !is_ours(name) {
            return Ok(false);
        }
    }
    Ok(true)
}
