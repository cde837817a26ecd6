//! What `fetch()` may reach: `file:` URLs that the manifest's `load` grants, and http(s) URLs that its `fetch` grants.
//!
//! `data:` and `blob:` URLs hold their own content and need no grant; other schemes do not exist here.

use super::files::OpenFile;
use crate::blocking;
use crate::caps::{Caps, CapsError, CapsErrorKind};
use deno_core::{CancelFuture, CancelHandle, OpState, url::Url};
use deno_error::JsErrorBox;
use deno_fetch::{
    CancelableResponseFuture, FetchError, FetchHandler, Options, ReqBody, ResBody, ResourceToBodyAdapter,
};
use http_body_util::BodyExt as _;
use std::cell::RefCell;
use std::fs::File;
use std::rc::Rc;

thread_local! {
    /// The grants of the app on this thread: deno_fetch calls [`check_request`] with nothing but the request.
    static GRANTS: RefCell<Caps> = RefCell::new(Caps::denied());
}

/// From here on the requests of this thread are judged by `caps`.
pub(super) fn grant(caps: &Caps) {
    GRANTS.set(caps.clone());
}

/// The options of `deno_fetch`.
pub(super) fn options(caps: &Caps) -> Options {
    Options {
        user_agent: super::user_agent::USER_AGENT.into(),
        request_builder_hook: Some(check_request),
        file_fetch_handler: Rc::new(GrantedFiles(caps.clone())),
        ..Options::default()
    }
}

/// Judges one request, before a connection is made for it. A redirect makes a request of its own, so each hop comes here.
///
/// What is judged is the URI that the connection will go to, not a copy of it.
fn check_request(request: &mut http::Request<ReqBody>) -> Result<(), JsErrorBox> {
    let uri = request.uri().to_string();
    let allowed = Url::parse(&uri).is_ok_and(|url| GRANTS.with_borrow(|caps| caps.fetch_allows(&url)));
    if allowed { Ok(()) } else { Err(denied(&uri, "[capabilities.net] fetch")) }
}

fn denied(url: &str, key: &str) -> JsErrorBox {
    let message = format!("[5009] fetch of {url} is denied: the manifest's {key} does not grant it");
    JsErrorBox::new("WasmHostPermissionDenied", message)
}

/// Answers `fetch("file:…")` with the files that the manifest lets be loaded as modules.
struct GrantedFiles(Caps);

impl FetchHandler for GrantedFiles {
    fn fetch_file(&self, _: &mut OpState, url: &Url) -> (CancelableResponseFuture, Option<Rc<CancelHandle>>) {
        let cancel = CancelHandle::new_rc();
        let (caps, url) = (self.0.clone(), url.clone());
        let response = async move {
            let opened = blocking::run(move || open(&caps, &url).map(|file| (file, url))).await;
            let ((file, length), url) = opened.map_err(JsErrorBox::from_err).flatten().map_err(FetchError::Other)?;
            respond(file, length, &url).map_err(FetchError::Other)
        };
        (Box::pin(response.or_cancel(cancel.clone())), Some(cancel))
    }
}

/// A granted file, and its length.
fn open(caps: &Caps, url: &Url) -> Result<(File, u64), JsErrorBox> {
    let key = "[capabilities.wasm] load";
    let path = url.to_file_path().map_err(|()| denied(url.as_str(), key))?;
    let path = path.to_str().ok_or_else(|| denied(url.as_str(), key))?;
    match caps.open_module(path) {
        Ok(module) => {
            let length = module.file.metadata().map_err(|error| unreadable(url, &error.to_string()))?.len();
            Ok((module.file, length))
        }
        Err(CapsError { kind: CapsErrorKind::Denied, .. }) => Err(denied(url.as_str(), key)),
        Err(error) => Err(unreadable(url, &error.message)),
    }
}

fn unreadable(url: &Url, reason: &str) -> JsErrorBox {
    JsErrorBox::new("WasmHostIoError", format!("[5008] fetch of {url} failed: {reason}"))
}

fn respond(file: File, length: u64, url: &Url) -> Result<http::Response<ResBody>, JsErrorBox> {
    let kind = if url.path().ends_with(".wasm") { "application/wasm" } else { "application/octet-stream" };
    let body = ResourceToBodyAdapter::new(Rc::new(OpenFile::new(file, url.to_string())));
    http::Response::builder()
        .header(http::header::CONTENT_LENGTH, length)
        .header(http::header::CONTENT_TYPE, kind)
        .body(body.boxed())
        .map_err(|error| unreadable(url, &error.to_string()))
}
