//! The app's own files: what `[capabilities.fs]` grants, opened.
//!
//! A path is judged by what it really is, and what is opened is opened beneath the folder that the grant holds, name by name and through no
//! symlink; what has changed between the two is judged again. Nothing here waits for the other end of a pipe, and no device is opened.

use super::audit::Audit;
use super::grant::{self, Grant, Last, Wanted};
use super::resolve::{STEP, open_beneath};
use super::{Caps, printable};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, ftruncate, openat, statat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// For a file of whichever kind: opening it waits for nobody, and makes no terminal the process's own.
const SAFE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// What is to be done with a file of the app's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FsRight {
    /// To look, as `read` grants it.
    Read,
    /// To make, change, rename or remove, as `write` grants it.
    Write,
}

impl FsRight {
    fn note(self, audit: &Audit, path: &Path) {
        match self {
            FsRight::Read => audit.read(path),
            FsRight::Write => audit.write(path),
        }
    }
}

/// Why a path of the app's is not opened.
#[derive(Debug, thiserror::Error)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum FsError {
    /// It is not granted. The sentence names the path and the manifest's key, and is the same whether or not the path exists.
    #[error("{0}")]
    Denied(String),
    /// It is granted, and cannot be opened.
    #[error("{0}")]
    Failed(io::Error),
}

/// How a file is opened to be written.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Writing {
    /// What is written comes after what is there; without this, in its place.
    pub append: bool,
    /// A file is made where there is none...
    pub create: bool,
    /// ...or it is an error that there is one.
    pub create_new: bool,
    /// The permissions of a file that is made, less the process's umask.
    pub mode: u32,
}

/// A name in an open folder: of what is there itself, be it a symlink, or of what is to be made.
#[derive(Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FsEntry {
    /// The folder, of which nothing is read.
    pub folder: OwnedFd,
    /// The name in it.
    pub name: OsString,
}

/// What is watched: a folder, or one name in it.
#[derive(Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FsWatched {
    /// The folder, of which nothing is read.
    pub folder: OwnedFd,
    /// The name in it that counts, which need not exist; all of them without one.
    pub name: Option<OsString>,
    /// The folder above that one, by which its end is told, and nothing else: it need not be granted. None where the system lets nobody there.
    pub above: Option<OwnedFd>,
}

impl FsWatched {
    fn new(folder: OwnedFd, name: Option<OsString>) -> FsWatched {
        let above = openat(&folder, "..", STEP, Mode::empty()).ok();
        FsWatched { folder, name, above }
    }
}

type Opened<T> = Result<T, FsError>;

impl Caps {
    /// Opens a regular file to be read.
    ///
    /// # Errors
    /// `Denied`, or `Failed` with what the system says; `InvalidInput` for what is neither a file nor a folder.
    pub fn open_to_read(&self, path: &str) -> Opened<File> {
        let open = |folder: &OwnedFd, beneath: &Path| {
            let fd = open_regular(folder, beneath, OFlags::RDONLY, Mode::empty())?;
            if names_a_folder(path) { Err(Errno::NOTDIR) } else { Ok(fd) }
        };
        self.reach(path, FsRight::Read, Last::Followed, open).map(File::from).map_err(kind_of_file)
    }

    /// Opens a regular file to be written, and makes or empties it.
    ///
    /// # Errors
    /// As for [`Caps::open_to_read`].
    pub fn open_to_write(&self, path: &str, how: Writing) -> Opened<File> {
        let mut flags = OFlags::WRONLY;
        flags.set(OFlags::APPEND, how.append);
        flags.set(OFlags::CREATE, how.create || how.create_new);
        flags.set(OFlags::EXCL, how.create_new);
        // A symlink is something that is there.
        let last = if how.create_new { Last::Itself } else { Last::Followed };
        let mode = Mode::from_raw_mode(how.mode);
        let open = |folder: &OwnedFd, beneath: &Path| {
            if names_a_folder(path) { Err(Errno::ISDIR) } else { open_regular(folder, beneath, flags, mode) }
        };
        let file = self.reach(path, FsRight::Write, last, open).map_err(kind_of_file)?;
        if !how.append {
            // Not as it is opened: what it is was not known then.
            ftruncate(&file, 0).map_err(|error| FsError::Failed(error.into()))?;
        }
        Ok(file.into())
    }

