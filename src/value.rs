//! Values as they travel between JavaScript and a guest: plain data, no engine's types.

use crate::signature::ValueType;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A typed value. Floats are kept as bits, so that a NaN's payload survives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Value {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// 128-bit vector, little-endian.
    V128(u128),
    /// A null reference.
    Null,
    /// An externref that is not null: a value of the host's.
    Extern(ExternValue),
    /// A funcref that is not null: a function of a guest's.
    Func(FuncValue),
    /// All values of a call of a component's, encoded.
    #[doc(hidden)]
    Encoded(Box<Encoded>),
}

/// Values of components, as `src/actor/guest/component/wire.rs` describes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[doc(hidden)]
pub struct Encoded {
    /// All but the strings.
    pub bytes: Vec<u8>,
    /// The strings, one after another.
    pub text: String,
}

/// A JavaScript value that a guest holds without knowing what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ExternValue {
    /// `undefined`.
    Undefined,
    /// A number, as the bits of a 64-bit float.
    Number(u64),
    /// A bigint of up to 64 bits.
    BigInt(i128),
    /// Anything else stays where it is; this stands for it.
    Host(HostRef),
}

/// One who keeps values for guests, such as a JavaScript runtime. Each numbers its own, so only the same one knows what a number means.
#[derive(Clone, Default)]
pub struct Keeper(Arc<()>);

/// A value of the host's that guests hold without knowing what it is: one of a Rust program's ([`HostRef::new`]), or one that a JavaScript
/// runtime keeps. Clones are the same value.
#[derive(Clone)]
pub struct HostRef(Arc<HostValue>);

enum HostValue {
    /// Stands for a value that its keeper has under a number. When the last clone goes, the keeper is told to let go.
    Kept { keeper: Keeper, id: u64, release: Box<dyn Fn(u64) + Send + Sync> },
    /// The value itself. None only while it is dropped.
    Own(Option<Box<dyn Any + Send + Sync>>),
}

impl HostRef {
    /// A value for guests to hold, which is dropped when the last of them has let go of it.
    pub fn new(value: impl Any + Send + Sync) -> Self {
        HostRef(Arc::new(HostValue::Own(Some(Box::new(value)))))
    }

    /// The value, if it was made by [`HostRef::new`] of this type.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        match &*self.0 {
            HostValue::Own(value) => value.as_ref().and_then(|value| value.downcast_ref()),
            HostValue::Kept { .. } => None,
        }
    }

    /// The value that `keeper` has under `id`, until `release` is called with it.
    #[doc(hidden)]
    pub fn kept(keeper: &Keeper, id: u64, release: impl Fn(u64) + Send + Sync + 'static) -> Self {
        HostRef(Arc::new(HostValue::Kept { keeper: keeper.clone(), id, release: Box::new(release) }))
    }

    /// The number it is kept under; `None` for who is not its keeper.
    #[doc(hidden)]
    pub fn id_for(&self, wanted: &Keeper) -> Option<u64> {
        match &*self.0 {
            HostValue::Kept { keeper, id, .. } => Arc::ptr_eq(&keeper.0, &wanted.0).then_some(*id),
            HostValue::Own(_) => None,
        }
    }
}

impl Drop for HostValue {
    fn drop(&mut self) {
        match self {
            HostValue::Kept { id, release, .. } => release(*id),
            // A guest's thread may do this, which has more to drop.
            HostValue::Own(value) => {
                let value = value.take();
                let _ = catch_unwind(AssertUnwindSafe(|| drop(value)));
            }
        }
    }
}

impl PartialEq for HostRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for HostRef {}

impl fmt::Debug for HostRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            HostValue::Kept { id, .. } => write!(f, "HostRef({id})"),
            HostValue::Own(_) => f.write_str("HostRef"),
        }
    }
}

/// A function that one instance has let out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FuncValue {
    /// The instance.
    pub instance: u64,
    /// Names it among all functions that any instance has let out.
    pub number: u64,
}

/// An argument as the caller wrote it, not yet held against a signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The type the caller named (`types.i32(…)`), if any.
    pub declared: Option<String>,
    /// The value.
    pub value: RawValue,
    /// Stands for the value itself, should the signature want an externref. Absent where `value` says it all.
    pub kept: Option<HostRef>,
}

/// A JavaScript value, as far as WebAssembly can take one.
#[derive(Clone, Debug, PartialEq)]
pub enum RawValue {
    /// A number.
    Number(f64),
    /// The bits of a 32-bit float: as a number a signalling NaN would become a quiet one.
    Float32(u32),
    /// A bigint in [-2^63, 2^64).
    BigInt(i128),
    /// A bigint beyond 64 bits.
    BigIntTooLarge,
    /// 16 bytes.
    Vector(u128),
    /// Bytes, but not 16.
    Bytes,
    /// `null`.
    Null,
    /// `undefined`.
    Undefined,
    /// A function of a guest's.
    Func(FuncValue),
    /// All values of a call of a component's, encoded.
    Encoded(Box<Encoded>),
    /// Anything else, by what to call it in a message.
    Other(&'static str),
}

impl Arg {
    /// An argument whose type is left to the signature.
    pub fn inferred(value: RawValue) -> Self {
        Arg { declared: None, value, kept: None }
    }

