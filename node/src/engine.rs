//! Values of a JavaScript engine behind Node-API, for the encoding that all bindings share.
//!
//! The calls are those of Node-API itself: each is one call of a function, with the environment that the surrounding call has been given.

use crate::values::Values;
use napi::sys::{self, Status, napi_env, napi_value};
use runtime_wasm::session::encoding::{Js, JsResult, Shape, Unfit};
use runtime_wasm::value::{FuncValue, HostRef};
use std::ffi::c_void;
use std::ptr::{self, copy_nonoverlapping, null_mut};

/// The engine, for the length of one call from it.
pub(crate) struct Engine<'v> {
    pub(crate) env: napi_env,
    pub(crate) values: &'v Values,
}

/// Gives the value that a call of Node-API makes. One that fails (out of memory, an environment that ends) gives `undefined`.
macro_rules! made {
    ($env:expr, $call:ident $(, $argument:expr)*) => {{
        let mut value: napi_value = null_mut();
        // SAFETY: the environment is that of the surrounding call, and all arguments outlive this call.
        let status = unsafe { sys::$call($env, $($argument,)* &mut value) };
        if status == Status::napi_ok { value } else { undefined($env) }
    }};
}

pub(crate) fn undefined(env: napi_env) -> napi_value {
    let mut value = null_mut();
    // SAFETY: as above.
    unsafe { sys::napi_get_undefined(env, &mut value) };
    value
}

impl Engine<'_> {
    /// Takes away what has been thrown, so that the next call of Node-API is not refused.
    fn forget_exception(&self) {
        let mut thrown = null_mut();
        // SAFETY: as above.
        unsafe { sys::napi_get_and_clear_last_exception(self.env, &mut thrown) };
    }

    fn type_of(&self, value: napi_value) -> sys::napi_valuetype {
        let mut found = sys::ValueType::napi_undefined;
        // SAFETY: as above.
        unsafe { sys::napi_typeof(self.env, value, &mut found) };
        found
    }

    /// The bytes of a Uint8Array, where it is one; they are JavaScript's own, and stay as long as nothing of JavaScript runs.
    pub(crate) fn view(&self, value: napi_value) -> Option<(*mut u8, usize)> {
        let mut is_view = false;
        // SAFETY: as above.
        unsafe { sys::napi_is_typedarray(self.env, value, &mut is_view) };
        if !is_view {
            return None;
        }
        let (mut kind, mut length, mut data, mut buffer, mut offset) = (0, 0, null_mut(), null_mut(), 0);
        // SAFETY: as above.
        let status = unsafe {
            sys::napi_get_typedarray_info(self.env, value, &mut kind, &mut length, &mut data, &mut buffer, &mut offset)
        };
        (status == Status::napi_ok && kind == sys::TypedarrayType::uint8_array).then_some((data.cast(), length))
    }
}

