//! A file that a guest has open. Its place is the system's own: where one call ends the next begins.

use super::buffers::{slice, slice_mut};
use super::errno::errno;
use super::folder::Changes;
use super::seek::seek_in;
use rustix::fs::{Advice, OFlags, fadvise, fcntl_getfl, fcntl_setfl, ftruncate};
use rustix::io::{ReadWriteFlags, pread, pwritev, pwritev2, read, retry_on_intr, writev};
use std::fs::File;
use std::io::IoSlice;
use std::num::NonZeroU64;
use wasmtime_wasi::p1::types::{self, Errno, Error, Fdflags, Whence};
use wiggle::{GuestMemory, GuestPtr};

/// Where in a file is written.
#[derive(Clone, Copy)]
pub(super) enum WriteTo {
    /// Where it stands.
    Here,
    Place(u64),
    End,
}

pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// It lies in a folder in which the guest may change things, and be it only their times.
    pub(super) changes: Changes,
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
            let read = self.read_into(buffer, from.map(|from| from.saturating_add(total)));
            match read {
                Ok(count) => total += count as u64,
                Err(_) if total > 0 => break,
                Err(error) => return Err(error.into()),
            }
            if read.is_ok_and(|count| count < buffer.len()) {
                break;
            }
        }
        Ok(total as u32)
    }

    /// Fills one buffer, as far as there is something.
    pub(super) fn read_into(&self, buffer: &mut [u8], from: Option<u64>) -> Result<usize, Errno> {
        let read = retry_on_intr(|| match from {
            None => read(&self.file, &mut *buffer),
            Some(from) => pread(&self.file, &mut *buffer, from),
        });
        read.map_err(errno)
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
        Ok(self.write_from(&slices, to.map_or(WriteTo::Here, WriteTo::Place))? as u32)
    }

    /// Writes as much as the system takes at once, and says how much that is.
    pub(super) fn write_from(&self, slices: &[IoSlice<'_>], to: WriteTo) -> Result<usize, Errno> {
        let written = retry_on_intr(|| match to {
            WriteTo::Here => writev(&self.file, slices),
            WriteTo::Place(to) => pwritev(&self.file, slices, to),
            // The system ignores the place, which is not to be less than 0.
            WriteTo::End => pwritev2(&self.file, slices, 0, ReadWriteFlags::APPEND),
        });
        written.map_err(errno)
    }

    pub(super) fn seek(&self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        seek_in(&self.file, offset, whence)
    }

    pub(super) fn set_size(&self, size: u64) -> Result<(), Errno> {
        self.changes.begin()?;
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
