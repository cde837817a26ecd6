//! Values between JavaScript and the runtime.
//!
//! An argument is read as what it is, not as what it should become: that is decided by the export's signature, in the
//! actor. A result goes back as JavaScript's own value; a failure as `{ failure: code, message, … }`, which no success
//! looks like. Properties are defined, never assigned: an assignment asks the setters of prototypes, which are the app's.

use super::values;
use crate::actor::message::{Answer, Call, Outcome};
use crate::ended::Ended;
use crate::error::{ErrorCode, FailedCall, Result, WasmError};
use crate::value::{Arg, FuncValue, HostRef, RawValue, Value};
use deno_core::convert::Uint8Array;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{FromV8, ToV8};
use deno_error::JsErrorBox;
use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The arguments of a call: an array of values, or of `[type, value]` pairs where `js/convert.js` found a typed one.
pub(super) struct Args(pub Vec<Arg>);

impl<'a> FromV8<'a> for Args {
    type Error = JsErrorBox;

    fn from_v8<'i>(scope: &mut PinScope<'a, 'i>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox> {
        let bug = || JsErrorBox::type_error("arguments that js/convert.js did not make");
        let array: Local<v8::Array> = value.try_into().map_err(|_| bug())?;
        let mut args = Vec::with_capacity(array.length() as usize);
        for index in 0..array.length() {
            let item = array.get_index(scope, index).ok_or_else(bug)?;
            args.push(arg(scope, item).ok_or_else(bug)?);
        }
        Ok(Args(args))
    }
}

/// The elements of an array of the JavaScript of ours.
pub(super) struct List<T>(Vec<T>);

impl<'a, T: Element> FromV8<'a> for List<T> {
    type Error = JsErrorBox;

    fn from_v8<'i>(scope: &mut PinScope<'a, 'i>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox> {
        let bug = || JsErrorBox::type_error("a list that js/convert.js did not make");
        let array: Local<v8::Array> = value.try_into().map_err(|_| bug())?;
        let mut items = Vec::with_capacity(array.length() as usize);
        for index in 0..array.length() {
            let item = array.get_index(scope, index).ok_or_else(bug)?;
            items.push(T::read(scope, item)?);
        }
        Ok(List(items))
    }
}

/// What a list can be of.
pub(super) trait Element: Sized {
    fn read<'a>(scope: &mut PinScope<'a, '_>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox>;
}

impl Element for String {
    fn read<'a>(scope: &mut PinScope<'a, '_>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox> {
        Ok(value.to_rust_string_lossy(scope))
    }
}

impl Element for Args {
    fn read<'a>(scope: &mut PinScope<'a, '_>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox> {
        Args::from_v8(scope, value)
    }
}

/// The calls of a batch, as `asCalls` in `js/convert.js` has spelled them out.
pub(super) fn calls(numbers: &[u8], names: List<String>, others: List<Args>) -> Vec<Call> {
    /// In the place of a number of arguments.
    const OTHERS: u64 = 2047;
    let (words, _) = numbers.as_chunks();
    let mut numbers = words.iter().map(|word| f64::from_ne_bytes(*word));
    let names: Vec<Arc<str>> = names.0.into_iter().map(Into::into).collect();
    let mut others = others.0.into_iter();
    let mut calls = Vec::new();
    while let Some(head) = numbers.next() {
        let head = head as u64;
        let args = match head % (OTHERS + 1) {
            OTHERS => others.next().map(|args| args.0).unwrap_or_default(),
            many => numbers.by_ref().take(many as usize).map(|n| Arg::inferred(RawValue::Number(n))).collect(),
        };
        let name = names.get((head / (OTHERS + 1)) as usize).cloned().unwrap_or_default();
        calls.push(Call { name, args, ..Call::default() });
    }
    calls
}

/// The results of a batch: bytes of numbers, and the others; `callResults` in `js/convert.js` reads them.
fn js_batch<'a>(
    scope: &mut PinScope<'a, '_>,
    results: Vec<Vec<Value>>,
    failed: Option<WasmError>,
) -> Result<Local<'a, v8::Value>, JsErrorBox> {
    let (mut bytes, mut others) = (Vec::with_capacity(16 * results.len()), Vec::new());
    let mut number = |n: f64| bytes.extend_from_slice(&n.to_ne_bytes());
    for values in results {
        match (values.len(), values.first().and_then(plain_number)) {
            (0, _) => number(0.0),
            (1, Some(result)) => {
                number(1.0);
                number(result);
            }
            _ => {
                number(-1.0);
                others.push(js_values(scope, values)?);
            }
        }
    }
    let bytes = js_bytes(scope, bytes)?;
    let others = array(scope, &others).into();
    let failed = match failed {
        Some(error) => failure(scope, error).into(),
        None => v8::null(scope).into(),
    };
    Ok(array(scope, &[bytes, others, failed]).into())
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