impl Js for Engine<'_> {
    type Value = napi_value;

    fn undefined(&mut self) -> napi_value {
        undefined(self.env)
    }

    fn null(&mut self) -> napi_value {
        made!(self.env, napi_get_null)
    }

    fn boolean(&mut self, is_true: bool) -> napi_value {
        made!(self.env, napi_get_boolean, is_true)
    }

    fn number(&mut self, number: f64) -> napi_value {
        made!(self.env, napi_create_double, number)
    }

    fn integer(&mut self, number: i32) -> napi_value {
        made!(self.env, napi_create_int32, number)
    }

    fn signed(&mut self, number: i64) -> napi_value {
        made!(self.env, napi_create_bigint_int64, number)
    }

    fn unsigned(&mut self, number: u64) -> napi_value {
        made!(self.env, napi_create_bigint_uint64, number)
    }

    fn string(&mut self, text: &str) -> napi_value {
        made!(self.env, napi_create_string_utf8, text.as_ptr().cast(), text.len() as isize)
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> JsResult<napi_value> {
        let (mut data, mut buffer): (*mut c_void, napi_value) = (null_mut(), null_mut());
        // SAFETY: as above.
        let status = unsafe { sys::napi_create_arraybuffer(self.env, bytes.len(), &mut data, &mut buffer) };
        if status != Status::napi_ok {
            self.forget_exception();
            return Err(Unfit(format!("JavaScript has no room for {} bytes", bytes.len())));
        }
        if !bytes.is_empty() {
            // SAFETY: the new buffer has as many bytes, and nobody else has it yet.
            unsafe { copy_nonoverlapping(bytes.as_ptr(), data.cast(), bytes.len()) };
        }
        Ok(made!(self.env, napi_create_typedarray, sys::TypedarrayType::uint8_array, bytes.len(), buffer, 0))
    }

    fn array(&mut self, elements: &[napi_value]) -> napi_value {
        let array = made!(self.env, napi_create_array_with_length, elements.len());
        // Defined, not assigned: that would ask the setters of prototypes.
        for (index, element) in elements.iter().enumerate() {
            let key = self.string(&index.to_string());
            self.define(array, key, *element);
        }
        array
    }

    fn object(&mut self) -> napi_value {
        made!(self.env, napi_create_object)
    }

    fn bare(&mut self) -> napi_value {
        self.values.bare(self.env).unwrap_or_else(|| self.object())
    }

    fn set(&mut self, object: &napi_value, key: &str, value: napi_value) {
        let key = self.string(key);
        self.define(*object, key, value);
    }

    fn shape(&mut self, value: &napi_value) -> Shape {
        use sys::ValueType;
        match self.type_of(*value) {
            ValueType::napi_undefined => Shape::Undefined,
            ValueType::napi_null => Shape::Null,
            ValueType::napi_boolean => {
                let mut is_true = false;
                // SAFETY: as above.
                unsafe { sys::napi_get_value_bool(self.env, *value, &mut is_true) };
                Shape::Boolean(is_true)
            }
            ValueType::napi_number => {
                let mut number = 0.0;
                // SAFETY: as above.
                unsafe { sys::napi_get_value_double(self.env, *value, &mut number) };
                Shape::Number(number)
            }
            ValueType::napi_string => Shape::String,
            ValueType::napi_symbol => Shape::Symbol,
            ValueType::napi_function => Shape::Function,
            _ => match self.view(*value) {
                Some((data, 16)) => {
                    let mut vector = [0; 16];
                    // SAFETY: there are 16 bytes, and nothing of JavaScript runs meanwhile.
                    unsafe { copy_nonoverlapping(data, vector.as_mut_ptr(), 16) };
                    Shape::Vector(vector)
                }
                Some(_) => Shape::Bytes,
                None => Shape::Object,
            },
        }
    }

    fn copied(&mut self, value: &napi_value) -> Option<Vec<u8>> {
        let (data, length) = self.view(*value)?;
        if length == 0 {
            return Some(Vec::new());
        }
        // SAFETY: there are as many bytes, and nothing of JavaScript runs meanwhile.
        Some(unsafe { std::slice::from_raw_parts(data, length) }.to_vec())
    }

    fn text(&mut self, value: &napi_value) -> Option<String> {
        let mut length = 0;
        // SAFETY: as above; without a buffer it tells the length.
        let status = unsafe { sys::napi_get_value_string_utf8(self.env, *value, null_mut(), 0, &mut length) };
        if status != Status::napi_ok {
            return None;
        }
        // One more for the zero that it writes at the end.
        let mut bytes = vec![0_u8; length + 1];
        // SAFETY: as above, and the buffer is as long as is said.
        unsafe {
            sys::napi_get_value_string_utf8(self.env, *value, bytes.as_mut_ptr().cast(), bytes.len(), &mut length)
        };
        bytes.truncate(length);
        Some(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    fn length(&mut self, array: &napi_value) -> Option<u32> {
        let (mut is_array, mut length) = (false, 0);
        // SAFETY: as above.
        unsafe { sys::napi_is_array(self.env, *array, &mut is_array) };
        if !is_array {
            return None;
        }
        // SAFETY: as above.
        unsafe { sys::napi_get_array_length(self.env, *array, &mut length) };
        Some(length)
    }

    fn element(&mut self, array: &napi_value, index: u32) -> Option<napi_value> {
        Some(made!(self.env, napi_get_element, *array, index))
    }

    fn keep(&mut self, value: &napi_value) -> HostRef {
        self.values.keep(self.env, *value)
    }

    fn kept(&mut self, value: &HostRef) -> Option<napi_value> {
        self.values.kept(self.env, value)
    }

    fn function(&mut self, func: FuncValue) -> napi_value {
        let args = [func.instance as f64, func.number as f64].map(|number| self.number(number));
        match self.values.make_function(self.env, &args) {
            Some(function) => function,
            None => self.null(),
        }
    }
}

impl Engine<'_> {
    fn define(&self, object: napi_value, key: napi_value, value: napi_value) {
        let property = sys::napi_property_descriptor {
            utf8name: ptr::null(),
            name: key,
            method: None,
            getter: None,
            setter: None,
            value,
            attributes: sys::PropertyAttributes::writable
                | sys::PropertyAttributes::enumerable
                | sys::PropertyAttributes::configurable,
            data: null_mut(),
        };
        // SAFETY: as above.
        unsafe { sys::napi_define_properties(self.env, object, 1, &property) };
    }
}
