//! Arguments and calls, from JavaScript.

use super::js::{Js, JsResult, Shape, Unfit};
use crate::actor::message::Call;
use crate::value::{Arg, Encoded, FuncValue, HostRef, RawValue};
use std::sync::Arc;

/// The arguments of a call: an array of values, or of `[type, value]` pairs where `js/convert.js` found a typed one.
#[derive(Debug, Default)]
pub struct Args(pub Vec<Arg>);

fn bug() -> Unfit {
    Unfit("arguments that js/convert.js did not make".to_owned())
}

/// Each element of an array of the JavaScript of ours.
fn each<J: Js, T>(
    js: &mut J,
    array: &J::Value,
    mut read: impl FnMut(&mut J, J::Value) -> JsResult<T>,
) -> JsResult<Vec<T>> {
    let length = js.length(array).ok_or_else(bug)?;
    let mut items = Vec::with_capacity(length as usize);
    for index in 0..length {
        let item = js.element(array, index).ok_or_else(bug)?;
        items.push(read(js, item)?);
    }
    Ok(items)
}

impl Args {
    /// Reads them.
    ///
    /// # Errors
    /// For what our own JavaScript would not have given.
    pub fn read<J: Js>(js: &mut J, value: &J::Value) -> JsResult<Args> {
        each(js, value, |js, item| arg(js, &item).ok_or_else(bug)).map(Args)
    }

    /// The first; `undefined` where there is none.
    pub fn first(self) -> Arg {
        self.0.into_iter().next().unwrap_or(Arg::inferred(RawValue::Undefined))
    }
}

/// What a batch calls: its names, and the arguments of those calls whose arguments are not all numbers.
#[derive(Debug)]
pub struct Names(Vec<Arc<str>>);

/// See [`Names`].
#[derive(Debug)]
pub struct Others(Vec<Args>);

impl Names {
    /// Reads them.
    ///
    /// # Errors
    /// For what our own JavaScript would not have given.
    pub fn read<J: Js>(js: &mut J, value: &J::Value) -> JsResult<Names> {
        each(js, value, |js, name| js.text(&name).map(Arc::from).ok_or_else(bug)).map(Names)
    }
}

impl Others {
    /// Reads them.
    ///
    /// # Errors
    /// For what our own JavaScript would not have given.
    pub fn read<J: Js>(js: &mut J, value: &J::Value) -> JsResult<Others> {
        each(js, value, |js, args| Args::read(js, &args)).map(Others)
    }
}

/// The calls of a batch, as `asCalls` in `js/convert.js` has spelled them out.
pub fn calls(numbers: &[u8], names: Names, others: Others) -> Vec<Call> {
    /// In the place of a number of arguments.
    const OTHERS: u64 = 2047;
    let (words, _) = numbers.as_chunks();
    let mut numbers = words.iter().map(|word| f64::from_ne_bytes(*word));
    let mut others = others.0.into_iter();
    let mut calls = Vec::new();
    while let Some(head) = numbers.next() {
        let head = head as u64;
        let args = match head % (OTHERS + 1) {
            OTHERS => others.next().unwrap_or_default().0,
            many => numbers.by_ref().take(many as usize).map(|n| Arg::inferred(RawValue::Number(n))).collect(),
        };
        let name = names.0.get((head / (OTHERS + 1)) as usize).cloned().unwrap_or_default();
        calls.push(Call { name, args, ..Call::default() });
    }
    calls
}

/// A bare value, or an array of a type, which may be undefined, the value, and what more there is to say of that:
///
/// - `[type, value]` no more,
/// - `[type, value, bytes]` what the value's bytes are now, where they may change,
/// - `[type, value, instance, number]` which function of a guest's it is,
/// - `[type, bytes, text, 0, 0, 0]` all values for a function of a component's, encoded,
/// - `[type, value, high, low, is_negative]` the bits of a bigint; undefined where there are too many.
fn arg<J: Js>(js: &mut J, item: &J::Value) -> Option<Arg> {
    let Some(length) = js.length(item) else {
        let value = raw_value(js, item);
        let kept = keep_for(js, &value, item);
        return Some(Arg { declared: None, value, kept });
    };
    let declared = js.element(item, 0)?;
    let declared = js.text(&declared);
    let inner = js.element(item, 1)?;
    let value = match length {
        3 => {
            let bytes = js.element(item, 2)?;
            raw_value(js, &bytes)
        }
        4 => {
            let [instance, number] = [number(js, item, 2)?, number(js, item, 3)?];
            RawValue::Func(FuncValue { instance: instance as u64, number: number as u64 })
        }
        5 => big_int(js, item)?,
        6 => {
            let text = js.element(item, 2)?;
            RawValue::Encoded(Box::new(Encoded { bytes: js.copied(&inner)?, text: js.text(&text)? }))
        }
        _ => raw_value(js, &inner),
    };
    let kept = if let RawValue::Encoded(_) = value { None } else { keep_for(js, &value, &inner) };
    Some(Arg { declared, value, kept })
}

fn number<J: Js>(js: &mut J, parts: &J::Value, index: u32) -> Option<f64> {
    let part = js.element(parts, index)?;
    match js.shape(&part) {
        Shape::Number(number) => Some(number),
        _ => None,
    }
}

fn big_int<J: Js>(js: &mut J, parts: &J::Value) -> Option<RawValue> {
    let Some(high) = number(js, parts, 2) else { return Some(RawValue::BigIntTooLarge) };
    let low = number(js, parts, 3)?;
    let bits = (high as u64) << 32 | low as u64;
    let sign = js.element(parts, 4)?;
    let is_negative = js.shape(&sign) == Shape::Boolean(true);
    Some(RawValue::BigInt(if is_negative { i128::from(bits as i64) } else { i128::from(bits) }))
}

/// What an externref needs beside the plain value: nothing where that says it all.
fn keep_for<J: Js>(js: &mut J, value: &RawValue, item: &J::Value) -> Option<HostRef> {
    match value {
        RawValue::Number(_) | RawValue::BigInt(_) | RawValue::Null | RawValue::Undefined => None,
        _ => Some(js.keep(item)),
    }
}

fn raw_value<J: Js>(js: &mut J, value: &J::Value) -> RawValue {
    match js.shape(value) {
        Shape::Number(number) => RawValue::Number(number),
        Shape::Vector(bytes) => RawValue::Vector(u128::from_le_bytes(bytes)),
        Shape::Bytes => RawValue::Bytes,
        Shape::Null => RawValue::Null,
        Shape::Undefined => RawValue::Undefined,
        Shape::String => RawValue::Other("a string"),
        Shape::Boolean(_) => RawValue::Other("a boolean"),
        Shape::Symbol => RawValue::Other("a symbol"),
        Shape::Function => RawValue::Other("a function"),
        Shape::Object => RawValue::Other("an object"),
    }
}
