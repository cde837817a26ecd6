//! `wasi:http/types`: responses, as they come in. What a component would be asked by, and would answer with, is here as well: nobody asks.

use super::as_it_is::{as_it_is, kept};
use crate::actor::guest::wasi::preview2::guest::Preview2;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynPollable};
use wasmtime_wasi_http::FieldMap;
use wasmtime_wasi_http::p2::HttpResult;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, HostFutureIncomingResponse, HostFutureTrailers, HostIncomingBody, HostIncomingRequest,
    HostIncomingResponse, HostOutgoingResponse, HostResponseOutparam, Method, Scheme, StatusCode,
};
use wasmtime_wasi_http::p2::body::{
    HostFutureTrailers as Trailers, HostIncomingBody as Body, HostOutgoingBody as OutgoingBody,
};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse as Pending, HostIncomingRequest as Request, HostIncomingResponse as Response,
    HostOutgoingResponse as Answer, HostResponseOutparam as Outparam,
};

/// What can be had once.
type Once<T> = std::result::Result<T, ()>;
/// What may have failed.
type Done<T> = std::result::Result<T, ErrorCode>;

impl HostFutureIncomingResponse for Preview2 {
    kept! { HostFutureIncomingResponse:
        fn get(pending: Resource<Pending>) -> Result<Option<Once<Done<Resource<Response>>>>>;
    }
    as_it_is! { HostFutureIncomingResponse:
        fn subscribe(pending: Resource<Pending>) -> Result<Resource<DynPollable>>;
        fn drop(pending: Resource<Pending>) -> Result<()>;
    }
}

impl HostIncomingResponse for Preview2 {
    kept! { HostIncomingResponse:
        fn headers(response: Resource<Response>) -> Result<Resource<FieldMap>>;
        fn consume(response: Resource<Response>) -> Result<Once<Resource<Body>>>;
    }
    as_it_is! { HostIncomingResponse:
        fn status(response: Resource<Response>) -> Result<StatusCode>;
        fn drop(response: Resource<Response>) -> Result<()>;
    }
}

impl HostIncomingBody for Preview2 {
    kept! { HostIncomingBody:
        fn finish(body: Resource<Body>) -> Result<Resource<Trailers>>;
    }
    as_it_is! { HostIncomingBody:
        fn stream(body: Resource<Body>) -> Result<Once<Resource<DynInputStream>>>;
        fn drop(body: Resource<Body>) -> Result<()>;
    }
}

impl HostFutureTrailers for Preview2 {
    kept! { HostFutureTrailers:
        fn get(trailers: Resource<Trailers>) -> Result<Option<Once<Done<Option<Resource<FieldMap>>>>>>;
    }
    as_it_is! { HostFutureTrailers:
        fn subscribe(trailers: Resource<Trailers>) -> Result<Resource<DynPollable>>;
        fn drop(trailers: Resource<Trailers>) -> Result<()>;
    }
}

impl HostIncomingRequest for Preview2 {
    kept! { HostIncomingRequest:
        fn headers(request: Resource<Request>) -> Result<Resource<FieldMap>>;
        fn consume(request: Resource<Request>) -> Result<Once<Resource<Body>>>;
    }
    as_it_is! { HostIncomingRequest:
        fn method(request: Resource<Request>) -> Result<Method>;
        fn path_with_query(request: Resource<Request>) -> Result<Option<String>>;
        fn scheme(request: Resource<Request>) -> Result<Option<Scheme>>;
        fn authority(request: Resource<Request>) -> Result<Option<String>>;
        fn drop(request: Resource<Request>) -> Result<()>;
    }
}

impl HostOutgoingResponse for Preview2 {
    kept! { HostOutgoingResponse:
        fn new(headers: Resource<FieldMap>) -> Result<Resource<Answer>>;
        fn body(answer: Resource<Answer>) -> Result<Once<Resource<OutgoingBody>>>;
        fn headers(answer: Resource<Answer>) -> Result<Resource<FieldMap>>;
    }
    as_it_is! { HostOutgoingResponse:
        fn status_code(answer: Resource<Answer>) -> Result<StatusCode>;
        fn set_status_code(answer: Resource<Answer>, status: StatusCode) -> Result<Once<()>>;
        fn drop(answer: Resource<Answer>) -> Result<()>;
    }
}

impl HostResponseOutparam for Preview2 {
    as_it_is! { HostResponseOutparam:
        fn set(to: Resource<Outparam>, answer: Done<Resource<Answer>>) -> Result<()>;
        fn send_informational(to: Resource<Outparam>, status: u16, headers: Resource<FieldMap>) -> HttpResult<()>;
        fn drop(to: Resource<Outparam>) -> Result<()>;
    }
}