    /// Opens a folder, to list what is in it.
    ///
    /// # Errors
    /// `Denied`, or `Failed` with what the system says.
    pub fn open_folder(&self, path: &str) -> Opened<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        self.reach(path, FsRight::Read, Last::Followed, |folder, beneath| open_beneath(folder, beneath, flags))
    }

    /// What is known of a file, a folder or anything else; of a symlink itself only if so asked.
    ///
    /// # Errors
    /// As for [`Caps::open_folder`].
    pub fn metadata(&self, path: &str, of_symlink: bool) -> Opened<Metadata> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let last = if of_symlink { Last::Itself } else { Last::Followed };
        let fd = self.reach(path, FsRight::Read, last, |folder, beneath| {
            let fd = open_beneath(folder, beneath, flags)?;
            // A symlink that was not there when the path was judged.
            let found = fstat(&fd)?;
            match () {
                () if !of_symlink && is(&found, FileType::Symlink) => Err(Errno::LOOP),
                () if !of_symlink && names_a_folder(path) && !is(&found, FileType::Directory) => Err(Errno::NOTDIR),
                () => Ok(fd),
            }
        })?;
        File::from(fd).metadata().map_err(FsError::Failed)
    }

    /// Opens the folder that a name is in, to make, rename or remove what has this name.
    ///
    /// # Errors
    /// As for [`Caps::open_folder`]; `ResourceBusy` for a path that ends in no name.
    pub fn open_entry(&self, path: &str) -> Opened<FsEntry> {
        self.reach(path, FsRight::Write, Last::Itself, |folder, beneath| {
            let (folder, name) = open_parent(folder, beneath)?;
            if name == "." { Err(Errno::BUSY) } else { Ok(FsEntry { folder, name: name.to_owned() }) }
        })
    }

    /// Is there a folder that may be changed, be it by way of a symlink? One that leads out of what is granted is none, wherever it leads.
    pub fn is_folder_to_write(&self, path: &str) -> bool {
        self.reach(path, FsRight::Write, Last::Followed, |folder, beneath| open_beneath(folder, beneath, STEP)).is_ok()
    }

    /// Opens what is to be watched: a folder, or else the folder that a file is in or will be in.
    ///
    /// # Errors
    /// As for [`Caps::open_folder`].
    pub fn open_to_watch(&self, path: &str) -> Opened<FsWatched> {
        self.reach(path, FsRight::Read, Last::Followed, |folder, beneath| {
            let (parent, name) = open_parent(folder, beneath)?;
            match openat(&parent, name, STEP, Mode::empty()) {
                Ok(folder) => return Ok(FsWatched::new(folder, None)),
                Err(Errno::NOTDIR | Errno::NOENT) => {}
                Err(error) => return Err(error),
            }
            match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if is(&stat, FileType::Symlink) => Err(Errno::LOOP),
                Ok(_) | Err(Errno::NOENT) => Ok(FsWatched::new(parent, Some(name.to_owned()))),
                Err(error) => Err(error),
            }
        })
    }

    fn reach<R>(
        &self,
        path: &str,
        right: FsRight,
        last: Last,
        open: impl Fn(&OwnedFd, &Path) -> rustix::io::Result<R>,
    ) -> Opened<R> {
        let absolute = self.absolute(path).ok_or_else(|| not_granted(path, right))?;
        let grants = self.fs_grants(right);
        let reached =
            grant::reach(&grants, &absolute, Wanted::Any, last, open).ok_or_else(|| not_granted(path, right))?;
        match reached {
            Ok((opened, place)) => {
                self.note(|audit| right.note(audit, &place.real));
                Ok(opened)
            }
            Err(error) => {
                // To learn that there is nothing takes the grant as well.
                self.note(|audit| {
                    if let Some(place) = grant::find(&grants, &absolute, Wanted::Any, last) {
                        right.note(audit, &place.real);
                    }
                });
                Err(FsError::Failed(error))
            }
        }
    }

    fn fs_grants(&self, right: FsRight) -> Vec<&Grant<()>> {
        let fs = &self.granted.fs;
        match right {
            FsRight::Read => fs.read.iter().collect(),
            FsRight::Write => fs.write.iter().collect(),
        }
    }
}

fn not_granted(path: &str, right: FsRight) -> FsError {
    let key = match right {
        FsRight::Read => "read",
        FsRight::Write => "write",
    };
    FsError::Denied(format!("\"{}\" is not granted by `{key}` in [capabilities.fs]", printable::sentence(path)))
}

/// "No file" has no number of its own.
fn kind_of_file(error: FsError) -> FsError {
    match error {
        FsError::Failed(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {
            FsError::Failed(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a folder"))
        }
        error => error,
    }
}

/// Can the path name nothing but a folder?
fn names_a_folder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

fn is(stat: &Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind
}

fn check_regular(stat: &Stat) -> rustix::io::Result<()> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(Errno::ISDIR),
        FileType::Symlink => Err(Errno::LOOP),
        _ => Err(Errno::INVAL),
    }
}

/// The folder that a path of plain names ends in, and the last name; `.` for the folder itself.
fn open_parent<'a>(folder: &OwnedFd, beneath: &'a Path) -> rustix::io::Result<(OwnedFd, &'a OsStr)> {
    let parent = beneath.parent().unwrap_or(Path::new(""));
    let name = beneath.file_name().unwrap_or(OsStr::new("."));
    Ok((open_beneath(folder, parent, STEP)?, name))
}

fn open_regular(folder: &OwnedFd, beneath: &Path, flags: OFlags, mode: Mode) -> rustix::io::Result<OwnedFd> {
    let (parent, name) = open_parent(folder, beneath)?;
    // To open a device or one end of a pipe is felt by others, so it is looked at before, and again afterwards.
    match statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) if flags.contains(OFlags::EXCL) => return Err(Errno::EXIST),
        Ok(stat) => check_regular(&stat)?,
        Err(Errno::NOENT) if flags.contains(OFlags::CREATE) => {}
        Err(error) => return Err(error),
    }
    let fd = openat(&parent, name, flags | SAFE, mode)?;
    check_regular(&fstat(&fd)?)?;
    Ok(fd)
}
