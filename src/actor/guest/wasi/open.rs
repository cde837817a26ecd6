//! `path_open`, guarded: a guest opens regular files and folders, and only so many.
//!
//! Opening a FIFO waits for its other end, and nobody can call that back; a device may do anything. Neither is opened: the kind is
//! asked for first, and the opening itself waits for nobody, so that what is renamed into place in between does no harm. Descriptors are
//! the process's, and it keeps some for itself.

use super::beneath::{NAME_ONLY, open};
use super::descriptors::Descriptor;
use super::errno::errno;
use super::file::OpenFile;
use super::file_room::has_room_for_a_file;
use super::folder::OpenFolder;
use rustix::fs::{FileType, OFlags, fcntl_setfl, fstat};
use std::fs::File;
use wasmtime_wasi::p1::types::{Errno, Fdflags, Oflags, Rights};

/// How to open something.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) follow: bool,
    pub(super) oflags: Oflags,
    pub(super) rights: Rights,
    pub(super) flags: Fdflags,
}

impl How {
    fn reads(self) -> bool {
        // What is opened neither way can be asked about, which the system calls reading.
        self.rights.contains(Rights::FD_READ) || !self.writes()
    }

    fn writes(self) -> bool {
        self.rights.contains(Rights::FD_WRITE)
    }

    /// Would it change something, or permit to? A C library asks for no right that the folder does not have, so of an opening for
    /// writing beneath a folder to be read only this one is left.
    fn changes(self) -> bool {
        self.rights.intersects(Rights::FD_WRITE | Rights::FD_ALLOCATE)
            || self.oflags.intersects(Oflags::CREAT | Oflags::TRUNC)
    }

    fn system(self) -> OFlags {
        let mut flags = match (self.reads(), self.writes()) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        flags.set(OFlags::NOFOLLOW, !self.follow);
        flags.set(OFlags::CREATE, self.oflags.contains(Oflags::CREAT));
        flags.set(OFlags::EXCL, self.oflags.contains(Oflags::CREAT | Oflags::EXCL));
        flags.set(OFlags::TRUNC, self.oflags.contains(Oflags::TRUNC));
        flags.set(OFlags::DIRECTORY, self.oflags.contains(Oflags::DIRECTORY));
        flags.set(OFlags::APPEND, self.flags.contains(Fdflags::APPEND));
        flags.set(OFlags::DSYNC, self.flags.contains(Fdflags::DSYNC));
        flags |= if self.flags.intersects(Fdflags::SYNC | Fdflags::RSYNC) { OFlags::SYNC } else { OFlags::empty() };
        flags | OFlags::NONBLOCK | OFlags::NOCTTY
    }
}

/// Opens a file or a folder.
pub(super) fn open_in(folder: &OpenFolder, path: &str, how: How) -> Result<Descriptor, Errno> {
    let made = Oflags::CREAT | Oflags::EXCL | Oflags::TRUNC;
    if how.oflags.contains(Oflags::DIRECTORY) && how.oflags.intersects(made) {
        return Err(Errno::Inval);
    }
    if how.changes() {
        folder.changes.begin()?;
    }
    if !has_room_for_a_file() {
        return Err(Errno::Nfile);
    }
    let follow = if how.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
    // Whatever is wrong with it, the opening itself will say.
    let found = open(&folder.handle, path, NAME_ONLY | follow).and_then(fstat);
    if found.is_ok_and(|found| is_refused(FileType::from_raw_mode(found.st_mode))) {
        return Err(Errno::Nxio);
    }
    let opened = open(&folder.handle, path, how.system()).map_err(errno)?;
    match kind(&opened)? {
        FileType::Directory => Ok(Descriptor::Folder(OpenFolder::new(opened, folder.changes.clone(), None))),
        FileType::RegularFile => {
            // Only the opening was not to wait.
            fcntl_setfl(&opened, how.system() & OFlags::APPEND).map_err(errno)?;
            Ok(Descriptor::File(OpenFile {
                file: opened,
                readable: how.reads(),
                writable: how.writes(),
                changes: folder.changes.clone(),
                flags: how.flags,
            }))
        }
        _ => Err(Errno::Nxio),
    }
}

fn kind(file: &File) -> Result<FileType, Errno> {
    fstat(file).map(|stat| FileType::from_raw_mode(stat.st_mode)).map_err(errno)
}

fn is_refused(kind: FileType) -> bool {
    !matches!(kind, FileType::RegularFile | FileType::Directory | FileType::Symlink)
}
