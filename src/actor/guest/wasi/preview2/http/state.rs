//! What a component has of HTTP, and whether a request of it is sent.

use super::held::Held;
use super::send::{Order, Sent, Times, send};
use crate::actor::protocol::http::HttpGrant;
use crate::limits::{
    HTTP_FIELDS_BYTES_MAX, HTTP_HEADERS_MAX, HTTP_PIECE_BYTES_MAX, HTTP_PIECES_MAX, HTTP_REQUESTS_MAX,
};
use http::header::HOST;
use http::{HeaderValue, Method, Request, Uri};
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::{Position, Url};
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks};

/// See above.
pub(crate) struct Http {
    context: WasiHttpCtx,
    requests: Requests,
    pub(super) held: Held,
}

impl Http {
    pub(crate) fn new(grant: Option<Arc<dyn HttpGrant>>) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(HTTP_FIELDS_BYTES_MAX);
        let requests = Requests { grant, turns: Arc::new(Semaphore::new(HTTP_REQUESTS_MAX)), refused: None };
        Http { context, requests, held: Held::default() }
    }

    /// For a call.
    pub(crate) fn view<'a>(&'a mut self, table: &'a mut ResourceTable) -> WasiHttpCtxView<'a> {
        WasiHttpCtxView { hooks: &mut self.requests, table, ctx: &mut self.context }
    }

    /// Why the request that was to be sent just now is not.
    pub(super) fn refused(&mut self) -> Option<ErrorCode> {
        self.requests.refused.take()
    }
}

struct Requests {
    grant: Option<Arc<dyn HttpGrant>>,
    /// One for each request that may be under way.
    turns: Arc<Semaphore>,
    refused: Option<ErrorCode>,
}

impl Requests {
    /// A request that may be sent. What is sent is what was judged: the URL in its normal form.
    fn judged(&self, mut request: Request<WasiBody>, options: RequestOptions) -> Result<Order, ErrorCode> {
        let grant = self.grant.clone().ok_or(ErrorCode::HttpRequestDenied)?;
        // It would ask the server for a way to somewhere else.
        if request.method() == Method::CONNECT {
            return Err(ErrorCode::HttpRequestMethodInvalid);
        }
        if request.headers().len() > HTTP_HEADERS_MAX {
            return Err(ErrorCode::HttpRequestHeaderSectionSize(None));
        }
        let invalid = ErrorCode::HttpRequestUriInvalid;
        let url = Url::parse(&request.uri().to_string()).map_err(|_| invalid.clone())?;
        if !grant.allows(url.as_str()) {
            return Err(ErrorCode::HttpRequestDenied);
        }
        let path = &url[Position::BeforePath..Position::AfterQuery];
        *request.uri_mut() = Uri::try_from(path).map_err(|_| invalid.clone())?;
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(|_| invalid)?;
        request.headers_mut().insert(HOST, host);
        Ok(Order { request, url, grant, times: Times::within(options), turns: self.turns.clone() })
    }
}

impl WasiHttpHooks for Requests {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        match self.judged(request, options.unwrap_or_default()) {
            Ok(order) => Box::new(send(order)),
            Err(refused) => {
                self.refused = Some(refused);
                Box::new(async { Err(Error::HttpRequestDenied) })
            }
        }
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        HTTP_PIECES_MAX
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        HTTP_PIECE_BYTES_MAX
    }
}
