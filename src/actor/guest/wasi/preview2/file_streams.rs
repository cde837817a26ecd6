//! Streams over a file. Each has a place of its own, and reads or writes there at once, on the guest's own thread: a file is always ready.

use super::failure::broken;
use super::opened::Opened;
use crate::actor::guest::wasi::file::{OpenFile, WriteTo};
use crate::limits::STREAM_BYTES_MAX;
use bytes::Bytes;
use std::io::IoSlice;
use std::sync::Arc;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

pub(super) struct FileInput {
    file: Arc<Opened<OpenFile>>,
    at: u64,
    /// It has failed, and told so.
    closed: bool,
}

impl FileInput {
    pub(super) fn new(file: Arc<Opened<OpenFile>>, at: u64) -> Self {
        FileInput { file, at, closed: false }
    }
}

#[async_trait]
impl InputStream for FileInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        let mut buffer = vec![0; size.min(STREAM_BYTES_MAX)];
        match self.file.read_into(&mut buffer, Some(self.at)) {
            Ok(0) if size > 0 => Err(StreamError::Closed),
            Ok(count) => {
                self.at = self.at.saturating_add(count as u64);
                buffer.truncate(count);
                Ok(buffer.into())
            }
            Err(errno) => {
                self.closed = true;
                Err(broken(errno))
            }
        }
    }
}

#[async_trait]
impl Pollable for FileInput {
    async fn ready(&mut self) {}
}

pub(super) struct FileOutput {
    file: Arc<Opened<OpenFile>>,
    to: WriteTo,
    /// It has failed, and told so.
    closed: bool,
}

impl FileOutput {
    pub(super) fn new(file: Arc<Opened<OpenFile>>, to: WriteTo) -> Self {
        FileOutput { file, to, closed: false }
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let count = self.file.write_from(&[IoSlice::new(bytes)], self.to)?;
            if count == 0 {
                return Err(Errno::Io);
            }
            bytes = &bytes[count..];
            if let WriteTo::Place(at) = &mut self.to {
                *at = at.saturating_add(count as u64);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl OutputStream for FileOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.check_write()? {
            return Err(StreamError::trap("a stream writes more than it is permitted"));
        }
        self.write_all(&bytes).map_err(|errno| {
            self.closed = true;
            broken(errno)
        })
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.check_write().map(drop)
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if self.closed { Err(StreamError::Closed) } else { Ok(STREAM_BYTES_MAX) }
    }
}

#[async_trait]
impl Pollable for FileOutput {
    async fn ready(&mut self) {}
}
