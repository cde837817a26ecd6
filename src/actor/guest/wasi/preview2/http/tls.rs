//! TLS over a connection: certificates are verified, by the authorities that browsers know.

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};
use wasmtime_wasi_http::Error;

static CLIENT: OnceLock<Result<Arc<ClientConfig>, rustls::Error>> = OnceLock::new();

/// The stream to the host of a URL, which has proven that it is that host.
pub(super) async fn over_tls(stream: TcpStream, url: &Url) -> Result<TlsStream<TcpStream>, Error> {
    let roots = || RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.into() };
    let client = CLIENT.get_or_init(|| client(roots()).map(Arc::new));
    let client = client.clone().map_err(|_| Error::TlsProtocolError)?;
    handshake(stream, url, client).await
}

/// Nothing is kept of a connection for the next one, which may be another component's.
fn client(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let mut client = builder.with_safe_default_protocol_versions()?.with_root_certificates(roots).with_no_client_auth();
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    client.resumption = rustls::client::Resumption::disabled();
    Ok(client)
}

async fn handshake(stream: TcpStream, url: &Url, client: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, Error> {
    let name = match url.host() {
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
        Some(Host::Ipv4(address)) => Some(ServerName::from(IpAddr::V4(address))),
        Some(Host::Ipv6(address)) => Some(ServerName::from(IpAddr::V6(address))),
        None => None,
    };
    let name = name.ok_or(Error::HttpRequestUriInvalid)?;
    TlsConnector::from(client).connect(name, stream).await.map_err(failure)
}

fn failure(error: io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: alert.as_str().map(str::to_owned),
        },
        _ => Error::TlsProtocolError,
    }
}
