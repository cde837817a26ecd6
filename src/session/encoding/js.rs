//! What the encoding asks of a JavaScript engine.

use crate::value::{FuncValue, HostRef};
use std::fmt;

/// Values of one JavaScript engine, made and read. None of it runs code of the app's, but [`Js::function`], which calls what our own
/// JavaScript has given for that.
pub trait Js {
    /// A value, for as long as the call from JavaScript goes on.
    type Value: Clone;

    /// `undefined`.
    fn undefined(&mut self) -> Self::Value;
    /// `null`.
    fn null(&mut self) -> Self::Value;
    /// `true` or `false`.
    fn boolean(&mut self, is_true: bool) -> Self::Value;
    /// A number.
    fn number(&mut self, number: f64) -> Self::Value;
    /// A number that is an integer of 32 bits.
    fn integer(&mut self, number: i32) -> Self::Value;
    /// A bigint.
    fn signed(&mut self, number: i64) -> Self::Value;
    /// A bigint that is not negative.
    fn unsigned(&mut self, number: u64) -> Self::Value;
    /// A string.
    fn string(&mut self, text: &str) -> Self::Value;
    /// A new Uint8Array.
    fn bytes(&mut self, bytes: Vec<u8>) -> JsResult<Self::Value>;
    /// A new array of these elements.
    fn array(&mut self, elements: &[Self::Value]) -> Self::Value;
    /// A new object, as `{}` makes one.
    fn object(&mut self) -> Self::Value;
    /// A new object that inherits nothing, for JavaScript of ours to read.
    fn bare(&mut self) -> Self::Value;
    /// Defines a property.
    fn set(&mut self, object: &Self::Value, key: &str, value: Self::Value);

    /// What a value is.
    fn shape(&mut self, value: &Self::Value) -> Shape;
    /// The text of a string; of anything else, nothing.
    fn text(&mut self, value: &Self::Value) -> Option<String>;
    /// The bytes of a Uint8Array; of anything else, nothing.
    fn copied(&mut self, value: &Self::Value) -> Option<Vec<u8>>;
    /// How many elements an array has, if it is one.
    fn length(&mut self, array: &Self::Value) -> Option<u32>;
    /// An element of an array.
    fn element(&mut self, array: &Self::Value, index: u32) -> Option<Self::Value>;

    /// Keeps a value until the last holder of its stand-in has let go.
    fn keep(&mut self, value: &Self::Value) -> HostRef;
    /// The value that is kept: the very one. None where another environment keeps it, which shares this one's host.
    fn kept(&mut self, value: &HostRef) -> Option<Self::Value>;
    /// The JavaScript function for a guest's; null where nobody makes one.
    fn function(&mut self, func: FuncValue) -> Self::Value;
}

/// What a value is, as far as the encoding tells them apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A string.
    String,
    /// A symbol.
    Symbol,
    /// A function.
    Function,
    /// A Uint8Array of 16 bytes: it may be a vector.
    Vector([u8; 16]),
    /// Any other Uint8Array.
    Bytes,
    /// Any other object, a bigint too: our JavaScript has spelled that out.
    Object,
}

/// What is made of a value, or why nothing is.
pub type JsResult<T> = std::result::Result<T, Unfit>;

/// Why a value is not to be had in JavaScript, or not what our own JavaScript should have given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}
