//! `wasi:io/streams`: whichever stream it is, each call is bounded, and those that wait can be stopped. How a stream reads and writes is
//! its own; the order of steps within a call is wasmtime-wasi's.

use super::guest::Preview2;
use super::stop::while_running;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::io::streams::{self, HostInputStream, HostOutputStream};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};

impl streams::Host for Preview2 {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<streams::StreamError> {
        streams::Host::convert_stream_error(&mut self.table, error)
    }
}

impl HostInputStream for Preview2 {
    fn read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        HostInputStream::read(&mut self.table, stream, length)
    }

    async fn blocking_read(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<Vec<u8>> {
        let read = HostInputStream::blocking_read(&mut self.table, stream, length);
        while_running(&self.actor, read).await.map_err(StreamError::Trap)?
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        HostInputStream::skip(&mut self.table, stream, length)
    }

    async fn blocking_skip(&mut self, stream: Resource<DynInputStream>, length: u64) -> StreamResult<u64> {
        let skipped = HostInputStream::blocking_skip(&mut self.table, stream, length);
        while_running(&self.actor, skipped).await.map_err(StreamError::Trap)?
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> Result<Resource<DynPollable>> {
        HostInputStream::subscribe(&mut self.table, stream)
    }

    async fn drop(&mut self, stream: Resource<DynInputStream>) -> Result<()> {
        HostInputStream::drop(&mut self.table, stream).await
    }
}

impl HostOutputStream for Preview2 {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        HostOutputStream::check_write(&mut self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        HostOutputStream::write(&mut self.table, stream, bytes)
    }

    async fn blocking_write_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        let written = HostOutputStream::blocking_write_and_flush(&mut self.table, stream, bytes);
        while_running(&self.actor, written).await.map_err(StreamError::Trap)?
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        HostOutputStream::flush(&mut self.table, stream)
    }

    async fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        // Not wasmtime-wasi's, which waits for room behind what is written, too.
        let written = HostOutputStream::blocking_write_and_flush(&mut self.table, stream, Vec::new());
        while_running(&self.actor, written).await.map_err(StreamError::Trap)?
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> Result<Resource<DynPollable>> {
        HostOutputStream::subscribe(&mut self.table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, length: u64) -> StreamResult<()> {
        HostOutputStream::write_zeroes(&mut self.table, stream, length)
    }

    async fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        length: u64,
    ) -> StreamResult<()> {
        let written = HostOutputStream::blocking_write_zeroes_and_flush(&mut self.table, stream, length);
        while_running(&self.actor, written).await.map_err(StreamError::Trap)?
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        HostOutputStream::splice(&mut self.table, to, from, length)
    }

    async fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        length: u64,
    ) -> StreamResult<u64> {
        let moved = HostOutputStream::blocking_splice(&mut self.table, to, from, length);
        while_running(&self.actor, moved).await.map_err(StreamError::Trap)?
    }

    async fn drop(&mut self, stream: Resource<DynOutputStream>) -> Result<()> {
        HostOutputStream::drop(&mut self.table, stream).await
    }
}
