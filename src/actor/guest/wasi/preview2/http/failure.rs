//! What goes wrong with a request that was sent, in the words of `wasi:http`.

use std::error::Error as _;
use std::io;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

/// What hyper says of a connection. What it says of it in its own words would go to the log, by each guest that likes.
pub(super) fn of_hyper(error: hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    let system = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_incomplete_message() || system == Some(io::ErrorKind::UnexpectedEof) {
        return Error::HttpResponseIncomplete;
    }
    if system.is_some() || error.is_closed() || error.is_canceled() {
        Error::ConnectionTerminated
    } else {
        Error::HttpProtocolError
    }
}

/// The code of an error that ended a body while it was read.
pub(super) fn code(error: &Error) -> ErrorCode {
    match error {
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseHeaderSectionSize(size) => ErrorCode::HttpResponseTrailerSectionSize(*size),
        _ => ErrorCode::HttpProtocolError,
    }
}
