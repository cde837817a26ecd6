//! What a guest is told of what it has open, and of files: kinds, sizes, times, and what it may do with them.

use super::descriptors::Descriptor;
use super::errno::errno;
use super::file::OpenFile;
use super::folder::{OpenFolder, filetype};
use super::listing::shown_inode;
use super::streams::Input;
use rustix::fs::{FileType, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat};
use wasmtime_wasi::p1::types::{Errno, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Rights};

const SECOND: u64 = 1_000_000_000;
/// The number of the one device that guests see.
const DEVICE: u64 = 1;

/// What changes a folder.
const CHANGES: Rights = Rights::PATH_CREATE_DIRECTORY
    .union(Rights::PATH_CREATE_FILE)
    .union(Rights::PATH_LINK_SOURCE)
    .union(Rights::PATH_LINK_TARGET)
    .union(Rights::PATH_RENAME_SOURCE)
    .union(Rights::PATH_RENAME_TARGET)
    .union(Rights::PATH_SYMLINK)
    .union(Rights::PATH_REMOVE_DIRECTORY)
    .union(Rights::PATH_UNLINK_FILE)
    .union(Rights::PATH_FILESTAT_SET_TIMES)
    .union(Rights::FD_FILESTAT_SET_TIMES);
/// What only looks at one.
const LOOKS: Rights = Rights::PATH_OPEN
    .union(Rights::FD_READDIR)
    .union(Rights::PATH_READLINK)
    .union(Rights::PATH_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_GET);
/// What can be done with files in it, but for changing them. Allocation is part of this, so that an opening for writing can be
/// told from another where a C library leaves out what it lacks: see `open`.
const FILES: Rights = Rights::FD_DATASYNC
    .union(Rights::FD_READ)
    .union(Rights::FD_SEEK)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_SYNC)
    .union(Rights::FD_TELL)
    .union(Rights::FD_ADVISE)
    .union(Rights::FD_ALLOCATE)
    .union(Rights::POLL_FD_READWRITE);
/// What changes files. C libraries take these of a folder for what `access` says of all that is in it.
const FILE_CHANGES: Rights = Rights::FD_WRITE.union(Rights::FD_FILESTAT_SET_SIZE).union(Rights::FD_FILESTAT_SET_TIMES);

pub(super) fn fdstat(descriptor: &Descriptor) -> Fdstat {
    match descriptor {
        Descriptor::Input(input) => {
            let seekable = if input.is_file() { Rights::FD_SEEK | Rights::FD_TELL } else { Rights::empty() };
            of_stream(stream_type(input.is_terminal(), input.is_file()), Rights::FD_READ | seekable)
        }
        Descriptor::Output(output) => of_stream(stream_type(output.is_terminal(), false), Rights::FD_WRITE),
        Descriptor::Folder(folder) => of_folder(folder),
        Descriptor::File(file) => of_file(file),
    }
}

fn of_stream(fs_filetype: Filetype, rights: Rights) -> Fdstat {
    Fdstat { fs_filetype, fs_flags: Fdflags::empty(), fs_rights_base: rights, fs_rights_inheriting: rights }
}

fn stream_type(is_terminal: bool, is_file: bool) -> Filetype {
    match (is_terminal, is_file) {
        (true, _) => Filetype::CharacterDevice,
        (_, true) => Filetype::RegularFile,
        _ => Filetype::Unknown,
    }
}

fn of_folder(folder: &OpenFolder) -> Fdstat {
    let (changes, file_changes) =
        if folder.changes.are_allowed { (CHANGES, FILE_CHANGES) } else { (Rights::empty(), Rights::empty()) };
    let fs_rights_base = LOOKS | changes;
    Fdstat {
        fs_filetype: Filetype::Directory,
        fs_flags: Fdflags::empty(),
        fs_rights_base,
        fs_rights_inheriting: fs_rights_base | FILES | file_changes,
    }
}

fn of_file(file: &OpenFile) -> Fdstat {
    let mut rights = Rights::all();
    if !file.readable {
        rights &= !(Rights::FD_READ | Rights::FD_READDIR);
    }
    if !file.writable {
        rights &= !(Rights::FD_WRITE | Rights::FD_FILESTAT_SET_SIZE | Rights::FD_ALLOCATE);
    }
    if !file.changes.are_allowed {
        rights &= !(CHANGES | FILE_CHANGES);
    }
    Fdstat {
        fs_filetype: Filetype::RegularFile,
        fs_flags: file.flags,
        fs_rights_base: rights,
        fs_rights_inheriting: rights,
    }
}

pub(super) fn filestat_of(descriptor: &Descriptor) -> Result<Filestat, Errno> {
    match descriptor {
        Descriptor::Folder(folder) => fstat(&folder.handle).map(|stat| filestat(&stat)).map_err(errno),
        Descriptor::File(file) => fstat(&file.file).map(|stat| filestat(&stat)).map_err(errno),
        Descriptor::Input(Input::Host(input)) if input.is_file() => {
            fstat(input.fd()).map(|stat| filestat(&stat)).map_err(errno)
        }
        Descriptor::Input(input) => Ok(filestat_of_stream(input.is_terminal())),
        Descriptor::Output(output) => Ok(filestat_of_stream(output.is_terminal())),
    }
}

fn filestat_of_stream(is_terminal: bool) -> Filestat {
    let filetype = stream_type(is_terminal, false);
    Filestat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 }
}

// Numbers of links have fewer bits on some machines.
#[allow(clippy::useless_conversion)]
pub(super) fn filestat(stat: &Stat) -> Filestat {
    Filestat {
        dev: DEVICE,
        ino: shown_inode(stat.st_dev, stat.st_ino),
        filetype: filetype(FileType::from_raw_mode(stat.st_mode)),
        nlink: stat.st_nlink.into(),
        size: stat.st_size as u64,
        atim: nanoseconds(stat.st_atime, stat.st_atime_nsec),
        mtim: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        ctim: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// What lies before 1970 has no number.
fn nanoseconds(seconds: i64, rest: u64) -> u64 {
    u64::try_from(seconds).map_or(0, |seconds| seconds.saturating_mul(SECOND).saturating_add(rest))
}

/// The times to set.
pub(super) fn timestamps(atim: u64, mtim: u64, flags: Fstflags) -> Result<Timestamps, Errno> {
    let last_access = timestamp(atim, flags, Fstflags::ATIM, Fstflags::ATIM_NOW)?;
    let last_modification = timestamp(mtim, flags, Fstflags::MTIM, Fstflags::MTIM_NOW)?;
    Ok(Timestamps { last_access, last_modification })
}

fn timestamp(time: u64, flags: Fstflags, set: Fstflags, now: Fstflags) -> Result<Timespec, Errno> {
    match (flags.contains(set), flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Timespec { tv_sec: (time / SECOND) as i64, tv_nsec: (time % SECOND) as i64 }),
        (false, true) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        (false, false) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
    }
}
