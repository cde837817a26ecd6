//! The body of a response, as it comes. Nothing is read from the connection that nobody asks for, but one piece.

use super::failure::of_hyper;
use super::turn::Turn;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

pub(super) struct Reply {
    incoming: Incoming,
    between_bytes: Duration,
    /// Since somebody waits for the next piece: a component that takes its time costs the server none of its own.
    waiting: Option<Pin<Box<Sleep>>>,
    /// The next request may begin when all of it has been read, or nobody wants it.
    _turn: Arc<Turn>,
}

impl Reply {
    pub(super) fn new(incoming: Incoming, between_bytes: Duration, turn: Arc<Turn>) -> Self {
        Reply { incoming, between_bytes, waiting: None, _turn: turn }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let reply = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut reply.incoming).poll_frame(cx) {
            reply.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(of_hyper)));
        }
        let between_bytes = reply.between_bytes;
        ready!(reply.waiting.get_or_insert_with(|| Box::pin(sleep(between_bytes))).as_mut().poll(cx));
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