    /// Is it what JavaScript reads where nothing is?
    pub fn is_missing(&self) -> bool {
        self.declared.is_none() && self.value == RawValue::Undefined
    }
}

impl From<Value> for Arg {
    fn from(value: Value) -> Self {
        let (declared, value) = match value {
            Value::I32(v) => ("i32", RawValue::Number(f64::from(v))),
            Value::I64(v) => ("i64", RawValue::BigInt(v.into())),
            Value::F32(bits) => ("f32", RawValue::Float32(bits)),
            Value::F64(bits) => ("f64", RawValue::Number(f64::from_bits(bits))),
            Value::V128(v) => ("v128", RawValue::Vector(v)),
            Value::Null => return Arg::inferred(RawValue::Null),
            Value::Func(func) => ("funcref", RawValue::Func(func)),
            Value::Encoded(bytes) => return Arg::inferred(RawValue::Encoded(bytes)),
            Value::Extern(ExternValue::Undefined) => ("externref", RawValue::Undefined),
            Value::Extern(ExternValue::Number(bits)) => ("externref", RawValue::Number(f64::from_bits(bits))),
            Value::Extern(ExternValue::BigInt(v)) => ("externref", RawValue::BigInt(v)),
            Value::Extern(ExternValue::Host(kept)) => {
                let value = RawValue::Other("a value of the host's");
                return Arg { declared: Some("externref".to_owned()), value, kept: Some(kept) };
            }
        };
        Arg { declared: Some(declared.to_owned()), value, kept: None }
    }
}

impl Value {
    /// Its type, as the text format spells it; `null` may be of any reference type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::I32(_) => "i32",
            Value::I64(_) => "i64",
            Value::F32(_) => "f32",
            Value::F64(_) => "f64",
            Value::V128(_) => "v128",
            Value::Null => "null",
            Value::Extern(_) => "externref",
            Value::Func(_) => "funcref",
            Value::Encoded(_) => "values of a component",
        }
    }

    #[doc(hidden)]
    /// Reads an argument as `wanted`, the type the signature has in its place.
    ///
    /// The rules are those of the contract: an i32 takes an integer in [-2^31, 2^32), an i64 a bigint in [-2^63, 2^64) or a
    /// safe integer, floats any number; a declared type must be the signature's. `Err` is a sentence without its subject.
    pub fn from_arg(arg: &Arg, wanted: ValueType) -> Result<Value, String> {
        if let Some(declared) = &arg.declared
            && declared != wanted.name()
        {
            return Err(format!("is declared as {declared}, but the signature says {wanted}"));
        }
        // Anywhere but in a 32-bit float it is the number that it stands for.
        let number = match (wanted, &arg.value) {
            (ValueType::F32, _) => None,
            (_, RawValue::Float32(bits)) => Some(RawValue::Number(f64::from(f32::from_bits(*bits)))),
            _ => None,
        };
        match (wanted, number.as_ref().unwrap_or(&arg.value)) {
            (ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef, RawValue::Null) => Ok(Value::Null),
            (ValueType::ExternRef, value) => arg.extern_value(value).map(Value::Extern),
            (ValueType::FuncRef | ValueType::OtherRef, RawValue::Undefined) => Ok(Value::Null),
            (ValueType::FuncRef, RawValue::Func(func)) => Ok(Value::Func(*func)),
            (ValueType::I32, RawValue::Number(n)) => i32_from(*n).map(Value::I32),
            (ValueType::I64, RawValue::BigInt(bits)) => Ok(Value::I64(*bits as i64)),
            (ValueType::I64, RawValue::Number(n)) => i64_from(*n).map(Value::I64),
            (ValueType::F32, RawValue::Number(n)) => Ok(Value::F32((*n as f32).to_bits())),
            (ValueType::F32, RawValue::Float32(bits)) => Ok(Value::F32(*bits)),
            (ValueType::F64, RawValue::Number(n)) => Ok(Value::F64(n.to_bits())),
            (ValueType::V128, RawValue::Vector(v)) => Ok(Value::V128(*v)),
            (ValueType::I64, RawValue::BigIntTooLarge) => Err("is a bigint outside [-2^63, 2^64) (i64)".to_owned()),
            (_, found) => Err(format!("must be {}, not {}", acceptable(wanted), found.describe())),
        }
    }
}

impl Arg {
    fn extern_value(&self, value: &RawValue) -> Result<ExternValue, String> {
        match (&self.kept, value) {
            (Some(kept), _) => Ok(ExternValue::Host(kept.clone())),
            (None, RawValue::Undefined) => Ok(ExternValue::Undefined),
            (None, RawValue::Number(n)) => Ok(ExternValue::Number(n.to_bits())),
            (None, RawValue::BigInt(v)) => Ok(ExternValue::BigInt(*v)),
            (None, found) => Err(format!("cannot be an externref here: it is {}", found.describe())),
        }
    }
}

