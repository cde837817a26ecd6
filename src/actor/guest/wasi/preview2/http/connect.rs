//! From a URL to a connection: its host is looked up once, each address judged, and connected to as it is.

use super::turn::Turn;
use crate::actor::protocol::http::HttpGrant;
use crate::blocking;
use crate::limits::{HTTP_ADDRESSES_MAX, HTTP_LOOKUPS_MAX};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use url::{Host, Url};
use wasmtime_wasi_http::Error;

static LOOKUPS: Semaphore = Semaphore::const_new(HTTP_LOOKUPS_MAX);

/// Connects to where a URL leads, if that may be reached. Several addresses share the time that there is.
pub(super) async fn connect(
    url: &Url,
    grant: &dyn HttpGrant,
    turn: &Arc<Turn>,
    until: Instant,
) -> Result<TcpStream, Error> {
    let found = addresses(url, turn).await?;
    let judged: Vec<SocketAddr> =
        found.into_iter().filter(|address| grant.reaches(url.as_str(), address.ip())).collect();
    let mut failure = Error::DestinationIpProhibited;
    for (tried, address) in judged.iter().enumerate() {
        let left = until.saturating_duration_since(Instant::now()) / (judged.len() - tried) as u32;
        match timeout(left, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // A small request is not to wait for what comes behind it. Best effort.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => failure = Error::ConnectionRefused,
            Ok(Err(_)) => failure = Error::DestinationUnavailable,
            Err(_) => failure = Error::ConnectionTimeout,
        }
    }
    Err(failure)
}

async fn addresses(url: &Url, turn: &Arc<Turn>) -> Result<Vec<SocketAddr>, Error> {
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(Error::HttpRequestUriInvalid);
    };
    match host {
        Host::Ipv4(address) => Ok(vec![(address, port).into()]),
        Host::Ipv6(address) => Ok(vec![(address, port).into()]),
        Host::Domain(name) => match look_up(name.to_owned(), port, turn.clone()).await {
            Ok(found) if !found.is_empty() => Ok(found),
            _ => Err(Error::DnsError { rcode: Some("address not available".to_owned()), info_code: None }),
        },
    }
}

/// Asks the system, which may take long. The turn is over when it has answered, even where nobody waits for that any more.
async fn look_up(name: String, port: u16, turn: Arc<Turn>) -> io::Result<Vec<SocketAddr>> {
    let lookup = LOOKUPS.acquire().await.map_err(io::Error::other)?;
    blocking::run(move || {
        let found = (name.as_str(), port).to_socket_addrs();
        drop((lookup, turn));
        found.map(|found| found.take(HTTP_ADDRESSES_MAX).collect())
    })
    .await?
}
