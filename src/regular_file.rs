//! Reads a regular file whole, and no more of it than a bound: nothing here waits for somebody at the other end, or reads without end.

use rustix::fs::{Mode, OFlags, open};
use std::fs::{File, FileType, Metadata, metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The system says why.
    #[error("{0}")]
    Failed(#[from] io::Error),
    /// It is something else.
    #[error("it is {0}, not a regular file")]
    NotRegular(&'static str),
    /// It has more bytes than it may.
    #[error("it has too many bytes")]
    TooLong,
}

/// All bytes of the file, of which there may be so many.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Unread> {
    // Looked at before it is opened, since opening alone sets some devices going; and once more after, since it may be another
    // file by then.
    check(&metadata(path)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(open(path, flags, Mode::empty()).map_err(io::Error::from)?);
    let there = file.metadata()?;
    check(&there)?;
    if there.len() > bytes_max {
        return Err(Unread::TooLong);
    }
    let mut bytes = Vec::new();
    let wanted = usize::try_from(there.len()).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(wanted).map_err(io::Error::other)?;
    // It may grow meanwhile, and those of /proc say that they are empty.
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(Unread::TooLong) } else { Ok(bytes) }
}

fn check(metadata: &Metadata) -> Result<(), Unread> {
    let kind: FileType = metadata.file_type();
    match () {
        () if kind.is_file() => Ok(()),
        () if kind.is_dir() => Err(Unread::NotRegular("a folder")),
        () if kind.is_fifo() => Err(Unread::NotRegular("a pipe")),
        () if kind.is_socket() => Err(Unread::NotRegular("a socket")),
        () => Err(Unread::NotRegular("a device")),
    }
}
