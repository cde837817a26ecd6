//! The program's ends of an instance's standard streams.

use crate::actor::pipe::{Available, PipeReader, PipeWriter};
use std::fmt;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What waits for a pipe to change.
type Ready = Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>;

/// Waits on, if somebody waits: to look at the pipe meanwhile would tell all that wait for a change, and wake them for nothing.
fn poll_waiting(waiting: &mut Ready, context: &mut Context<'_>) -> Poll<()> {
    if let Some(ready) = waiting {
        ready!(ready.as_mut().poll(context));
        *waiting = None;
    }
    Poll::Ready(())
}

/// Where an instance reads from, if its input is [piped](super::Input::Piped). What is written waits in a pipe of 64 KiB; a full one makes the
/// writer wait.
///
/// The guest reads the end once this is shut down or dropped. Once the instance has ended, writing fails with
/// [`BrokenPipe`](ErrorKind::BrokenPipe).
pub struct InstanceStdin {
    pipe: Arc<PipeWriter>,
    waiting: Ready,
}

impl InstanceStdin {
    pub(super) fn new(pipe: PipeWriter) -> Self {
        InstanceStdin { pipe: Arc::new(pipe), waiting: None }
    }
}

impl AsyncWrite for InstanceStdin {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = &mut *self;
        loop {
            ready!(poll_waiting(&mut this.waiting, context));
            match this.pipe.try_write(bytes) {
                Ok(0) if !bytes.is_empty() => {}
                Ok(count) => return Poll::Ready(Ok(count)),
                Err(_) => {
                    return Poll::Ready(Err(Error::new(ErrorKind::BrokenPipe, "nobody reads this input any more")));
                }
            }
            let pipe = this.pipe.clone();
            this.waiting = Some(Box::pin(async move { pipe.ready().await }));
        }
    }

    /// What is written is in the pipe.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.pipe.close();
        Poll::Ready(Ok(()))
    }
}

impl Drop for InstanceStdin {
    fn drop(&mut self) {
        // The one that waits may hold the pipe for longer.
        self.pipe.close();
    }
}

/// What an instance writes, if its output is [piped](super::Output::Piped). A guest that nobody reads waits, once it has written 64 KiB.
///
/// Ends once the instance has ended and all that it wrote has been read. To drop this closes the pipe: the guest's next write fails.
pub struct InstanceStdout {
    pipe: Arc<PipeReader>,
    waiting: Ready,
}

impl InstanceStdout {
    pub(super) fn new(pipe: PipeReader) -> Self {
        InstanceStdout { pipe: Arc::new(pipe), waiting: None }
    }
}

impl AsyncRead for InstanceStdout {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        if room.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            ready!(poll_waiting(&mut this.waiting, context));
            match this.pipe.try_read(room.remaining()) {
                Available::Bytes(bytes) => {
                    room.put_slice(&bytes);
                    return Poll::Ready(Ok(()));
                }
                Available::End => return Poll::Ready(Ok(())),
                Available::Nothing => {}
            }
            let pipe = this.pipe.clone();
            this.waiting = Some(Box::pin(async move { pipe.ready().await }));
        }
    }
}

impl Drop for InstanceStdout {
    fn drop(&mut self) {
        self.pipe.close();
    }
}

impl fmt::Debug for InstanceStdin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceStdin")
    }
}

impl fmt::Debug for InstanceStdout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceStdout")
    }
}
