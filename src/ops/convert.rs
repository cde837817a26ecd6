//! How ops take and give values: by the encoding that all bindings share.

use super::engine::V8;
use crate::error::Result;
use crate::session::encoding::{self, Encode, Unfit};
use deno_core::v8::{self, Local, PinScope};
use deno_core::{FromV8, ToV8};
use deno_error::JsErrorBox;
use std::convert::Infallible;

/// What an op is given, as the encoding reads it.
pub(super) struct Read<T>(pub T);

macro_rules! read {
    ($($what:ident)*) => {$(
        impl<'a> FromV8<'a> for Read<encoding::$what> {
            type Error = JsErrorBox;

            fn from_v8<'i>(scope: &mut PinScope<'a, 'i>, value: Local<'a, v8::Value>) -> Result<Self, JsErrorBox> {
                encoding::$what::read(&mut V8(scope), &value).map(Read).map_err(bug)
            }
        }
    )*};
}
read!(Args Names Others);

/// The arguments of a call.
pub(super) type Args = Read<encoding::Args>;

/// What our own JavaScript should not have given, or asked for.
pub(super) fn bug(unfit: Unfit) -> JsErrorBox {
    JsErrorBox::type_error(unfit.0)
}

/// What an op resolves to. Never a rejection.
pub(super) struct Reply<T>(pub Result<T>);

impl<'a, T: Encode> ToV8<'a> for Reply<T> {
    type Error = Infallible;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, Infallible> {
        Ok(encoding::reply(&mut V8(scope), self.0).unwrap_or_else(|failure| failure))
    }
}

/// What an op gives at once.
pub(super) struct Given<T>(pub T);

impl<'a, T: Encode> ToV8<'a> for Given<T> {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, JsErrorBox> {
        self.0.encode(&mut V8(scope)).map_err(bug)
    }
}
