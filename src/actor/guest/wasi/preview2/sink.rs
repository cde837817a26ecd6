//! An output of a component's, as all its streams that go there share it.
//!
//! A stream may write what it was permitted to, without waiting. If several were permitted at once, there may be no room for all of it:
//! the rest is kept, and nobody is permitted anything until it is written.

use super::failure::broken;
use super::stop::unless_stopped;
use crate::actor::guest::wasi::streams::Output;
use crate::actor::handle::Actor;
use crate::limits::{OUTPUT_BYTES_MAX, STREAM_BYTES_MAX};
use bytes::{Buf as _, Bytes, BytesMut};
use parking_lot::Mutex;
use std::sync::Arc;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

pub(super) struct Sink {
    actor: Arc<Actor>,
    output: Output,
    rest: Mutex<Rest>,
}

#[derive(Default)]
struct Rest {
    kept: BytesMut,
    /// Why no more of it is written. Told to the first that asks.
    failure: Option<Errno>,
}

impl Rest {
    /// Writes what is kept, as far as there is room. Whoever calls this looks for a stop as well: the pieces are many only where
    /// nobody has to be waited for.
    fn go_on(&mut self, output: &Output) {
        while !self.kept.is_empty() {
            match output.try_write(&self.kept) {
                Ok(0) => break,
                Ok(count) => self.kept.advance(count),
                Err(errno) => {
                    // What came behind a gap would be none of what the guest wrote.
                    self.kept.clear();
                    self.failure = Some(errno);
                }
            }
        }
    }
}

impl Sink {
    pub(super) fn new(actor: Arc<Actor>, output: Output) -> Self {
        Sink { actor, output, rest: Mutex::default() }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.output.is_terminal()
    }

    /// How much may be written now.
    fn room(&self) -> StreamResult<usize> {
        unless_stopped(&self.actor).map_err(StreamError::Trap)?;
        let mut rest = self.rest.lock();
        rest.go_on(&self.output);
        if let Some(errno) = rest.failure.take() {
            return Err(broken(errno));
        }
        if !rest.kept.is_empty() {
            return Ok(0);
        }
        match (self.output.room().map_err(broken)?, &self.output) {
            (0, _) => Ok(0),
            (room, Output::Pipe(_)) => Ok(room.min(STREAM_BYTES_MAX)),
            // What is printed goes in chunks, one after another.
            (_, Output::Nowhere | Output::Host(_)) => Ok(STREAM_BYTES_MAX),
        }
    }

    fn write(&self, bytes: &[u8]) -> StreamResult<()> {
        unless_stopped(&self.actor).map_err(StreamError::Trap)?;
        let mut rest = self.rest.lock();
        if rest.kept.len() + bytes.len() > OUTPUT_BYTES_MAX {
            return Err(StreamError::trap("several streams write more to one output at once than is kept of it"));
        }
        rest.kept.extend_from_slice(bytes);
        rest.go_on(&self.output);
        rest.failure.take().map_or(Ok(()), |errno| Err(broken(errno)))
    }

    /// Resolves when there is room, or something wrong.
    async fn ready(&self) {
        loop {
            {
                let mut rest = self.rest.lock();
                rest.go_on(&self.output);
                if rest.failure.is_some() || (rest.kept.is_empty() && !self.output.is_full()) {
                    return;
                }
            }
            self.output.ready().await;
        }
    }

    /// Resolves when all that was written is where it belongs.
    pub(super) async fn written(&self) -> StreamResult<()> {
        loop {
            unless_stopped(&self.actor).map_err(StreamError::Trap)?;
            {
                let mut rest = self.rest.lock();
                rest.go_on(&self.output);
                if let Some(errno) = rest.failure.take().or_else(|| self.output.take_failure()) {
                    return Err(broken(errno));
                }
                if rest.kept.is_empty() && !self.output.is_busy() {
                    return Ok(());
                }
            }
            self.output.ready().await;
        }
    }
}

/// One stream that goes there.
pub(super) struct SinkStream {
    sink: Arc<Sink>,
    permitted: usize,
    /// It has failed, and told so.
    closed: bool,
}

impl SinkStream {
    pub(super) fn new(sink: Arc<Sink>) -> Self {
        SinkStream { sink, permitted: 0, closed: false }
    }

    fn unless_closed(&self) -> StreamResult<()> {
        if self.closed { Err(StreamError::Closed) } else { Ok(()) }
    }

    fn told<T>(&mut self, result: StreamResult<T>) -> StreamResult<T> {
        self.closed |= result.is_err();
        result
    }
}

#[async_trait]
impl OutputStream for SinkStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        // Who has not asked may write what it would have been told.
        if bytes.len() > self.permitted && bytes.len() > self.check_write()? {
            return Err(StreamError::trap("a stream writes more than it is permitted"));
        }
        self.unless_closed()?;
        self.permitted = 0;
        let written = self.sink.write(&bytes);
        self.told(written)
    }

    fn flush(&mut self) -> StreamResult<()> {
        // All is on its way already; that is what `check_write` and `ready` go by.
        self.unless_closed()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.unless_closed()?;
        let room = self.sink.room();
        self.permitted = self.told(room)?;
        Ok(self.permitted)
    }

    /// Does not wait for room behind what is written, as it would have to by what is inherited.
    async fn blocking_write_and_flush(&mut self, mut bytes: Bytes) -> StreamResult<()> {
        self.unless_closed()?;
        while !bytes.is_empty() {
            let room = self.write_ready().await?;
            self.write(bytes.split_to(room.min(bytes.len())))?;
        }
        let written = self.sink.written().await;
        self.told(written)
    }

    /// However often somebody else takes the room.
    async fn write_ready(&mut self) -> StreamResult<usize> {
        loop {
            self.ready().await;
            match self.check_write()? {
                0 => {}
                room => return Ok(room),
            }
        }
    }
}

#[async_trait]
impl Pollable for SinkStream {
    async fn ready(&mut self) {
        if !self.closed {
            self.sink.ready().await;
        }
    }
}
