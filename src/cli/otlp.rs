//! `--otlp`: the spans of the log go to an OpenTelemetry collector, by OTLP over HTTP.
//!
//! The SDK has a thread of its own that sends what has ended, in batches of a bounded queue: neither a guest nor the app waits for a collector, and
//! what a collector does not take in time is lost.

use crate::terminal::{Label, say};
use clap::Args;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use parking_lot::Mutex;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

/// What is sent: instances, compilations, calls and host calls.
const FILTER: &str = "runtime_wasm=debug";
/// How the collector knows us, unless OTEL_SERVICE_NAME says otherwise.
const SERVICE_NAME: &str = "runtime-wasm";
/// How long one batch may take.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the end of the run waits for the last batch.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(3);
/// Bytes of a collector's answer.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Whether to send spans.
#[derive(Args, Debug)]
pub(super) struct Otlp {
    /// Send spans to an OpenTelemetry collector: to URL (OTLP over HTTP), or where OTEL_EXPORTER_OTLP_ENDPOINT says, or to localhost:4318
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    otlp: Option<String>,
}

/// Sends what has ended and not been sent when it goes.
pub(super) struct Sending(SdkTracerProvider);

impl Drop for Sending {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_TIME_MAX) {
            say(Label::Warning, &format!("--otlp: not all spans were sent: {error}"));
        }
    }
}

impl Otlp {
    /// What takes the spans, if they are to be sent.
    ///
    /// # Errors
    /// A sentence for a URL that is none.
    pub(super) fn layer<S>(&self) -> Result<Option<(Box<dyn Layer<S> + Send + Sync>, Sending)>, String>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let Some(url) = &self.otlp else { return Ok(None) };
        let failed = |error: &dyn fmt::Display| format!("--otlp: {error}");
        let sender = Sender::new().map_err(|error| failed(&error))?;
        let mut exporter = SpanExporter::builder().with_http().with_http_client(sender);
        if !url.is_empty() {
            exporter = exporter.with_endpoint(format!("{}/v1/traces", url.trim_end_matches('/')));
        }
        let exporter = exporter.build().map_err(|error| failed(&error))?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(SERVICE_NAME);
        }
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE_NAME));
        let layer = layer.with_filter(EnvFilter::new(FILTER)).boxed();
        Ok(Some((layer, Sending(provider))))
    }
}

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Sends batches. Its event loop turns on the SDK's own thread, while that sends.
struct Sender {
    events: Mutex<Runtime>,
    client: Http,
}

impl Sender {
    fn new() -> Result<Sender, Box<dyn std::error::Error + Send + Sync>> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        let events = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Sender { events: Mutex::new(events), client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    async fn sent(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = self.client.request(request.map(Full::new)).await?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
        Ok(Response::from_parts(head, body))
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait::async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // The thread has nothing else to do.
        self.events.lock().block_on(async { timeout(SEND_TIME_MAX, self.sent(request)).await })?
    }
}
