//! Values of Rust's own types, as arguments and results.

use crate::error::{ErrorCode, Result, WasmError};
use crate::value::{Arg, ExternValue, FuncValue, HostRef, Value};

/// Arguments of a call, or results of a host function: `()`, one value, a tuple of up to eight, an array, a `Vec` or a slice.
///
/// A Rust type is one WebAssembly type, and has to be the signature's: `i32` and `u32` are i32, `i64` and `u64` are i64, `f32`, `f64`, `u128` is
/// v128 (little-endian), [`HostRef`] externref, [`FuncValue`] funcref, an `Option` of these one that may be null, and [`Value`] any of them.
pub trait IntoValues {
    /// The values, in order.
    fn into_values(self) -> Vec<Value>;
}

/// What the results of a call are read as, or the arguments of a host function; the types are those of [`IntoValues`].
pub trait FromValues: Sized {
    /// Reads the values.
    ///
    /// # Errors
    /// What the values are and what was expected, if these differ.
    fn from_values(values: Vec<Value>) -> Result<Self, String>;
}

/// Arguments as requests have them.
pub(super) fn args(values: impl IntoValues) -> Vec<Arg> {
    values.into_values().into_iter().map(Arg::from).collect()
}

/// Results as the caller wants them.
///
/// # Errors
/// 5007 with `subject` if they are others.
pub(super) fn results<R: FromValues>(values: Vec<Value>, subject: impl FnOnce() -> String) -> Result<R> {
    R::from_values(values).map_err(|wrong| WasmError::new(ErrorCode::Type, format!("{} {wrong}", subject())))
}

fn differ<T>(values: &[Value], expected: &[&str]) -> Result<T, String> {
    let found: Vec<&str> = values.iter().map(Value::type_name).collect();
    Err(format!("are ({}), and are read as ({})", found.join(", "), expected.join(", ")))
}

/// A type that is one value.
trait One: Sized {
    /// The spelling of the WebAssembly text format.
    const TYPE: &'static str;
    fn read(value: &Value) -> Option<Self>;
}

macro_rules! one_value {
    ($($ty:ty, $name:literal, $to:expr, $read:pat => $from:expr;)*) => {$(
        impl From<$ty> for Value {
            fn from(value: $ty) -> Value {
                #[allow(clippy::redundant_closure_call)]
                ($to)(value)
            }
        }

        impl One for $ty {
            const TYPE: &'static str = $name;

            fn read(value: &Value) -> Option<Self> {
                match value {
                    $read => Some($from),
                    _ => None,
                }
            }
        }

        impl IntoValues for $ty {
            fn into_values(self) -> Vec<Value> {
                vec![self.into()]
            }
        }

        impl FromValues for $ty {
            fn from_values(values: Vec<Value>) -> Result<Self, String> {
                match values.as_slice() {
                    [value] => <$ty as One>::read(value).map_or_else(|| differ(&values, &[$name]), Ok),
                    _ => differ(&values, &[$name]),
                }
            }
        }
    )*};
}

one_value! {
    i32, "i32", Value::I32, Value::I32(v) => *v;
    u32, "i32", |v: u32| Value::I32(v as i32), Value::I32(v) => *v as u32;
    i64, "i64", Value::I64, Value::I64(v) => *v;
    u64, "i64", |v: u64| Value::I64(v as i64), Value::I64(v) => *v as u64;
    f32, "f32", |v: f32| Value::F32(v.to_bits()), Value::F32(v) => f32::from_bits(*v);
    f64, "f64", |v: f64| Value::F64(v.to_bits()), Value::F64(v) => f64::from_bits(*v);
    u128, "v128", Value::V128, Value::V128(v) => *v;
    HostRef, "externref", |v: HostRef| Value::Extern(ExternValue::Host(v)), Value::Extern(ExternValue::Host(v)) => v.clone();
    FuncValue, "funcref", Value::Func, Value::Func(v) => *v;
}

/// A reference that may be null.
macro_rules! nullable {
    ($($ty:ty, $name:literal;)*) => {$(
        impl From<Option<$ty>> for Value {
            fn from(value: Option<$ty>) -> Value {
                value.map_or(Value::Null, Value::from)
            }
        }

        impl One for Option<$ty> {
            const TYPE: &'static str = $name;

            fn read(value: &Value) -> Option<Self> {
                match value {
                    Value::Null => Some(None),
                    value => <$ty as One>::read(value).map(Some),
                }
            }
        }

        impl IntoValues for Option<$ty> {
            fn into_values(self) -> Vec<Value> {
                vec![self.into()]
            }
        }

        impl FromValues for Option<$ty> {
            fn from_values(values: Vec<Value>) -> Result<Self, String> {
                <(Self,)>::from_values(values).map(|(value,)| value)
            }
        }
    )*};
}

