//! The thread of the inspector, its connections and their bounds.

use super::address::Address;
use super::routes::{self, Answer};
use super::shared::Shared;
use super::token::Token;
use crate::registry::Runtime;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

const THREAD_NAME: &str = "wasm-inspector";
/// Connections at once; who comes later waits until one has ended.
const CONNECTIONS_MAX: usize = 32;
/// How long a connection may last, which is one request and its answer.
const CONNECTION_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the end waits for answers that are under way.
const ANSWERS_PATIENCE: Duration = Duration::from_millis(200);
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The pause after a connection that could not be taken, for want of descriptors for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What an inspector is made with.
pub(crate) struct Options {
    /// Where it listens.
    pub(crate) address: Address,
    /// What each request has to name.
    pub(crate) token: Token,
    /// What the page calls the app.
    pub(crate) app: String,
}

/// A page and metrics for who watches. It ends when this goes; that waits a moment for answers that are under way.
pub(crate) struct Inspector {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Never sent, but gone when the thread is to end.
    alive: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Inspector {
    fn drop(&mut self) {
        drop(self.alive.take());
        // Bounded, as the thread is. Should it have panicked, the log says so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Inspector {
    /// Listens, and starts the thread that answers.
    ///
    /// # Errors
    /// A sentence that names the address, where nobody can listen there.
    pub(crate) fn start(options: Options, runtime: Arc<Runtime>) -> Result<Inspector, String> {
        let Options { address, token, app } = options;
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::AddrInUse => {
                format!("{} is in use by another program; name another port, or 0 for a free one", address.0)
            }
            _ => format!("{}: {error}", address.0),
        };
        let shared = Arc::new(Shared { runtime, token, app, is_loopback: address.is_loopback() });
        let listener = TcpListener::bind(address.0).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (alive, over) = oneshot::channel();
        let thread = start_thread(listener, shared.clone(), over)
            .map_err(|error| format!("no thread for the inspector: {error}"))?;
        Ok(Inspector { address, shared, alive: Some(alive), thread: Some(thread) })
    }

    /// Where the page is, without the token.
    pub(crate) fn url(&self) -> String {
        let ip = self.address.ip();
        // No browser connects to "any address".
        let ip = if ip.is_unspecified() { SocketAddr::from(([127, 0, 0, 1], 0)).ip() } else { ip };
        format!("http://{}/", SocketAddr::new(ip, self.address.port()))
    }

    /// The same with the token: whoever has this can end guests.
    pub(crate) fn url_with_token(&self) -> String {
        format!("{}?token={}", self.url(), self.shared.token.reveal())
    }
}

fn start_thread(listener: TcpListener, shared: Arc<Shared>, over: oneshot::Receiver<()>) -> io::Result<JoinHandle<()>> {
    listener.set_nonblocking(true)?;
    let events = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let listener = {
        let _entered = events.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
        events.block_on(async {
            let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
            tokio::select! {
                () = accept(listener, &shared, &places) => {}
                _ = over => {}
            }
            // The end of an instance may be the end of the app, and who asked for it is to hear of it.
            let _ = timeout(ANSWERS_PATIENCE, places.acquire_many(CONNECTIONS_MAX as u32)).await;
        });
        events.shutdown_background();
    })
}

async fn accept(listener: tokio::net::TcpListener, shared: &Arc<Shared>, places: &Arc<Semaphore>) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, shared.clone(), place))),
            Err(error) => {
                tracing::warn!(%error, "the inspector takes no connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One request and its answer.
async fn connection(stream: TcpStream, shared: Arc<Shared>, _place: OwnedSemaphorePermit) {
    let service = service_fn(|request: Request<Incoming>| {
        let shared = shared.clone();
        // Nothing has a body that is of use.
        let (head, _) = request.into_parts();
        async move { Ok::<Answer, Infallible>(routes::answer(&shared, &head).await) }
    });
    let served = http1::Builder::new()
        .keep_alive(false)
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever goes away, or sends what is no request, is nobody's concern.
    let _ = timeout(CONNECTION_TIME_MAX, served).await;
}
