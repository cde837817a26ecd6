//! The standard streams of a guest, wherever they come from and go to.

use super::buffers::{slice, slice_mut};
use super::inlet::HostInput;
use super::pipes::{PipeInput, PipeOutput};
use super::stdio::HostOutput;
use bytes::{Buf as _, Bytes};
use parking_lot::Mutex;
use wasmtime_wasi::p1::types::{Errno, Error};
use wiggle::{GuestMemory, GuestPtr};

/// Bytes that are written at a time. Between two such pieces a stop is looked for.
pub(super) const CHUNK_BYTES_MAX: usize = super::outlet::WHOLE_BYTES_MAX;

/// What a guest reads.
pub(crate) enum Input {
    Bytes(Mutex<Bytes>),
    Pipe(PipeInput),
    Host(HostInput),
}

impl Input {
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Input::Host(input) if input.is_terminal())
    }

    /// Is it a file, in which one can go to any place?
    pub(super) fn is_file(&self) -> bool {
        matches!(self, Input::Host(input) if input.is_file())
    }

    /// Fills one buffer after another. Waits until there is something, or the end; what has come by then is the answer.
    pub(super) async fn read(&self, memory: &mut GuestMemory<'_>, buffers: &[GuestPtr<[u8]>]) -> Result<u32, Error> {
        let mut total = 0;
        for buffer in buffers {
            let buffer = slice_mut(memory, *buffer)?;
            let count = loop {
                match self.try_read(buffer) {
                    Ok(Some(count)) => break count,
                    Ok(None) if total == 0 => self.ready().await,
                    Err(error) if total == 0 => return Err(error.into()),
                    Ok(None) | Err(_) => return Ok(total as u32),
                }
            };
            total += count;
            if count < buffer.len() {
                break;
            }
        }
        Ok(total as u32)
    }

    /// Reads what there is; 0 at the end, `None` where there is nothing yet.
    pub(super) fn try_read(&self, buffer: &mut [u8]) -> Result<Option<usize>, Errno> {
        match self {
            Input::Bytes(bytes) => {
                let mut bytes = bytes.lock();
                let count = buffer.len().min(bytes.len());
                bytes.copy_to_slice(&mut buffer[..count]);
                Ok(Some(count))
            }
            Input::Pipe(pipe) => Ok(pipe.try_read(buffer)),
            Input::Host(input) => input.try_read(buffer),
        }
    }

    /// Resolves when there is something to read, or never will be.
    pub(super) async fn ready(&self) {
        match self {
            Input::Bytes(_) => {}
            Input::Pipe(pipe) => pipe.ready().await,
            Input::Host(input) => input.ready().await,
        }
    }
}

/// What a guest writes.
pub(crate) enum Output {
    Nowhere,
    Pipe(PipeOutput),
    Host(HostOutput),
}

impl Output {
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Output::Host(output) if output.is_terminal())
    }

    /// Writes the buffers, and says how much of them is written: all, or what was before a failure.
    pub(super) async fn write(&self, memory: &GuestMemory<'_>, buffers: &[GuestPtr<[u8]>]) -> Result<u32, Error> {
        let (mut total, mut chunk) = (0, Vec::new());
        for (index, buffer) in buffers.iter().enumerate() {
            let mut rest = slice(memory, *buffer)?;
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(rest.len().min(CHUNK_BYTES_MAX - chunk.len()));
                chunk.extend_from_slice(part);
                rest = behind;
                let is_last = rest.is_empty() && index + 1 == buffers.len();
                if chunk.len() < CHUNK_BYTES_MAX && !is_last {
                    continue;
                }
                match self.write_chunk(&chunk).await {
                    Ok(count) if count < chunk.len() => return Ok((total + count) as u32),
                    Ok(count) => total += count,
                    Err(error) if total == 0 || error.downcast_ref().is_none() => return Err(error),
                    Err(_) => return Ok(total as u32),
                }
                chunk.clear();
            }
        }
        Ok(total as u32)
    }

    /// How much of it is written. Less than all only where the rest failed.
    async fn write_chunk(&self, chunk: &[u8]) -> Result<usize, Error> {
        match self {
            Output::Nowhere => Ok(chunk.len()),
            Output::Pipe(pipe) => pipe.write(chunk).await,
            Output::Host(output) => output.write(chunk).await,
        }
    }

    /// How much may be written now; 0 while there is no room.
    ///
    /// # Errors
    /// Why nothing can be, or what was written last has not been. The latter is told once.
    pub(super) fn room(&self) -> Result<usize, Errno> {
        match self {
            Output::Nowhere => Ok(usize::MAX),
            Output::Pipe(pipe) => pipe.room(),
            Output::Host(output) => output.room(),
        }
    }

    /// Takes what there is room for, and says how much that is. It may be on its way for a while: see [`Output::is_busy`].
    ///
    /// # Errors
    /// See [`Output::room`].
    pub(super) fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Output::Nowhere => Ok(bytes.len()),
            Output::Pipe(pipe) => pipe.try_write(bytes),
            Output::Host(output) => output.try_write(bytes),
        }
    }

    /// Is there no room, and nothing wrong?
    pub(super) fn is_full(&self) -> bool {
        match self {
            Output::Pipe(pipe) => pipe.room() == Ok(0),
            _ => self.is_busy(),
        }
    }

    /// Is something of what was written still on its way?
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Output::Host(output) if output.is_busy())
    }

    /// Why what was written last has not come to its end, if so. Told once.
    pub(super) fn take_failure(&self) -> Option<Errno> {
        match self {
            Output::Host(output) => output.take_failure(),
            Output::Nowhere | Output::Pipe(_) => None,
        }
    }

    /// Resolves when there is room to write.
    pub(super) async fn ready(&self) {
        match self {
            Output::Nowhere => {}
            Output::Pipe(pipe) => pipe.ready().await,
            Output::Host(output) => output.ready().await,
        }
    }
}
