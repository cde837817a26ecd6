//! What goes wrong with a request that was sent, in the words of `wasi:http`.

use std::error::Error as _;
use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

/// What hyper says of a connection. What it says of it in its own words would go to the log, by each guest that likes.
pub(super) fn of_hyper(error: hyper::Error) -> Error {
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if error.is_incomplete_message() {
        return Error::HttpResponseIncomplete;
    }
    let broken = error.source().is_some_and(|source| source.is::<std::io::Error>());
    if broken || error.is_closed() || error.is_canceled() {
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
