//! Values that are numbers and nothing else, which go as such: to encode them would cost more than a short function.
//!
//! A function that takes and gives only those is called by types of its own, which know beforehand how its values go: each flat, in one place.

use super::wire::Writer;
use crate::interface::Type;
use crate::value::{Arg, Encoded, RawValue, Value};
use std::mem::MaybeUninit;
use wasmtime::component::__internal::wasmtime_environ::component::MAX_FLAT_PARAMS;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext, LowerContext};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower};
use wasmtime::{Result, ValRaw};

/// Does a function of these types take and give numbers only, as many as go flat?
pub(super) fn are_all(params: &[Type], result: Option<Type>) -> bool {
    let is_number = |ty: Type| matches!(ty, Type::F32 | Type::F64) || bounds(ty).is_some();
    params.len() <= MAX_FLAT_PARAMS && params.iter().copied().chain(result).all(is_number)
}

/// The parameters of such a function.
#[derive(Clone, Copy)]
pub(super) struct Params([ValRaw; MAX_FLAT_PARAMS]);

impl Params {
    /// Of arguments for parameters of these types. `None` where something is no number, or none that fits.
    pub(super) fn of(args: &[Arg], types: &[Type]) -> Option<Params> {
        let mut params = Params([ValRaw::u64(0); MAX_FLAT_PARAMS]);
        if args.len() != types.len() || args.len() > MAX_FLAT_PARAMS {
            return None;
        }
        for (place, (arg, ty)) in params.0.iter_mut().zip(args.iter().zip(types)) {
            *place = match Number::of(arg, *ty)? {
                Number::Word(word) => ValRaw::u32(word),
                Number::Float32(bits) => ValRaw::f32(bits),
                Number::Float64(bits) => ValRaw::f64(bits),
            };
        }
        Some(params)
    }
}

/// The result of such a function, or nothing.
pub(super) struct Given<const N: usize>(pub(super) Option<Value>);

/// A number as it goes.
enum Number {
    Word(u32),
    Float32(u32),
    Float64(u64),
}

impl Number {
    /// An argument as a value of this type, if it is one.
    fn of(arg: &Arg, ty: Type) -> Option<Number> {
        let number = match arg.value {
            RawValue::Number(number) => number,
            RawValue::Float32(bits) => f64::from(f32::from_bits(bits)),
            _ => return None,
        };
        Some(match ty {
            Type::F32 => Number::Float32((number as f32).to_bits()),
            Type::F64 => Number::Float64(number.to_bits()),
            _ => {
                let (least, most) = bounds(ty)?;
                // A `u32` of Rust's comes as the bits of an i32.
                let is_bits = ty == Type::U32 && arg.declared.as_deref() == Some("i32") && number < 0.0;
                let number = if is_bits { number + 4_294_967_296.0 } else { number };
                let fits = number.trunc() == number && (least as f64..=most as f64).contains(&number);
                Number::Word(fits.then_some(number as i64)? as u32)
            }
        })
    }
}

/// Arguments that are numbers, encoded for parameters of these types. `None` where something is none, or none that fits.
pub(super) fn encoded(args: &[Arg], types: &[Type]) -> Option<Encoded> {
    if args.len() != types.len() {
        return None;
    }
    let mut writer = Writer::default();
    for (arg, ty) in args.iter().zip(types) {
        match Number::of(arg, *ty)? {
            Number::Word(word) | Number::Float32(word) => writer.u32(word),
            Number::Float64(bits) => writer.two_words(bits.to_le_bytes()),
        }
    }
    Some(writer.end())
}

fn bounds(ty: Type) -> Option<(i64, i64)> {
    Some(match ty {
        Type::U8 => (0, u8::MAX.into()),
        Type::S8 => (i8::MIN.into(), i8::MAX.into()),
        Type::U16 => (0, u16::MAX.into()),
        Type::S16 => (i16::MIN.into(), i16::MAX.into()),
        Type::U32 => (0, u32::MAX.into()),
        Type::S32 => (i32::MIN.into(), i32::MAX.into()),
        _ => return None,
    })
}

// SAFETY: `Lower` is an array of `ValRaw`, and only functions of `are_all` are called with it: each of their parameters is one flat value, whose type
// `Params::of` was given.
unsafe impl ComponentType for Params {
    type Lower = [ValRaw; MAX_FLAT_PARAMS];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo { flat_count: Some(MAX_FLAT_PARAMS as u8), ..FLAT };

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

const FLAT: CanonicalAbiInfo = CanonicalAbiInfo { size32: 0, align32: 1, size64: 0, align64: 1, flat_count: None };

// SAFETY: as above.
unsafe impl ComponentNamedList for Params {}

// SAFETY: all places of `dst` are written.
unsafe impl Lower for Params {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        dst: &mut MaybeUninit<[ValRaw; MAX_FLAT_PARAMS]>,
    ) -> Result<()> {
        dst.write(self.0);
        Ok(())
    }

    fn linear_lower_to_memory<T>(&self, _: &mut LowerContext<'_, T>, ty: InterfaceType, _: usize) -> Result<()> {
        Err(super::abi::unsupported(ty))
    }
}