nullable! {
    HostRef, "externref or null";
    FuncValue, "funcref or null";
}

impl One for Value {
    const TYPE: &'static str = "any";

    fn read(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

impl FromValues for Value {
    fn from_values(values: Vec<Value>) -> Result<Self, String> {
        <(Self,)>::from_values(values).map(|(value,)| value)
    }
}

impl IntoValues for Value {
    fn into_values(self) -> Vec<Value> {
        vec![self]
    }
}

impl<T: Into<Value>> IntoValues for Vec<T> {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(T::into).collect()
    }
}

impl<T: Into<Value>, const N: usize> IntoValues for [T; N] {
    fn into_values(self) -> Vec<Value> {
        self.into_iter().map(T::into).collect()
    }
}

impl<T: Into<Value> + Clone> IntoValues for &[T] {
    fn into_values(self) -> Vec<Value> {
        self.iter().cloned().map(T::into).collect()
    }
}

impl IntoValues for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl FromValues for () {
    fn from_values(values: Vec<Value>) -> Result<Self, String> {
        if values.is_empty() { Ok(()) } else { differ(&values, &[]) }
    }
}

impl FromValues for Vec<Value> {
    fn from_values(values: Vec<Value>) -> Result<Self, String> {
        Ok(values)
    }
}

macro_rules! tuple {
    ($($name:ident)*) => {
        impl<$($name: Into<Value>),*> IntoValues for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_values(self) -> Vec<Value> {
                let ($($name,)*) = self;
                vec![$($name.into()),*]
            }
        }

        #[allow(private_bounds)]
        impl<$($name: One),*> FromValues for ($($name,)*) {
            #[allow(non_snake_case)]
            fn from_values(values: Vec<Value>) -> Result<Self, String> {
                let read = || {
                    let [$($name),*] = values.as_slice() else { return None };
                    Some(($($name::read($name)?,)*))
                };
                read().map_or_else(|| differ(&values, &[$($name::TYPE),*]), Ok)
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_with_every_bit() {
        let values = (u32::MAX, -1i64, f32::from_bits(0x7f80_0001), f64::MIN, u128::MAX).into_values();
        assert_eq!(values[0], Value::I32(-1));
        assert_eq!(values[2], Value::F32(0x7f80_0001));
        let read = <(u32, u64, f32, f64, u128)>::from_values(values).unwrap();
        assert_eq!(
            (read.0, read.1, read.2.to_bits(), read.3, read.4),
            (u32::MAX, u64::MAX, 0x7f80_0001, f64::MIN, u128::MAX)
        );
        assert_eq!([1, 2].into_values(), vec![Value::I32(1), Value::I32(2)]);
        assert_eq!((&[7i64][..]).into_values(), 7i64.into_values());
        assert!(<()>::from_values(().into_values()).is_ok());
    }

    #[test]
    fn what_differs_says_both() {
        let wrong = <(i32, i64)>::from_values(vec![Value::I32(1), Value::F32(0)]).unwrap_err();
        assert_eq!(wrong, "are (i32, f32), and are read as (i32, i64)");
        assert_eq!(<()>::from_values(vec![Value::Null]).unwrap_err(), "are (null), and are read as ()");
        assert!(i32::from_values(Vec::new()).is_err() && HostRef::from_values(vec![Value::Null]).is_err());
    }

    #[test]
    fn a_value_of_the_programs_is_found_again_by_its_type() {
        let value = HostRef::new("kept".to_owned());
        let read = HostRef::from_values(value.clone().into_values()).unwrap();
        assert_eq!(read.downcast_ref::<String>().map(String::as_str), Some("kept"));
        assert!(read == value && read.downcast_ref::<u8>().is_none());
        let both = <(Option<HostRef>, Option<FuncValue>, Value)>::from_values(vec![Value::Null, Value::Null, 7.into()]);
        assert_eq!(both.unwrap(), (None, None, Value::I32(7)));
        assert_eq!(Option::<HostRef>::from_values(Some(value.clone()).into_values()).unwrap(), Some(value));
        assert!(Option::<HostRef>::from_values(7.into_values()).is_err());
    }
}
