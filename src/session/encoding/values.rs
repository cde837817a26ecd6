//! Values of guests, for JavaScript.

use super::js::{Js, JsResult, Unfit};
use crate::error::WasmError;
use crate::value::{ExternValue, Value};

/// An array of values.
pub(super) fn values<J: Js>(js: &mut J, values: Vec<Value>) -> JsResult<J::Value> {
    let values: JsResult<Vec<_>> = values.into_iter().map(|one| value(js, one)).collect();
    Ok(js.array(&values?))
}

pub(super) fn value<J: Js>(js: &mut J, value: Value) -> JsResult<J::Value> {
    Ok(match value {
        Value::I32(v) => js.integer(v),
        Value::I64(v) => js.signed(v),
        Value::F32(bits) => js.number(f64::from(f32::from_bits(bits))),
        Value::F64(bits) => js.number(f64::from_bits(bits)),
        Value::V128(v) => js.bytes(v.to_le_bytes().to_vec())?,
        Value::Null => js.null(),
        Value::Extern(value) => {
            let foreign = || Unfit(WasmError::foreign_value("a result").message);
            extern_value(js, &value).ok_or_else(foreign)?
        }
        Value::Func(func) => js.function(func),
        Value::Encoded(values) => {
            let (bytes, text) = (js.bytes(values.bytes)?, js.string(&values.text));
            js.array(&[bytes, text])
        }
    })
}

fn extern_value<J: Js>(js: &mut J, value: &ExternValue) -> Option<J::Value> {
    Some(match value {
        ExternValue::Undefined => js.undefined(),
        ExternValue::Number(bits) => js.number(f64::from_bits(*bits)),
        ExternValue::BigInt(v) => match i64::try_from(*v) {
            Ok(signed) => js.signed(signed),
            // No smaller than 2^63, and below 2^64.
            Err(_) => js.unsigned(*v as u64),
        },
        ExternValue::Host(value) => return js.kept(value),
    })
}
