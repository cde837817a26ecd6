//! What there is to ask for.

use super::guard::{self, Refusal};
use super::shared::Shared;
use super::{page, report};
use crate::actor::control::StopReason;
use crate::registry::InstanceId;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use std::time::Duration;
use tokio::time::timeout;

pub(super) type Answer = Response<Full<Bytes>>;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long a request to end an instance waits for its thread. The instance has ended for everybody before that.
const END_PATIENCE: Duration = Duration::from_secs(5);
/// Why an instance was ended, as the app is told.
const BY_THE_PAGE: &str = "by hand, from the inspector's page";

/// Answers a request, whatever it is.
pub(super) async fn answer(shared: &Shared, request: &Parts) -> Answer {
    let mut answer = match guard::check(shared, request) {
        Ok(()) => route(shared, &request.method, request.uri.path()).await,
        Err(refusal) => refused(refusal),
    };
    page::protect(answer.headers_mut());
    answer
}

async fn route(shared: &Shared, method: &Method, path: &str) -> Answer {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match path {
        "/" | "/metrics" | "/api/snapshot" if !reads => not_with(method, "GET, HEAD"),
        "/" => page(),
        "/metrics" => with(PROMETHEUS, shared.runtime.snapshot().to_prometheus()),
        "/api/snapshot" => with(JSON, report::json(&shared.runtime.snapshot(), &shared.app)),
        _ => match instance_to_end(path) {
            Some(_) if *method != Method::POST => not_with(method, "POST"),
            Some(id) => end(shared, id).await,
            None => refused((StatusCode::NOT_FOUND, "there is /, /metrics and /api/snapshot")),
        },
    }
}

/// The id in `/api/instances/ID/terminate`.
fn instance_to_end(path: &str) -> Option<u64> {
    let id = path.strip_prefix("/api/instances/")?.strip_suffix("/terminate")?;
    id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.parse().ok()).flatten()
}

fn page() -> Answer {
    match page::made() {
        Ok((html, policy)) => {
            let mut answer = with(HTML, html);
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            answer
        }
        Err(_) => refused((StatusCode::INTERNAL_SERVER_ERROR, "the system has no random numbers")),
    }
}

async fn end(shared: &Shared, id: u64) -> Answer {
    let end = shared.runtime.end(InstanceId(id), StopReason::Terminated(Some(BY_THE_PAGE.to_owned())));
    match timeout(END_PATIENCE, end).await {
        Ok(Ok(())) => with(JSON, r#"{"gone":true}"#.to_owned()),
        Ok(Err(error)) => {
            let mut answer = with(TEXT, format!("{error}\n"));
            *answer.status_mut() = StatusCode::NOT_FOUND;
            answer
        }
        // Nothing of it has an effect any more, but its thread is still at one long instruction.
        Err(_) => with(JSON, r#"{"gone":false}"#.to_owned()),
    }
}

fn with(kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::from(body));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn refused((status, why): Refusal) -> Answer {
    let mut answer = with(TEXT, format!("{why}\n"));
    *answer.status_mut() = status;
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    answer
}

fn not_with(method: &Method, allowed: &'static str) -> Answer {
    tracing::debug!(%method, "the inspector was asked with another method");
    let mut answer = refused((StatusCode::METHOD_NOT_ALLOWED, "not with this method"));
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}
