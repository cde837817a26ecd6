//! Pipes as the standard streams of a guest.

use crate::actor::guest::ending::StoppedByHost;
use crate::actor::handle::Actor;
use crate::actor::protocol::pipe::{Available, PipeReader, PipeWriter};
use std::sync::Arc;
use wasmtime_wasi::p1::types::{Errno, Error};

/// The guest's ends of its pipes, to be closed when its program has ended.
#[derive(Default)]
pub(crate) struct Pipes {
    input: Option<Arc<PipeReader>>,
    outputs: Vec<Arc<PipeWriter>>,
}

impl Pipes {
    pub(crate) fn add_input(&mut self, reader: Arc<PipeReader>) -> PipeInput {
        PipeInput(self.input.insert(reader).clone())
    }

    pub(crate) fn add_output(&mut self, writer: Arc<PipeWriter>, actor: &Arc<Actor>) -> PipeOutput {
        self.outputs.push(writer.clone());
        PipeOutput { writer, actor: actor.clone() }
    }

    pub(crate) fn close(&self) {
        self.outputs.iter().for_each(|writer| writer.close());
        self.close_input();
    }

    pub(crate) fn close_input(&self) {
        if let Some(reader) = &self.input {
            reader.close();
        }
    }
}

/// A pipe that a guest reads.
pub(crate) struct PipeInput(Arc<PipeReader>);

impl PipeInput {
    /// Reads what there is; 0 at the end, `None` where there is nothing yet.
    pub(super) fn try_read(&self, buffer: &mut [u8]) -> Option<usize> {
        match self.0.try_read(buffer.len()) {
            Available::Bytes(bytes) => {
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Some(bytes.len())
            }
            Available::Nothing => None,
            Available::End => Some(0),
        }
    }

    pub(super) async fn ready(&self) {
        self.0.ready().await;
    }
}

/// A pipe that a guest writes.
pub(crate) struct PipeOutput {
    writer: Arc<PipeWriter>,
    actor: Arc<Actor>,
}

impl PipeOutput {
    /// Writes all of it, or as much as there is until nobody reads it any more. What is in the pipe is as good as written: the
    /// reader gets it whatever becomes of the guest.
    pub(super) async fn write(&self, bytes: &[u8]) -> Result<usize, Error> {
        let mut written = 0;
        loop {
            unless_stopped(&self.actor)?;
            match self.writer.try_write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(_) if written > 0 => return Ok(written),
                Err(_) => return Err(Errno::Pipe.into()),
            }
            if written == bytes.len() {
                return Ok(written);
            }
            self.writer.ready().await;
        }
    }

    pub(super) fn room(&self) -> Result<usize, Errno> {
        self.writer.room().map_err(|_| Errno::Pipe)
    }

    /// Writes what there is room for.
    pub(super) fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        self.writer.try_write(bytes).map_err(|_| Errno::Pipe)
    }

    pub(super) async fn ready(&self) {
        self.writer.ready().await;
    }
}

/// One call of WASI's may write a whole memory, chunk by chunk, and never wait if somebody reads as fast: so each looks at the cell.
pub(super) fn unless_stopped(actor: &Actor) -> Result<(), Error> {
    if actor.control.is_stopped() { Err(Error::trap(StoppedByHost.into())) } else { Ok(()) }
}