// SAFETY: as for `Params`; there is no more than one result.
unsafe impl<const N: usize> ComponentType for Given<N> {
    type Lower = [ValRaw; N];

    const ABI: CanonicalAbiInfo = CanonicalAbiInfo { flat_count: Some(N as u8), ..FLAT };

    fn typecheck(_: &InterfaceType, _: &InstanceType<'_>) -> Result<()> {
        Ok(())
    }
}

// SAFETY: as above.
unsafe impl<const N: usize> ComponentNamedList for Given<N> {}

// SAFETY: what is read is one flat value, of any bits.
unsafe impl<const N: usize> Lift for Given<N> {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &[ValRaw; N]) -> Result<Self> {
        let Some(value) = src.first() else { return Ok(Given(None)) };
        // A result is the one value of a tuple.
        let ty = match ty {
            InterfaceType::Tuple(index) => cx.types[index].types.first().copied().unwrap_or(ty),
            ty => ty,
        };
        Ok(Given(Some(match ty {
            InterfaceType::U8 => Value::I32(i32::from(value.get_u32() as u8)),
            InterfaceType::S8 => Value::I32(i32::from(value.get_u32() as i8)),
            InterfaceType::U16 => Value::I32(i32::from(value.get_u32() as u16)),
            InterfaceType::S16 => Value::I32(i32::from(value.get_u32() as i16)),
            // The bits of a `u32` too: whoever reads it knows its sign.
            InterfaceType::U32 | InterfaceType::S32 => Value::I32(value.get_i32()),
            InterfaceType::Float32 => Value::F32(value.get_f32()),
            InterfaceType::Float64 => Value::F64(value.get_f64()),
            other => return Err(super::abi::unsupported(other)),
        })))
    }

    fn linear_lift_from_memory(_: &mut LiftContext<'_>, ty: InterfaceType, _: &[u8]) -> Result<Self> {
        Err(super::abi::unsupported(ty))
    }
}

/// The results of a function, which are none or one: as a number where it is one, or else encoded.
pub(super) fn results(values: Encoded, ty: Option<Type>) -> Vec<Value> {
    let Some(ty) = ty else { return Vec::new() };
    let word = values.bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
    vec![match ty {
        // The bits of a `u32` too: whoever reads it knows its sign.
        Type::U8 | Type::S8 | Type::U16 | Type::S16 | Type::U32 | Type::S32 => Value::I32(word as i32),
        Type::F32 => Value::F32(word),
        Type::F64 => Value::F64(values.bytes.first_chunk().map_or(0, |words| u64::from_le_bytes(*words))),
        _ => Value::Encoded(Box::new(values)),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_goes_where_it_fits_and_nowhere_else() {
        // Both ways to go say the same.
        let encoded = |number: f64, ty| {
            let args = [Arg::inferred(RawValue::Number(number))];
            let flat = Params::of(&args, &[ty]).map(|params| params.0[0].get_u64());
            let encoded = encoded(&args, &[ty]);
            let words = encoded.as_ref().map(|values| {
                let mut words = [0; 8];
                words[..values.bytes.len()].copy_from_slice(&values.bytes);
                u64::from_le_bytes(words)
            });
            assert_eq!(
                flat.map(|bits| if ty == Type::F64 { bits } else { bits & 0xffff_ffff }),
                words,
                "{ty:?} {number}"
            );
            encoded
        };
        for (ty, least, most) in [
            (Type::U8, 0.0, 255.0),
            (Type::S8, -128.0, 127.0),
            (Type::U16, 0.0, 65_535.0),
            (Type::S16, -32_768.0, 32_767.0),
            (Type::U32, 0.0, 4_294_967_295.0),
            (Type::S32, -2_147_483_648.0, 2_147_483_647.0),
        ] {
            for number in [least, most, 1.0] {
                let values = encoded(number, ty).unwrap();
                assert_eq!(results(values, Some(ty)), [Value::I32(number as i64 as i32)], "{ty:?}");
            }
            for number in [least - 1.0, most + 1.0, 0.5, f64::NAN, f64::INFINITY] {
                assert!(encoded(number, ty).is_none(), "{ty:?} {number}");
            }
        }
        assert_eq!(results(encoded(-0.0, Type::F64).unwrap(), Some(Type::F64)), [Value::F64((-0.0f64).to_bits())]);
        assert_eq!(results(encoded(0.5, Type::F32).unwrap(), Some(Type::F32)), [Value::F32(0.5f32.to_bits())]);
        assert!(encoded(1.0, Type::U64).is_none() && encoded(1.0, Type::String).is_none());
        assert_eq!(results(Encoded::default(), None), []);
    }

    #[test]
    fn what_goes_flat_is_numbers_and_no_more_than_there_is_room_for() {
        assert!(are_all(&[], None) && are_all(&[Type::F32; 16], Some(Type::S8)));
        assert!(!are_all(&[Type::U8; 17], None));
        assert!(!are_all(&[Type::U8, Type::U64], None) && !are_all(&[Type::U8], Some(Type::String)));
        let one = [Arg::inferred(RawValue::Number(1.0))];
        assert!(Params::of(&one, &[]).is_none() && Params::of(&[], &[Type::U8]).is_none());
    }
}
