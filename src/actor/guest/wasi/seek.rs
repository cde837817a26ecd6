//! `fd_seek`, for files and for an input that is one.

use super::errno::errno;
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno as System;
use std::os::fd::AsFd;
use wasmtime_wasi::p1::types::{Errno, Whence};

/// Moves the place at which a file stands.
pub(super) fn seek_in(file: impl AsFd, offset: i64, whence: Whence) -> Result<u64, Errno> {
    let to = match whence {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    seek(file, to).map_err(|error| if error == System::OVERFLOW { Errno::Inval } else { errno(error) })
}
