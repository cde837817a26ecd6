//! A bounded pipe of bytes between a guest and the app: one standard stream that is neither the host's nor nothing.
//!
//! Both ends wait without holding a thread. Either end can close: what was written before can still be read to the end,
//! and a writer whose reader has gone is told so at its next write. An end that is dropped is closed.

use crate::limits::PIPE_BYTES;
use crate::sync::{Mutex, Notify, mutant};
use bytes::{Buf, Bytes, BytesMut};
use std::pin::pin;
use std::sync::Arc;

/// A fresh pipe: what is written to the one end is read from the other.
pub fn pipe() -> (PipeWriter, PipeReader) {
    let shared = Arc::<Shared>::default();
    (PipeWriter(shared.clone()), PipeReader(shared))
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    bytes: BytesMut,
    writer_closed: bool,
    reader_closed: bool,
}

impl Shared {
    /// Does something to the state, and wakes whoever waits for a change.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        if mutant!("a_change_is_told_too_early") {
            self.changed.notify_waiters();
            return change(&mut self.state.lock());
        }
        let result = change(&mut self.state.lock());
        self.changed.notify_waiters();
        result
    }

    async fn until(&self, reached: impl Fn(&State) -> bool) {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on no change is missed, so the state may be looked at.
            changed.as_mut().enable();
            if reached(&self.state.lock()) {
                return;
            }
            changed.await;
        }
    }
}

/// The other end of the pipe is closed: nobody will read this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What a pipe has to read at the moment.
#[derive(Debug, PartialEq, Eq)]
pub enum Available {
    /// Some bytes, at least one.
    Bytes(Bytes),
    /// None yet.
    Nothing,
    /// None any more.
    End,
}

/// The end that is written to.
#[derive(Debug)]
pub struct PipeWriter(Arc<Shared>);

impl PipeWriter {
    /// How many bytes [`try_write`](Self::try_write) takes now.
    ///
    /// # Errors
    /// If either end is closed.
    pub fn room(&self) -> Result<usize, Closed> {
        let state = self.0.state.lock();
        if state.reader_closed || state.writer_closed { Err(Closed) } else { Ok(PIPE_BYTES - state.bytes.len()) }
    }

    /// Writes as much as there is room for, and says how much that was.
    ///
    /// # Errors
    /// If either end is closed.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Closed> {
        self.0.change(|state| {
            if state.reader_closed || state.writer_closed {
                return Err(Closed);
            }
            let count = bytes.len().min(PIPE_BYTES - state.bytes.len());
            state.bytes.extend_from_slice(&bytes[..count]);
            Ok(count)
        })
    }

    /// Resolves when there is room, or never will be.
    pub async fn ready(&self) {
        self.0.until(|state| state.bytes.len() < PIPE_BYTES || state.reader_closed || state.writer_closed).await;
    }

    /// Writes all of it, waiting for room as often as that takes.
    ///
    /// # Errors
    /// If either end is closed, or is before all is written.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Closed> {
        loop {
            bytes.advance(self.try_write(bytes)?);
            if bytes.is_empty() {
                return Ok(());
            }
            self.ready().await;
        }
    }

    /// Resolves when either end is closed.
    pub async fn closed(&self) {
        self.0.until(|state| state.reader_closed || state.writer_closed).await;
    }

    /// Ends the stream: the reader gets what is left, and then the end.
    pub fn close(&self) {
        self.0.change(|state| state.writer_closed = true);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.close();
    }
}

/// The end that is read from.
#[derive(Debug)]
pub struct PipeReader(Arc<Shared>);

impl PipeReader {
    /// Reads what there is, at most this much.
    pub fn try_read(&self, max: usize) -> Available {
        self.0.change(|state| {
            if state.bytes.is_empty() || (mutant!("the_end_comes_before_the_rest") && state.writer_closed) {
                let over = state.writer_closed || state.reader_closed;
                return if over { Available::End } else { Available::Nothing };
            }
            let count = state.bytes.len().min(max);
            Available::Bytes(state.bytes.split_to(count).freeze())
        })
    }

    /// Resolves when there is something to read, or never will be.
    pub async fn ready(&self) {
        self.0.until(|state| !state.bytes.is_empty() || state.writer_closed || state.reader_closed).await;
    }

    /// Reads all that there is, once there is something. `None` at the end.
    pub async fn read(&self) -> Option<Bytes> {
        loop {
            match self.try_read(PIPE_BYTES) {
                Available::Bytes(bytes) => return Some(bytes),
                Available::End => return None,
                Available::Nothing => self.ready().await,
            }
        }
    }

    /// Reads no more. What has not been read is lost, and the writer is told.
    pub fn close(&self) {
        self.0.change(|state| {
            state.reader_closed = !mutant!("a_reader_goes_silently");
            state.bytes = BytesMut::new();
        });
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::task::{Poll, Waker};

    /// Polls once.
    fn now<T>(future: impl Future<Output = T>) -> Poll<T> {
        let future = std::pin::pin!(future);
        future.poll(&mut std::task::Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_full_pipe_takes_nothing_until_it_is_read() {
        let (writer, reader) = pipe();
        let bytes = vec![7; PIPE_BYTES + 10];
        assert_eq!(writer.try_write(&bytes), Ok(PIPE_BYTES));
        assert_eq!((writer.room(), writer.try_write(&bytes)), (Ok(0), Ok(0)));
        assert!(now(writer.ready()).is_pending());
        assert!(matches!(reader.try_read(3), Available::Bytes(bytes) if bytes.len() == 3));
        assert!(now(writer.ready()).is_ready());
        assert_eq!(writer.try_write(&bytes), Ok(3));
    }

    #[test]
    fn what_was_written_before_the_end_is_read_to_the_end() {
        let (writer, reader) = pipe();
        assert_eq!(reader.try_read(1), Available::Nothing);
        assert!(now(reader.ready()).is_pending());
        writer.try_write(b"last words").unwrap();
        drop(writer);
        assert_eq!(now(reader.read()), Poll::Ready(Some(Bytes::from_static(b"last words"))));
        assert_eq!(now(reader.read()), Poll::Ready(None));
    }

    #[test]
    fn a_writer_is_told_that_its_reader_has_gone() {
        let (writer, reader) = pipe();
        writer.try_write(&[0; PIPE_BYTES]).unwrap();
        assert!(now(writer.closed()).is_pending());
        drop(reader);
        assert_eq!((writer.room(), writer.try_write(b"x")), (Err(Closed), Err(Closed)));
        assert!(now(writer.ready()).is_ready() && now(writer.closed()).is_ready());
    }

    #[test]
    fn a_read_that_waits_ends_when_its_own_end_is_closed() {
        let (_writer, reader) = pipe();
        let mut read = std::pin::pin!(reader.read());
        let mut context = std::task::Context::from_waker(Waker::noop());
        assert!(read.as_mut().poll(&mut context).is_pending());
        reader.close();
        assert_eq!(read.as_mut().poll(&mut context), Poll::Ready(None));
    }

    #[test]
    fn all_bytes_pass_a_pipe_smaller_than_they_are_and_in_order() {
        let (writer, reader) = pipe();
        let sent: Vec<u8> = (0..PIPE_BYTES * 5 + 1).map(|i| (i % 251) as u8).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let expected = sent.clone();
        let writing = runtime.spawn(async move { writer.write_all(&sent).await });
        let received = runtime.block_on(async {
            let mut received = Vec::new();
            while let Some(bytes) = reader.read().await {
                received.extend_from_slice(&bytes);
            }
            received
        });
        assert_eq!(runtime.block_on(writing).unwrap(), Ok(()));
        assert!(received == expected);
    }
}
