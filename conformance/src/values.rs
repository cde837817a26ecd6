//! Values as scripts write them, and as they expect them.

use runtime_wasm::value::{ExternValue, Value};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// An argument. `None` for a reference that cannot be given: a host value that is no externref.
pub fn argument(arg: &WastArg) -> Option<Value> {
    let WastArg::Core(arg) = arg else { return None };
    Some(match arg {
        WastArgCore::I32(v) => Value::I32(*v),
        WastArgCore::I64(v) => Value::I64(*v),
        WastArgCore::F32(v) => Value::F32(v.bits),
        WastArgCore::F64(v) => Value::F64(v.bits),
        WastArgCore::V128(v) => Value::V128(u128::from_le_bytes(v.to_le_bytes())),
        WastArgCore::RefNull(_) => Value::Null,
        WastArgCore::RefExtern(number) => Value::Extern(host_value(*number)),
        WastArgCore::RefHost(_) => return None,
    })
}

/// The host value of a number, as an externref.
fn host_value(number: u32) -> ExternValue {
    ExternValue::Number(f64::from(number).to_bits())
}

/// Is it what is expected? `None` where the expectation is of a reference that never crosses.
pub fn is_expected(found: &Value, expected: &WastRet) -> Option<bool> {
    let WastRet::Core(expected) = expected else { return None };
    core(found, expected)
}

fn core(found: &Value, expected: &WastRetCore) -> Option<bool> {
    Some(match (found, expected) {
        (found, WastRetCore::Either(choices)) => choices.iter().any(|choice| core(found, choice) == Some(true)),
        (Value::I32(found), WastRetCore::I32(expected)) => found == expected,
        (Value::I64(found), WastRetCore::I64(expected)) => found == expected,
        (Value::F32(found), WastRetCore::F32(expected)) => f32_is(*found, expected),
        (Value::F64(found), WastRetCore::F64(expected)) => f64_is(*found, expected),
        (Value::V128(found), WastRetCore::V128(expected)) => v128_is(found.to_le_bytes(), expected),
        (Value::Null, WastRetCore::RefNull(_)) => true,
        (Value::Extern(found), WastRetCore::RefExtern(expected)) => {
            expected.is_none_or(|number| *found == host_value(number))
        }
        (Value::Func(_), WastRetCore::RefFunc(_)) => true,
        _ => false,
    })
}

/// Does a script expect a reference that may be one of the guest's own?
pub fn is_reference(expected: &WastRet) -> bool {
    matches!(
        expected,
        WastRet::Core(
            WastRetCore::RefExtern(_)
                | WastRetCore::RefHost(_)
                | WastRetCore::RefAny
                | WastRetCore::RefEq
                | WastRetCore::RefArray
                | WastRetCore::RefStruct
                | WastRetCore::RefI31
                | WastRetCore::RefI31Shared
        )
    )
}

fn f32_is(found: u32, expected: &NanPattern<wast::token::F32>) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => found == value.bits,
    }
}

fn f64_is(found: u64, expected: &NanPattern<wast::token::F64>) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & (u64::MAX >> 1) == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => found == value.bits,
    }
}

fn v128_is(found: [u8; 16], expected: &V128Pattern) -> bool {
    fn lanes<const BYTES: usize, const LANES: usize>(found: [u8; 16]) -> [[u8; BYTES]; LANES] {
        std::array::from_fn(|lane| std::array::from_fn(|byte| found[lane * BYTES + byte]))
    }
    match expected {
        V128Pattern::I8x16(expected) => lanes(found).map(i8::from_le_bytes) == *expected,
        V128Pattern::I16x8(expected) => lanes(found).map(i16::from_le_bytes) == *expected,
        V128Pattern::I32x4(expected) => lanes(found).map(i32::from_le_bytes) == *expected,
        V128Pattern::I64x2(expected) => lanes(found).map(i64::from_le_bytes) == *expected,
        V128Pattern::F32x4(expected) => {
            lanes::<4, 4>(found).iter().zip(expected).all(|(lane, one)| f32_is(u32::from_le_bytes(*lane), one))
        }
        V128Pattern::F64x2(expected) => {
            lanes::<8, 2>(found).iter().zip(expected).all(|(lane, one)| f64_is(u64::from_le_bytes(*lane), one))
        }
    }
}