/// A bare value, or an array of a type, which may be undefined, the value, and what more there is to say of that:
///
/// - `[type, value]` no more,
/// - `[type, value, bytes]` what the value's bytes are now, where they may change,
/// - `[type, value, instance, number]` which function of a guest's it is,
/// - `[type, value, high, low, is_negative]` the bits of a bigint; undefined where there are too many.
fn arg<'a>(scope: &mut PinScope<'a, '_>, item: Local<'a, v8::Value>) -> Option<Arg> {
    let Ok(parts) = Local::<v8::Array>::try_from(item) else {
        let value = raw_value(item);
        let kept = keep_for(scope, &value, item);
        return Some(Arg { declared: None, value, kept });
    };
    let declared = parts.get_index(scope, 0)?;
    let declared = declared.is_string().then(|| declared.to_rust_string_lossy(scope));
    let item = parts.get_index(scope, 1)?;
    let value = match parts.length() {
        3 => raw_value(parts.get_index(scope, 2)?),
        4 => {
            let [instance, number] = numbers(scope, parts)?;
            RawValue::Func(FuncValue { instance: instance as u64, number: number as u64 })
        }
        5 if parts.get_index(scope, 2)?.is_undefined() => RawValue::BigIntTooLarge,
        5 => {
            let [high, low] = numbers(scope, parts)?;
            let bits = (high as u64) << 32 | low as u64;
            let is_negative = parts.get_index(scope, 4)?.is_true();
            RawValue::BigInt(if is_negative { i128::from(bits as i64) } else { i128::from(bits) })
        }
        _ => raw_value(item),
    };
    let kept = keep_for(scope, &value, item);
    Some(Arg { declared, value, kept })
}

/// The third part and the fourth.
fn numbers<'a>(scope: &mut PinScope<'a, '_>, parts: Local<'a, v8::Array>) -> Option<[f64; 2]> {
    let [first, second] = [2, 3].map(|place| parts.get_index(scope, place).and_then(|n| n.number_value(scope)));
    Some([first?, second?])
}

/// What an externref needs beside the plain value: nothing where that says it all.
fn keep_for<'a>(scope: &mut PinScope<'a, '_>, value: &RawValue, item: Local<'a, v8::Value>) -> Option<HostRef> {
    match value {
        RawValue::Number(_) | RawValue::BigInt(_) | RawValue::Null | RawValue::Undefined => None,
        _ => Some(values::keep(scope, item)),
    }
}

fn raw_value(value: Local<v8::Value>) -> RawValue {
    if let Ok(number) = Local::<v8::Number>::try_from(value) {
        return RawValue::Number(number.value());
    }
    if let Ok(bytes) = Local::<v8::Uint8Array>::try_from(value) {
        if bytes.byte_length() != 16 {
            return RawValue::Bytes;
        }
        let mut vector = [0; 16];
        bytes.copy_contents(&mut vector);
        return RawValue::Vector(u128::from_le_bytes(vector));
    }
    if value.is_null() {
        return RawValue::Null;
    }
    if value.is_undefined() {
        return RawValue::Undefined;
    }
    RawValue::Other(what(value))
}

fn what(value: Local<v8::Value>) -> &'static str {
    if value.is_string() {
        "a string"
    } else if value.is_boolean() {
        "a boolean"
    } else if value.is_symbol() {
        "a symbol"
    } else if value.is_function() {
        "a function"
    } else {
        "an object"
    }
}

/// Milliseconds from JavaScript as a limit of time. What is too short to count is the shortest time there is, for no limit must
/// turn into none; what is too long to count is the longest.
pub(super) fn time(ms: f64) -> Duration {
    const SHORTEST: Duration = Duration::from_nanos(1);
    if ms > 0.0 {
        Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX).max(SHORTEST)
    } else {
        // JavaScript lets nothing of that kind through: not zero, no negative number, and none that is no number.
        SHORTEST
    }
}

