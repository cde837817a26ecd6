//! What our JavaScript gives to the functions of the addon, read as what it is.

use crate::engine::Engine;
use napi::sys::napi_value;
use runtime_wasm::session::InstanceOptions;
use runtime_wasm::session::encoding::{Args, Js, JsResult, Names, Others, Shape, Unfit};

/// What can be read from a value.
pub(crate) trait Read: Sized {
    /// # Errors
    /// For what our own JavaScript would not have given.
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<Self>;
}

fn bug(what: &str) -> Unfit {
    Unfit(format!("{what} was to be given to the addon"))
}

impl Read for f64 {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<f64> {
        match js.shape(value) {
            Shape::Number(number) => Ok(number),
            _ => Err(bug("a number")),
        }
    }
}

impl Read for i32 {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<i32> {
        f64::read(js, value).map(|number| number as i32)
    }
}

impl Read for u32 {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<u32> {
        f64::read(js, value).map(|number| number as u32)
    }
}

impl Read for bool {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<bool> {
        match js.shape(value) {
            Shape::Boolean(is_true) => Ok(is_true),
            _ => Err(bug("a boolean")),
        }
    }
}

impl Read for String {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<String> {
        js.text(value).ok_or_else(|| bug("a string"))
    }
}

/// They come as JSON.
impl Read for InstanceOptions {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<InstanceOptions> {
        let text = String::read(js, value)?;
        serde_json::from_str(&text).map_err(|error| Unfit(format!("the options of an instance: {error}")))
    }
}

/// A copy of the bytes.
impl Read for Vec<u8> {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<Vec<u8>> {
        View::read(js, value).map(|mut view| view.bytes().to_vec())
    }
}

/// The bytes of a Uint8Array, as long as nothing of JavaScript runs.
pub(crate) struct View {
    data: *mut u8,
    length: usize,
}

impl View {
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        if self.length == 0 {
            return &mut [];
        }
        // SAFETY: Node-API has said where they are; js/convert.js lets no buffer through that others can change, and the functions of the
        // addon that take a view run nothing of JavaScript while they have it.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.length) }
    }
}

impl Read for View {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<View> {
        let (data, length) = js.view(*value).ok_or_else(|| bug("a Uint8Array"))?;
        Ok(View { data, length })
    }
}

/// Any value, as it is.
pub(crate) struct Any(pub(crate) napi_value);

impl Read for Any {
    fn read(_: &mut Engine<'_>, value: &napi_value) -> JsResult<Any> {
        Ok(Any(*value))
    }
}

impl Read for Args {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<Args> {
        Args::read(js, value)
    }
}

impl Read for Names {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<Names> {
        Names::read(js, value)
    }
}

impl Read for Others {
    fn read(js: &mut Engine<'_>, value: &napi_value) -> JsResult<Others> {
        Others::read(js, value)
    }
}
