//! Answers of instances, for JavaScript.

use super::failure::failure;
use super::js::{Js, JsResult, Unfit};
use super::values::values;
use crate::actor::message::Answer;
use crate::error::WasmError;
use crate::value::Value;

/// An answer.
///
/// # Errors
/// For a value of another environment's, and for what there is no room for.
pub fn answer<J: Js>(js: &mut J, answer: Answer) -> JsResult<J::Value> {
    Ok(match answer {
        // Not undefined: from an op that is done at once, deno_core takes that to mean that it is pending.
        Answer::Done => js.null(),
        Answer::Values(results) => values(js, results)?,
        Answer::Batch(results, failed) => batch(js, results, failed)?,
        // See `large`: its length is a guest's.
        Answer::Exports(_) => return Err(Unfit("a list of exports goes in pieces".to_owned())),
        Answer::Bytes(bytes) => js.bytes(bytes)?,
        Answer::Text(text) => js.string(&text),
        Answer::Pages(number) | Answer::Elements(number) => js.number(number as f64),
        Answer::Fuel(amount) => js.unsigned(amount),
    })
}

/// The results of a batch: bytes of numbers, and the others; `callResults` in `js/convert.js` reads them.
fn batch<J: Js>(js: &mut J, results: Vec<Vec<Value>>, failed: Option<WasmError>) -> JsResult<J::Value> {
    let (mut bytes, mut others) = (Vec::with_capacity(16 * results.len()), Vec::new());
    let mut number = |n: f64| bytes.extend_from_slice(&n.to_ne_bytes());
    for of_call in results {
        match (of_call.len(), of_call.first().and_then(plain_number)) {
            (0, _) => number(0.0),
            (1, Some(result)) => {
                number(1.0);
                number(result);
            }
            _ => {
                number(-1.0);
                others.push(values(js, of_call)?);
            }
        }
    }
    let bytes = js.bytes(bytes)?;
    let others = js.array(&others);
    let failed = match failed {
        Some(error) => failure(js, error),
        None => js.null(),
    };
    Ok(js.array(&[bytes, others, failed]))
}

/// What is a number to JavaScript, and says all of the value.
fn plain_number(value: &Value) -> Option<f64> {
    match value {
        Value::I32(v) => Some(f64::from(*v)),
        Value::F32(bits) => Some(f64::from(f32::from_bits(*bits))).filter(|n| !n.is_nan()),
        Value::F64(bits) => Some(f64::from_bits(*bits)).filter(|n| !n.is_nan()),
        _ => None,
    }
}
