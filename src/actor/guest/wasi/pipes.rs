//! Pipes as the standard streams of a guest.

use crate::actor::guest::ending::StoppedByHost;
use crate::actor::handle::Actor;
use crate::actor::protocol::pipe::{Available, PipeReader, PipeWriter};
use bytes::Bytes;
use std::io::Error;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

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

impl IsTerminal for PipeInput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for PipeInput {
    /// Preview 1 uses only [`p2_stream`](StdinStream::p2_stream).
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(PipeInput(self.0.clone()))
    }
}

impl InputStream for PipeInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        match self.0.try_read(size) {
            Available::Bytes(bytes) => Ok(bytes),
            Available::Nothing => Ok(Bytes::new()),
            Available::End => Err(StreamError::Closed),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PipeInput {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}

/// A pipe that a guest writes.
#[derive(Clone)]
pub(crate) struct PipeOutput {
    writer: Arc<PipeWriter>,
    actor: Arc<Actor>,
}

impl IsTerminal for PipeOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for PipeOutput {
    /// Preview 1 uses only [`p2_stream`](StdoutStream::p2_stream).
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

/// What a guest is told whose output nobody will read: EPIPE.
pub(crate) fn broken_pipe() -> StreamError {
    StreamError::LastOperationFailed(Error::from_raw_os_error(libc::EPIPE).into())
}

/// One call of WASI's may write a whole memory, chunk by chunk, and never wait if somebody reads as fast: so each looks at the cell.
pub(crate) fn unless_stopped(actor: &Actor) -> StreamResult<()> {
    if actor.control.is_stopped() { Err(StreamError::Trap(StoppedByHost.into())) } else { Ok(()) }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for PipeOutput {
    fn check_write(&mut self) -> StreamResult<usize> {
        unless_stopped(&self.actor)?;
        self.writer.room().map_err(|_| broken_pipe())
    }

    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        unless_stopped(&self.actor)?;
        match self.writer.try_write(&bytes) {
            Ok(count) if count == bytes.len() => Ok(()),
            Ok(_) => Err(StreamError::trap("a write beyond what check_write permitted")),
            Err(_) => Err(broken_pipe()),
        }
    }

    /// What is in the pipe is as good as written: the reader gets it whatever becomes of the guest.
    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    /// Done when all of it is in the pipe; by default it would be only when there is room for more.
    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        unless_stopped(&self.actor)?;
        self.writer.write_all(&bytes).await.map_err(|_| broken_pipe())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PipeOutput {
    async fn ready(&mut self) {
        self.writer.ready().await;
    }
}
