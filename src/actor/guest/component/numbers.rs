//! Values that are numbers and nothing else, which go as such: to encode them would cost more than a short function.

use super::wire::Writer;
use crate::interface::Type;
use crate::value::{Arg, Encoded, RawValue, Value};

/// Arguments that are numbers, encoded for parameters of these types. `None` where something is none, or none that fits.
pub(super) fn encoded(args: &[Arg], types: &[Type]) -> Option<Encoded> {
    if args.len() != types.len() {
        return None;
    }
    let mut writer = Writer::default();
    for (arg, ty) in args.iter().zip(types) {
        let number = match arg.value {
            RawValue::Number(number) => number,
            RawValue::Float32(bits) => f64::from(f32::from_bits(bits)),
            _ => return None,
        };
        match ty {
            Type::F32 => writer.u32((number as f32).to_bits()),
            Type::F64 => writer.two_words(number.to_le_bytes()),
            _ => {
                let (least, most) = bounds(*ty)?;
                // A `u32` of Rust's comes as the bits of an i32.
                let is_bits = *ty == Type::U32 && arg.declared.as_deref() == Some("i32") && number < 0.0;
                let number = if is_bits { number + 4_294_967_296.0 } else { number };
                let fits = number.trunc() == number && (least as f64..=most as f64).contains(&number);
                writer.u32(fits.then_some(number as i64)? as u32);
            }
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
        let encoded = |number: f64, ty| encoded(&[Arg::inferred(RawValue::Number(number))], &[ty]);
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
}
