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

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::ServerConfig;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    /// Of a server called `localhost`, and of who says so; and the key of the former.
    const LOCALHOST: &[u8] = include_bytes!("localhost.pem");

    /// What comes of a connection to that server as to the host of this URL, by one who knows these roots.
    async fn connected(url: &str, roots: Option<RootCertStore>) -> Result<(), Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chain: Vec<_> = CertificateDer::pem_slice_iter(LOCALHOST).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(LOCALHOST).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let url = Url::parse(url).unwrap();
        let client = async {
            match roots {
                None => over_tls(stream, &url).await,
                Some(roots) => handshake(stream, &url, Arc::new(client(roots).unwrap())).await,
            }
        };
        tokio::join!(client, acceptor.accept(accepted)).0.map(drop)
    }

    #[tokio::test]
    async fn who_is_not_the_host_by_somebody_who_is_known_is_not_talked_to() {
        let known = || {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::pem_slice_iter(LOCALHOST).nth(1).unwrap().unwrap()).unwrap();
            Some(roots)
        };
        connected("https://localhost/", known()).await.unwrap();
        for (url, roots) in
            [("https://localhost/", None), ("https://example.com/", known()), ("https://127.0.0.1/", known())]
        {
            let refused = connected(url, roots).await;
            assert!(matches!(refused, Err(Error::TlsCertificateError)), "{url} {refused:?}");
        }
    }

    #[tokio::test]
    async fn what_speaks_no_tls_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut accepted, b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let refused = over_tls(stream, &Url::parse("https://localhost/").unwrap()).await;
        assert!(matches!(refused, Err(Error::TlsProtocolError)), "{refused:?}");
    }
}
