//! Replies, for JavaScript: a value or a failure.

use super::failure::failure;
use super::js::Js;
use super::records::Encode;
use crate::error::{ErrorCode, Result, WasmError};

/// A reply for JavaScript: a value, or else a failure.
///
/// # Errors
/// With the failure: both are given to JavaScript, which tells them apart.
pub fn reply<J: Js>(js: &mut J, reply: Result<impl Encode>) -> std::result::Result<J::Value, J::Value> {
    let error = match reply {
        Ok(value) => match value.encode(js) {
            Ok(value) => return Ok(value),
            Err(unfit) => WasmError::new(ErrorCode::Type, unfit.0),
        },
        Err(error) => error,
    };
    Err(failure(js, error))
}
