//! `wasi:http/types`: headers, the options of a request, and what errors say.

use super::as_it_is::{as_it_is, kept};
use super::failure::code;
use crate::actor::guest::wasi::preview2::guest::Preview2;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi_http::p2::bindings::http::types::{Duration, ErrorCode, Host, HostFields, HostRequestOptions};
use wasmtime_wasi_http::p2::{HeaderError, HeaderResult, HttpError};
use wasmtime_wasi_http::{Error, FieldMap, RequestOptions};

type Options = Resource<RequestOptions>;

impl Host for Preview2 {
    fn convert_error_code(&mut self, error: HttpError) -> Result<ErrorCode> {
        error.downcast()
    }

    fn convert_header_error(
        &mut self,
        error: HeaderError,
    ) -> Result<wasmtime_wasi_http::p2::bindings::http::types::HeaderError> {
        error.downcast()
    }

    fn http_error_code(&mut self, error: Resource<IoError>) -> Result<Option<ErrorCode>> {
        let error = self.table.get(&error)?;
        // What a body is sent with, or what it was read with.
        let sent = error.downcast_ref::<ErrorCode>().cloned();
        Ok(sent.or_else(|| error.downcast_ref::<Error>().map(code)))
    }
}

impl HostFields for Preview2 {
    kept! { HostFields:
        fn new() -> Result<Resource<FieldMap>>;
        fn clone(fields: Resource<FieldMap>) -> Result<Resource<FieldMap>>;
    }
    as_it_is! { HostFields:
        fn get(fields: Resource<FieldMap>, name: String) -> Result<Vec<Vec<u8>>>;
        fn has(fields: Resource<FieldMap>, name: String) -> Result<bool>;
        fn set(fields: Resource<FieldMap>, name: String, values: Vec<Vec<u8>>) -> HeaderResult<()>;
        fn delete(fields: Resource<FieldMap>, name: String) -> HeaderResult<()>;
        fn append(fields: Resource<FieldMap>, name: String, value: Vec<u8>) -> HeaderResult<()>;
        fn entries(fields: Resource<FieldMap>) -> Result<Vec<(String, Vec<u8>)>>;
        fn drop(fields: Resource<FieldMap>) -> Result<()>;
    }

    fn from_list(&mut self, entries: Vec<(String, Vec<u8>)>) -> HeaderResult<Resource<FieldMap>> {
        self.http.held.room(&self.table).map_err(HeaderError::trap)?;
        let made = HostFields::from_list(&mut self.http(), entries);
        self.http.held.keep(&made);
        made
    }
}

impl HostRequestOptions for Preview2 {
    kept! { HostRequestOptions:
        fn new() -> Result<Options>;
    }
    as_it_is! { HostRequestOptions:
        fn connect_timeout(options: Options) -> Result<Option<Duration>>;
        fn set_connect_timeout(options: Options, time: Option<Duration>) -> Result<std::result::Result<(), ()>>;
        fn first_byte_timeout(options: Options) -> Result<Option<Duration>>;
        fn set_first_byte_timeout(options: Options, time: Option<Duration>) -> Result<std::result::Result<(), ()>>;
        fn between_bytes_timeout(options: Options) -> Result<Option<Duration>>;
        fn set_between_bytes_timeout(options: Options, time: Option<Duration>) -> Result<std::result::Result<(), ()>>;
        fn drop(options: Options) -> Result<()>;
    }
}