/// What an op resolves to. Never a rejection.
pub(super) struct Reply<T>(pub Result<T>);

impl<'a, T: ToV8<'a, Error: Display>> ToV8<'a> for Reply<T> {
    type Error = T::Error;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, T::Error> {
        Ok(success(scope, self).unwrap_or_else(Into::into))
    }
}

/// What a reply is to JavaScript: a value, or a failure.
pub(super) fn success<'a, T: ToV8<'a, Error: Display>>(
    scope: &mut PinScope<'a, '_>,
    reply: Reply<T>,
) -> Result<Local<'a, v8::Value>, Local<'a, v8::Object>> {
    let error = match reply.0 {
        Ok(value) => match value.to_v8(scope) {
            Ok(value) => return Ok(value),
            Err(error) => WasmError::new(ErrorCode::Type, error.to_string()),
        },
        Err(error) => error,
    };
    Err(failure(scope, error))
}

fn failure<'a>(scope: &mut PinScope<'a, '_>, error: WasmError) -> Local<'a, v8::Object> {
    let object = bare(scope);
    let code = v8::Integer::new(scope, error.code as i32);
    set(scope, object, "failure", code.into());
    let message = string(scope, &error.message);
    set(scope, object, "message", message);
    if let Some(trap) = error.trap {
        let trap = string(scope, trap);
        set(scope, object, "trap", trap);
    }
    if !error.guest_stack.is_empty() {
        let frames: Vec<_> = error.guest_stack.iter().map(|frame| string(scope, frame)).collect();
        let frames = array(scope, &frames);
        set(scope, object, "guestStack", frames.into());
    }
    if let Some(exit_code) = error.exit_code {
        let exit_code = v8::Integer::new(scope, exit_code);
        set(scope, object, "exitCode", exit_code.into());
    }
    if let Some(cause) = error.cause.and_then(|cause| values::kept(scope, &cause)) {
        set(scope, object, "cause", cause);
    }
    if let Some(limit) = error.limit {
        let limit = string(scope, limit.name());
        set(scope, object, "limit", limit);
    }
    if let Some(ended) = error.ended {
        let (instance, ended) = js_ended(scope, &ended);
        set(scope, object, "instance", instance.into());
        set(scope, object, "ended", ended.into());
    }
    if let Some(call) = error.call {
        let call = js_call(scope, *call);
        set(scope, object, "call", call);
    }
    if let Some(import) = error.import {
        let named = v8::Object::new(scope);
        let (module, name) = (string(scope, &import.module), string(scope, &import.name));
        set(scope, named, "module", module);
        set(scope, named, "name", name);
        set(scope, object, "import", named.into());
    }
    object
}

/// Which instance has ended, and how.
fn js_ended<'a>(scope: &mut PinScope<'a, '_>, ended: &Ended) -> (Local<'a, v8::Object>, Local<'a, v8::Object>) {
    let (instance, how) = (v8::Object::new(scope), v8::Object::new(scope));
    let (id, name) = (v8::Number::new(scope, ended.id as f64).into(), string(scope, &ended.name));
    set(scope, instance, "id", id);
    set(scope, instance, "name", name);
    let reason = string(scope, ended.reason);
    set(scope, how, "reason", reason);
    if let Some(message) = &ended.message {
        let message = string(scope, message);
        set(scope, how, "message", message);
    }
    let since = ended.time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = v8::Number::new(scope, since.as_millis() as f64).into();
    set(scope, how, "atMs", at);
    (instance, how)
}

fn js_call<'a>(scope: &mut PinScope<'a, '_>, call: FailedCall) -> Local<'a, v8::Value> {
    let object = v8::Object::new(scope);
    let name = string(scope, &call.name);
    set(scope, object, "name", name);
    let undefined = v8::undefined(scope).into();
    let args: Vec<_> = call.args.into_iter().map(|value| js_value(scope, value).unwrap_or(undefined)).collect();
    let args = array(scope, &args);
    set(scope, object, "args", args.into());
    object.into()
}

pub(super) fn string<'a>(scope: &mut PinScope<'a, '_>, text: &str) -> Local<'a, v8::Value> {
    // None only beyond the engine's longest string, half a gigabyte.
    v8::String::new(scope, text).unwrap_or_else(|| v8::String::empty(scope)).into()
}

