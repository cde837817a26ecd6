//! Sends a request that may be sent, on a connection of its own. It ends with the future that waits for it, or with the body of the response.

use super::connect::connect;
use super::failure::of_hyper;
use super::reply::Reply;
use super::tls::over_tls;
use super::turn::Turn;
use crate::actor::protocol::http::HttpGrant;
use crate::limits::{
    HTTP_BETWEEN_BYTES_MAX, HTTP_CONNECT_MAX, HTTP_FIRST_BYTE_MAX, HTTP_HEADERS_MAX, HTTP_RESPONSE_BYTES_MAX,
};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;
use wasmtime_wasi::runtime::spawn;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// A response whose body is still to come, and what has to go on for that.
pub(super) type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

/// A request that may be sent.
pub(super) struct Order {
    pub(super) request: Request<WasiBody>,
    pub(super) url: Url,
    pub(super) grant: Arc<dyn HttpGrant>,
    pub(super) times: Times,
    pub(super) turns: Arc<Semaphore>,
}

/// How long each step may take.
pub(super) struct Times {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Times {
    /// As the component wants it, within the host's bounds.
    pub(super) fn within(options: RequestOptions) -> Times {
        let within = |wanted: Option<Duration>, most| wanted.unwrap_or(most).min(most);
        Times {
            connect: within(options.connect_timeout, HTTP_CONNECT_MAX),
            first_byte: within(options.first_byte_timeout, HTTP_FIRST_BYTE_MAX),
            between_bytes: within(options.between_bytes_timeout, HTTP_BETWEEN_BYTES_MAX),
        }
    }
}

/// Sends it, and resolves when the head of the response is there.
pub(super) async fn send(order: Order) -> Sent {
    let Order { request, url, grant, times, turns } = order;
    let until = Instant::now() + times.connect;
    let turn = timeout_at(until, Turn::of(turns)).await.map_err(|_| Error::ConnectionLimitReached)??;
    let connected = timeout_at(until, connect(&url, &*grant, &turn, until));
    let stream = connected.await.map_err(|_| Error::ConnectionTimeout)??;
    if url.scheme() == "http" {
        return exchange(stream, request, times, turn).await;
    }
    let stream = timeout_at(until, over_tls(stream, &url)).await.map_err(|_| Error::ConnectionTimeout)??;
    exchange(stream, request, times, turn).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<WasiBody>,
    times: Times,
    turn: Arc<Turn>,
) -> Sent {
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(HTTP_HEADERS_MAX)
        .max_header_size(HTTP_RESPONSE_BYTES_MAX)
        .max_buf_size(HTTP_RESPONSE_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(of_hyper)?;
    // Ends with the handle. What is wrong with the connection is told by the response or its body.
    let connection = spawn(connection);
    let sent = timeout(times.first_byte, sender.send_request(request)).await;
    let response = sent.map_err(|_| Error::ConnectionReadTimeout)?.map_err(of_hyper)?;
    let response = response.map(|incoming| Reply::new(incoming, times.between_bytes, turn).boxed_unsync());
    let going_on = async move {
        let _ = connection.await;
        Ok(())
    };
    Ok((response, Box::new(going_on)))
}
