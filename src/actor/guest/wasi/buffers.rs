//! The lists of buffers that reads and writes are given: those that are not empty, as many and as long as one call of the system's
//! takes, and no longer than a stop may wait for. What is left out makes the call a short one, as POSIX permits.

use crate::limits::{IO_BYTES_MAX, IO_VECTORS_LOOKED_AT_MAX, IO_VECTORS_MAX};
use wasmtime_wasi::p1::types::{CiovecArray, Errno, Error, IovecArray};
use wiggle::{GuestMemory, GuestPtr};

pub(super) fn to_read(memory: &GuestMemory<'_>, list: IovecArray) -> Result<Vec<GuestPtr<[u8]>>, Error> {
    let buffers = list.iter().map(|buffer| {
        let buffer = memory.read(buffer?)?;
        Ok((buffer.buf, buffer.buf_len))
    });
    bounded(list.len(), buffers)
}

pub(super) fn to_write(memory: &GuestMemory<'_>, list: CiovecArray) -> Result<Vec<GuestPtr<[u8]>>, Error> {
    let buffers = list.iter().map(|buffer| {
        let buffer = memory.read(buffer?)?;
        Ok((buffer.buf, buffer.buf_len))
    });
    bounded(list.len(), buffers)
}

fn bounded(
    count: u32,
    buffers: impl Iterator<Item = Result<(GuestPtr<u8>, u32), Error>>,
) -> Result<Vec<GuestPtr<[u8]>>, Error> {
    if count > IO_VECTORS_LOOKED_AT_MAX {
        return Err(Errno::Inval.into());
    }
    let (mut taken, mut room) = (Vec::new(), IO_BYTES_MAX);
    for buffer in buffers {
        let (at, length) = buffer?;
        let length = length.min(room);
        if length > 0 {
            taken.push(at.as_array(length));
            room -= length;
        }
        if room == 0 || taken.len() == IO_VECTORS_MAX {
            break;
        }
    }
    Ok(taken)
}

/// A part of the guest's memory.
///
/// # Errors
/// A trap where it has no such part.
pub(super) fn slice<'m>(memory: &'m GuestMemory<'_>, at: GuestPtr<[u8]>) -> Result<&'m [u8], Error> {
    memory.as_slice(at)?.ok_or_else(|| Errno::Notsup.into())
}

/// The same, to be written to.
pub(super) fn slice_mut<'m>(memory: &'m mut GuestMemory<'_>, at: GuestPtr<[u8]>) -> Result<&'m mut [u8], Error> {
    memory.as_slice_mut(at)?.ok_or_else(|| Errno::Notsup.into())
}