pub(super) fn set<'a>(
    scope: &mut PinScope<'a, '_>,
    object: Local<'a, v8::Object>,
    key: &str,
    value: Local<'a, v8::Value>,
) {
    let Some(key) = v8::String::new(scope, key) else { return };
    object.create_data_property(scope, key.into(), value);
}

/// An object that inherits nothing, for JavaScript of ours to read.
fn bare<'a>(scope: &mut PinScope<'a, '_>) -> Local<'a, v8::Object> {
    let null = v8::null(scope).into();
    v8::Object::with_prototype_and_properties(scope, null, &[], &[])
}

/// An array of these elements.
pub(super) fn array<'a>(scope: &mut PinScope<'a, '_>, elements: &[Local<'a, v8::Value>]) -> Local<'a, v8::Array> {
    let array = v8::Array::new_with_elements(scope, elements);
    if array.length() as usize == elements.len() {
        return array;
    }
    // QuickJS assigns them, so somebody's setter on a prototype can take what is meant for a place of the array.
    let array = v8::Array::new(scope, 0);
    for (index, element) in elements.iter().enumerate() {
        set(scope, array.into(), &index.to_string(), *element);
    }
    array
}

impl Reply<Answer> {
    /// The reply to something that has no answer but that it is done.
    pub(super) fn done(result: Result<()>) -> Self {
        let outcome: Outcome = result.map(|()| Answer::Done);
        Reply(outcome)
    }
}

impl<'a> ToV8<'a> for Answer {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, JsErrorBox> {
        Ok(match self {
            // Not undefined: from an op that is done at once, deno_core takes that to mean that it is pending.
            Answer::Done => v8::null(scope).into(),
            Answer::Values(values) => js_values(scope, values)?,
            Answer::Batch(results, failed) => js_batch(scope, results, failed)?,
            // See `large`: its length is a guest's.
            Answer::Exports(_) => return Err(JsErrorBox::type_error("a list of exports goes in pieces")),
            Answer::Bytes(bytes) => return js_bytes(scope, bytes),
            Answer::Pages(number) | Answer::Elements(number) => v8::Number::new(scope, number as f64).into(),
            Answer::Fuel(amount) => v8::BigInt::new_from_u64(scope, amount).into(),
        })
    }
}

fn js_values<'a>(scope: &mut PinScope<'a, '_>, values: Vec<Value>) -> Result<Local<'a, v8::Value>, JsErrorBox> {
    let values: Result<Vec<_>, _> = values.into_iter().map(|value| js_value(scope, value)).collect();
    Ok(array(scope, &values?).into())
}

fn js_bytes<'a>(scope: &mut PinScope<'a, '_>, bytes: Vec<u8>) -> Result<Local<'a, v8::Value>, JsErrorBox> {
    Uint8Array::from(bytes).to_v8(scope)
}

fn js_value<'a>(scope: &mut PinScope<'a, '_>, value: Value) -> Result<Local<'a, v8::Value>, JsErrorBox> {
    Ok(match value {
        Value::I32(v) => v8::Integer::new(scope, v).into(),
        Value::I64(v) => v8::BigInt::new_from_i64(scope, v).into(),
        Value::F32(bits) => v8::Number::new(scope, f64::from(f32::from_bits(bits))).into(),
        Value::F64(bits) => v8::Number::new(scope, f64::from_bits(bits)).into(),
        Value::V128(v) => return js_bytes(scope, v.to_le_bytes().to_vec()),
        Value::Null => v8::null(scope).into(),
        Value::Extern(value) => {
            let foreign = || JsErrorBox::type_error(WasmError::foreign_value("a result").message);
            values::extern_value(scope, &value).ok_or_else(foreign)?
        }
        Value::Func(func) => values::function(scope, func),
    })
}

#[cfg(test)]
mod tests {
    use super::time;
    use std::time::Duration;

    #[test]
    fn no_time_is_so_short_or_so_long_that_it_is_none() {
        for ms in [5e-324, f64::MIN_POSITIVE, 1e-300, 1e-7, 4.9e-7, 1e-6, 0.0, -0.0, -1.0, f64::NAN] {
            assert_eq!(time(ms), Duration::from_nanos(1), "{ms}");
        }
        assert_eq!([0.25, 1.0, 1.5].map(time), [250, 1000, 1500].map(Duration::from_micros));
        assert_eq!([1e30, f64::MAX, f64::INFINITY].map(time), [Duration::MAX; 3]);
    }
}
