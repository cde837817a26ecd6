//! The standard input of a component, as each of its streams reads it: what one has read comes to no other.

use super::failure::broken;
use crate::actor::guest::wasi::streams::Input;
use crate::limits::STREAM_BYTES_MAX;
use bytes::Bytes;
use std::sync::Arc;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

pub(super) struct SourceStream {
    input: Arc<Input>,
    /// It has failed, and told so.
    closed: bool,
}

impl SourceStream {
    pub(super) fn new(input: Arc<Input>) -> Self {
        SourceStream { input, closed: false }
    }
}

#[async_trait]
impl InputStream for SourceStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        if size == 0 {
            return Ok(Bytes::new());
        }
        let mut buffer = vec![0; size.min(STREAM_BYTES_MAX)];
        match self.input.try_read(&mut buffer) {
            Ok(None) => Ok(Bytes::new()),
            Ok(Some(0)) => Err(StreamError::Closed),
            Ok(Some(count)) => {
                buffer.truncate(count);
                Ok(buffer.into())
            }
            Err(errno) => {
                self.closed = true;
                Err(broken(errno))
            }
        }
    }

    /// However often somebody else reads what there was.
    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        loop {
            self.ready().await;
            let bytes = self.read(size)?;
            if size == 0 || !bytes.is_empty() {
                return Ok(bytes);
            }
        }
    }
}

#[async_trait]
impl Pollable for SourceStream {
    async fn ready(&mut self) {
        if !self.closed {
            self.input.ready().await;
        }
    }
}
