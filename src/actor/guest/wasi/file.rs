//! A file that a guest has open. Its place is the system's own: where one call ends the next begins.

use super::buffers::{slice, slice_mut};
use super::errno::{errno, failed};
use super::seek::seek_in;
use rustix::fs::{Advice, OFlags, fadvise, fcntl_getfl, fcntl_setfl, ftruncate};
use rustix::io::{pread, pwritev, read, retry_on_intr, writev};
use std::fs::File;
use std::io::IoSlice;
use std::num::NonZeroU64;
use wasmtime_wasi::p1::types::{self, Errno, Error, Fdflags, Whence};
use wiggle::{GuestMemory, GuestPtr};

pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// It lies in a folder in which the guest may change things, and be it only their times.
    pub(super) changeable: bool,
    pub(super) flags: Fdflags,
}

impl OpenFile {
    /// Fills one buffer after another, from where the file stands or from a place in it.
    pub(super) fn read(
        &self,
        memory: &mut GuestMemory<'_>,
        buffers: &[GuestPtr<[u8]>],
        from: Option<u64>,
    ) -> Result<u32, Error> {
        let mut total = 0;
        for buffer in buffers {
            let buffer = slice_mut(memory, *buffer)?;
            let read = retry_on_intr(|| match from {
                None => read(&self.file, &mut *buffer),
                Some(from) => pread(&self.file, &mut *buffer, from.saturating_add(total)),
            });
            match read {
                Ok(count) => total += count as u64,
                Err(_) if total > 0 => break,
                Err(error) => return Err(failed(error)),
            }
            if read.is_ok_and(|count| count < buffer.len()) {
                break;
            }
        }
        Ok(total as u32)
    }

    /// Writes the buffers, at the place where the file stands or at another.
    pub(super) fn write(
        &self,
        memory: &GuestMemory<'_>,
        buffers: &[GuestPtr<[u8]>],
        to: Option<u64>,
    ) -> Result<u32, Error> {
        let slices = buffers.iter().map(|buffer| slice(memory, *buffer).map(IoSlice::new));
        let slices = slices.collect::<Result<Vec<_>, _>>()?;
        let written = retry_on_intr(|| match to {
            None => writev(&self.file, &slices),
            Some(to) => pwritev(&self.file, &slices, to),
        });
        written.map(|count| count as u32).map_err(failed)
    }

    pub(super) fn seek(&self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        seek_in(&self.file, offset, whence)
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), Errno> {
        if !self.changeable {
            return Err(Errno::Perm);
        }
        retry_on_intr(|| ftruncate(&self.file, size)).map_err(errno)
    }

    /// Changes whether it is written at its end only. That no call waits holds for files anyway.
    pub(super) fn set_flags(&mut self, flags: Fdflags) -> Result<(), Errno> {
        let fixed = Fdflags::DSYNC | Fdflags::SYNC | Fdflags::RSYNC;
        if flags.intersects(fixed) {
            return Err(Errno::Inval);
        }
        let mut system = fcntl_getfl(&self.file).map_err(errno)?;
        system.set(OFlags::APPEND, flags.contains(Fdflags::APPEND));
        fcntl_setfl(&self.file, system).map_err(errno)?;
        self.flags = (self.flags & fixed) | flags;
        Ok(())
    }

    pub(super) fn advise(&self, offset: u64, length: u64, advice: types::Advice) -> Result<(), Errno> {
        let advice = match advice {
            types::Advice::Normal => Advice::Normal,
            types::Advice::Sequential => Advice::Sequential,
            types::Advice::Random => Advice::Random,
            types::Advice::Willneed => Advice::WillNeed,
            types::Advice::Dontneed => Advice::DontNeed,
            types::Advice::Noreuse => Advice::NoReuse,
        };
        fadvise(&self.file, offset, NonZeroU64::new(length), advice).map_err(errno)
    }
}
