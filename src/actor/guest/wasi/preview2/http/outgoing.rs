//! `wasi:http/outgoing-handler`, and of `wasi:http/types` the requests that go out by it.

use super::as_it_is::{as_it_is, kept};
use crate::actor::guest::wasi::preview2::guest::Preview2;
use crate::limits::HTTP_TEXT_BYTES_MAX;
use bytes::Bytes;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamResult};
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler;
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingBody, HostOutgoingRequest, Method, Scheme};
use wasmtime_wasi_http::p2::body::HostOutgoingBody as Body;
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest as Request};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};
use wasmtime_wasi_http::{FieldMap, RequestOptions, WasiHttpCtxView};

/// Whether something can be so.
type Set = std::result::Result<(), ()>;

impl outgoing_handler::Host for Preview2 {
    fn handle(
        &mut self,
        request: Resource<Request>,
        options: Option<Resource<RequestOptions>>,
    ) -> HttpResult<Resource<HostFutureIncomingResponse>> {
        self.http.held.room(&self.table).map_err(HttpError::trap)?;
        // Without a path it is that of the host alone.
        self.table.get_mut(&request)?.path_with_query.get_or_insert_with(|| "/".to_owned());
        let given = options.as_ref().map(Resource::rep);
        let pending = outgoing_handler::Host::handle(&mut self.http(), request, options);
        if let Some(given) = given {
            // The options are the host's now, and nobody else gives their number back.
            self.table.delete(Resource::<RequestOptions>::new_own(given))?;
        }
        let pending = pending?;
        if let Some(refused) = self.http.refused() {
            self.table.delete(pending)?;
            return Err(refused.into());
        }
        self.http.held.keep(&pending);
        Ok(pending)
    }
}

/// No text that is kept is longer than this.
fn is_short(text: &str) -> bool {
    text.len() <= HTTP_TEXT_BYTES_MAX
}

impl HostOutgoingRequest for Preview2 {
    kept! { HostOutgoingRequest:
        fn new(headers: Resource<FieldMap>) -> Result<Resource<Request>>;
        fn body(request: Resource<Request>) -> Result<std::result::Result<Resource<Body>, ()>>;
        fn headers(request: Resource<Request>) -> Result<Resource<FieldMap>>;
    }
    as_it_is! { HostOutgoingRequest:
        fn method(request: Resource<Request>) -> Result<Method>;
        fn path_with_query(request: Resource<Request>) -> Result<Option<String>>;
        fn scheme(request: Resource<Request>) -> Result<Option<Scheme>>;
        fn authority(request: Resource<Request>) -> Result<Option<String>>;
        fn drop(request: Resource<Request>) -> Result<()>;
    }

    fn set_method(&mut self, request: Resource<Request>, method: Method) -> Result<Set> {
        match &method {
            Method::Other(name) if !is_short(name) => Ok(Err(())),
            _ => HostOutgoingRequest::set_method(&mut self.http(), request, method),
        }
    }

    fn set_path_with_query(&mut self, request: Resource<Request>, path: Option<String>) -> Result<Set> {
        match &path {
            Some(path) if !is_short(path) => Ok(Err(())),
            _ => HostOutgoingRequest::set_path_with_query(&mut self.http(), request, path),
        }
    }

    fn set_scheme(&mut self, request: Resource<Request>, scheme: Option<Scheme>) -> Result<Set> {
        match &scheme {
            Some(Scheme::Other(name)) if !is_short(name) => Ok(Err(())),
            _ => HostOutgoingRequest::set_scheme(&mut self.http(), request, scheme),
        }
    }

    fn set_authority(&mut self, request: Resource<Request>, authority: Option<String>) -> Result<Set> {
        match &authority {
            Some(authority) if !is_short(authority) => Ok(Err(())),
            _ => HostOutgoingRequest::set_authority(&mut self.http(), request, authority),
        }
    }
}

impl HostOutgoingBody for Preview2 {
    as_it_is! { HostOutgoingBody:
        fn drop(body: Resource<Body>) -> Result<()>;
    }

    fn write(&mut self, body: Resource<Body>) -> Result<std::result::Result<Resource<DynOutputStream>, ()>> {
        let Some(stream) = self.table.get_mut(&body)?.take_output_stream() else { return Ok(Err(())) };
        let stream: DynOutputStream = Box::new(Upload(stream));
        Ok(Ok(self.table.push_child(stream, &body)?))
    }

    fn finish(&mut self, body: Resource<Body>, trailers: Option<Resource<FieldMap>>) -> HttpResult<()> {
        <WasiHttpCtxView<'_> as HostOutgoingBody>::finish(&mut self.http(), body, trailers)
    }
}

/// The stream of a body that goes out. Pieces of nothing, which each flush makes, take no place in what is kept until it is sent.
struct Upload(DynOutputStream);

#[async_trait]
impl OutputStream for Upload {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.is_empty() { self.0.flush() } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.0.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.check_write()
    }
}

#[async_trait]
impl Pollable for Upload {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}
