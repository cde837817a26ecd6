//! Values of deno_core's JavaScript engine, for the encoding that all bindings share.

use super::values;
use crate::session::encoding::{Js, JsResult, Shape, Unfit};
use crate::value::{FuncValue, HostRef};
use deno_core::ToV8;
use deno_core::convert::Uint8Array;
use deno_core::v8::{self, Local, PinScope};

/// The engine, for the length of one call.
pub(super) struct V8<'s, 'a, 'i>(pub &'s mut PinScope<'a, 'i>);

impl<'a> Js for V8<'_, 'a, '_> {
    type Value = Local<'a, v8::Value>;

    fn undefined(&mut self) -> Self::Value {
        v8::undefined(self.0).into()
    }

    fn null(&mut self) -> Self::Value {
        v8::null(self.0).into()
    }

    fn boolean(&mut self, is_true: bool) -> Self::Value {
        v8::Boolean::new(self.0, is_true).into()
    }

    fn number(&mut self, number: f64) -> Self::Value {
        v8::Number::new(self.0, number).into()
    }

    fn integer(&mut self, number: i32) -> Self::Value {
        v8::Integer::new(self.0, number).into()
    }

    fn signed(&mut self, number: i64) -> Self::Value {
        v8::BigInt::new_from_i64(self.0, number).into()
    }

    fn unsigned(&mut self, number: u64) -> Self::Value {
        v8::BigInt::new_from_u64(self.0, number).into()
    }

    fn string(&mut self, text: &str) -> Self::Value {
        // None only beyond the engine's longest string, half a gigabyte.
        v8::String::new(self.0, text).unwrap_or_else(|| v8::String::empty(self.0)).into()
    }

    fn bytes(&mut self, bytes: Vec<u8>) -> JsResult<Self::Value> {
        Uint8Array::from(bytes).to_v8(self.0).map_err(|error| Unfit(error.to_string()))
    }

    fn array(&mut self, elements: &[Self::Value]) -> Self::Value {
        let array = v8::Array::new_with_elements(self.0, elements);
        if array.length() as usize == elements.len() {
            return array.into();
        }
        // QuickJS assigns them, so somebody's setter on a prototype can take what is meant for a place of the array.
        let array = v8::Array::new(self.0, 0).into();
        for (index, element) in elements.iter().enumerate() {
            self.set(&array, &index.to_string(), *element);
        }
        array
    }

    fn object(&mut self) -> Self::Value {
        v8::Object::new(self.0).into()
    }

    fn bare(&mut self) -> Self::Value {
        let null = v8::null(self.0).into();
        v8::Object::with_prototype_and_properties(self.0, null, &[], &[]).into()
    }

    fn set(&mut self, object: &Self::Value, key: &str, value: Self::Value) {
        let Ok(object) = Local::<v8::Object>::try_from(*object) else { return };
        let Some(key) = v8::String::new(self.0, key) else { return };
        object.create_data_property(self.0, key.into(), value);
    }

    fn shape(&mut self, value: &Self::Value) -> Shape {
        let value = *value;
        if let Ok(number) = Local::<v8::Number>::try_from(value) {
            return Shape::Number(number.value());
        }
        if let Ok(bytes) = Local::<v8::Uint8Array>::try_from(value) {
            if bytes.byte_length() != 16 {
                return Shape::Bytes;
            }
            let mut vector = [0; 16];
            bytes.copy_contents(&mut vector);
            return Shape::Vector(vector);
        }
        if value.is_null() {
            Shape::Null
        } else if value.is_undefined() {
            Shape::Undefined
        } else if value.is_string() {
            Shape::String
        } else if value.is_boolean() {
            Shape::Boolean(value.is_true())
        } else if value.is_symbol() {
            Shape::Symbol
        } else if value.is_function() {
            Shape::Function
        } else {
            Shape::Object
        }
    }

    fn text(&mut self, value: &Self::Value) -> Option<String> {
        value.is_string().then(|| value.to_rust_string_lossy(self.0))
    }

    fn copied(&mut self, value: &Self::Value) -> Option<Vec<u8>> {
        let bytes = Local::<v8::Uint8Array>::try_from(*value).ok()?;
        let mut copy = vec![0; bytes.byte_length()];
        bytes.copy_contents(&mut copy);
        Some(copy)
    }

    fn length(&mut self, array: &Self::Value) -> Option<u32> {
        Local::<v8::Array>::try_from(*array).ok().map(|array| array.length())
    }

    fn element(&mut self, array: &Self::Value, index: u32) -> Option<Self::Value> {
        Local::<v8::Array>::try_from(*array).ok()?.get_index(self.0, index)
    }

    fn keep(&mut self, value: &Self::Value) -> HostRef {
        values::keep(self.0, *value)
    }

    fn kept(&mut self, value: &HostRef) -> Option<Self::Value> {
        values::kept(self.0, value)
    }

    fn function(&mut self, func: FuncValue) -> Self::Value {
        values::function(self.0, func)
    }
}