impl RawValue {
    /// What it is where something else than a value is wanted.
    pub fn kind(&self) -> &'static str {
        match self {
            RawValue::Number(_) | RawValue::BigInt(_) | RawValue::BigIntTooLarge => "a value",
            RawValue::Bytes => "a Uint8Array",
            other => other.describe(),
        }
    }

    fn describe(&self) -> &'static str {
        match self {
            RawValue::Number(_) | RawValue::Float32(_) => "a number",
            RawValue::BigInt(_) | RawValue::BigIntTooLarge => "a bigint",
            RawValue::Vector(_) => "a Uint8Array",
            RawValue::Bytes => "a Uint8Array of another length",
            RawValue::Null => "null",
            RawValue::Undefined => "undefined",
            RawValue::Func(_) => "a function",
            RawValue::Encoded(_) => "values of a component",
            RawValue::Other(what) => what,
        }
    }
}

fn acceptable(wanted: ValueType) -> &'static str {
    match wanted {
        ValueType::I32 => "an integer number (i32)",
        ValueType::I64 => "a bigint or a safe integer (i64)",
        ValueType::F32 => "a number (f32)",
        ValueType::F64 => "a number (f64)",
        ValueType::V128 => "a Uint8Array of 16 bytes (v128)",
        ValueType::FuncRef => "null or a function of the same instance (funcref)",
        ValueType::ExternRef => "any value (externref)",
        ValueType::OtherRef => "null (a reference)",
    }
}

fn i32_from(n: f64) -> Result<i32, String> {
    if n.trunc() != n {
        return Err(format!("must be an integer (i32), not {n}"));
    }
    if !(-2_147_483_648.0..4_294_967_296.0).contains(&n) {
        return Err(format!("must lie in [-2^31, 2^32) (i32), but is {n}"));
    }
    Ok(n as i64 as i32)
}

fn i64_from(n: f64) -> Result<i64, String> {
    const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
    if n.trunc() != n || n.abs() > MAX_SAFE_INTEGER {
        return Err(format!("must be a bigint or a safe integer (i64), not {n}"));
    }
    Ok(n as i64)
}

impl Value {
    /// Is it a value that somebody else than this one keeps?
    #[doc(hidden)]
    pub fn is_foreign_to(&self, keeper: &Keeper) -> bool {
        matches!(self, Value::Extern(ExternValue::Host(value)) if value.id_for(keeper).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: f64, wanted: ValueType) -> Result<Value, String> {
        Value::from_arg(&Arg::inferred(RawValue::Number(n)), wanted)
    }

    #[test]
    fn i32_takes_the_signed_and_the_unsigned_range_and_nothing_beyond() {
        assert_eq!(number(-2_147_483_648.0, ValueType::I32), Ok(Value::I32(i32::MIN)));
        assert_eq!(number(4_294_967_295.0, ValueType::I32), Ok(Value::I32(-1)));
        for bad in [-2_147_483_649.0, 4_294_967_296.0, 0.5, f64::NAN, f64::INFINITY] {
            assert!(number(bad, ValueType::I32).is_err(), "{bad}");
        }
    }

    #[test]
    fn i64_takes_bigints_and_safe_integers() {
        let big = Arg::inferred(RawValue::BigInt(u64::MAX.into()));
        assert_eq!(Value::from_arg(&big, ValueType::I64), Ok(Value::I64(-1)));
        assert_eq!(number(-9_007_199_254_740_991.0, ValueType::I64), Ok(Value::I64(-9_007_199_254_740_991)));
        for bad in [9_007_199_254_740_992.0, 1.5, f64::NAN] {
            assert!(number(bad, ValueType::I64).is_err(), "{bad}");
        }
        assert!(Value::from_arg(&Arg::inferred(RawValue::BigIntTooLarge), ValueType::I64).is_err());
        assert!(Value::from_arg(&big, ValueType::I32).unwrap_err().contains("i32"));
    }

    #[test]
    fn a_value_given_as_an_argument_keeps_every_bit() {
        for bits in [0x7f80_0001, 0xffa0_0000, 0x7fc0_0000, 0x8000_0000, 1] {
            assert_eq!(Value::from_arg(&Value::F32(bits).into(), ValueType::F32), Ok(Value::F32(bits)));
            let wide = u64::from(bits) << 32 | 1;
            assert_eq!(Value::from_arg(&Value::F64(wide).into(), ValueType::F64), Ok(Value::F64(wide)));
        }
    }

    #[test]
    fn a_declared_type_must_be_the_signatures() {
        let arg = Arg { declared: Some("f32".into()), value: RawValue::Number(1.0), kept: None };
        assert!(Value::from_arg(&arg, ValueType::F64).unwrap_err().contains("signature says f64"));
        assert_eq!(Value::from_arg(&arg, ValueType::F32), Ok(Value::F32(1.0f32.to_bits())));
    }
}
