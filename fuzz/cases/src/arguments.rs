//! Arguments, held against a signature: the rules once more, in integers and bits, and what the guest really gets.

use crate::block_on;
use crate::input::Input;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::ErrorCode;
use runtime_wasm::registry::{Runtime, RuntimeOptions};
use runtime_wasm::signature::ValueType;
use runtime_wasm::value::{Arg, ExternValue, FuncValue, HostRef, Keeper, RawValue, Value};
use std::sync::{Arc, LazyLock};

const TYPES: [ValueType; 8] = [
    ValueType::I32,
    ValueType::I64,
    ValueType::F32,
    ValueType::F64,
    ValueType::V128,
    ValueType::FuncRef,
    ValueType::ExternRef,
    ValueType::OtherRef,
];

/// Functions that give back what they get, and globals that keep it, one for each type but the last.
const GUEST: &str = r#"(module
    (func (export "i32") (param i32) (result i32) (local.get 0))
    (func (export "i64") (param i64) (result i64) (local.get 0))
    (func (export "f32") (param f32) (result f32) (local.get 0))
    (func (export "f64") (param f64) (result f64) (local.get 0))
    (func (export "v128") (param v128) (result v128) (local.get 0))
    (func (export "funcref") (param funcref) (result funcref) (local.get 0))
    (func (export "externref") (param externref) (result externref) (local.get 0))
    (func (export "ref") (param anyref) (result anyref) (local.get 0))
    (func (export "all") (param i32 i64 f32 f64 v128 funcref externref anyref)
        (result anyref externref funcref v128 f64 f32 i64 i32)
        (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
    (global (export "g i32") (mut i32) (i32.const 0))
    (global (export "g i64") (mut i64) (i64.const 0))
    (global (export "g f32") (mut f32) (f32.const 0))
    (global (export "g f64") (mut f64) (f64.const 0))
    (global (export "g v128") (mut v128) (v128.const i64x2 0 0))
    (global (export "g funcref") (mut funcref) (ref.null func))
    (global (export "g externref") (mut externref) (ref.null extern))
    (global (export "g ref") (mut anyref) (ref.null any)))"#;

/// One instance for all inputs: no request changes what another gets.
static GUEST_ACTOR: LazyLock<(Runtime, Arc<Actor>)> = LazyLock::new(|| {
    let runtime = Runtime::new(RuntimeOptions::default()).expect("a runtime");
    let actor = block_on(async {
        let module = runtime.compile("guest".into(), wat::parse_str(GUEST).expect("a module")).await.expect("valid");
        runtime.instantiate(module, InstanceConfig::default()).await.expect("an instance")
    });
    (runtime, actor)
});

/// Reads arguments for signatures, and passes some of them through a guest.
pub fn arguments(data: &[u8]) {
    let mut input = Input::new(data);
    for index in 0..16 {
        let (arg, wanted) = (some_arg(&mut input), TYPES[input.below(TYPES.len())]);
        check_one(&arg, wanted);
        // Each is a trip to another thread.
        if index < 3 {
            check_guest(&mut input, arg, wanted);
        }
        if input.is_empty() {
            break;
        }
    }
    let count = [TYPES.len(), TYPES.len(), TYPES.len(), input.below(12)][input.below(4)];
    let types = TYPES.iter().cycle().take(count);
    let args = types.map(|ty| if input.once_in(16) { some_arg(&mut input) } else { some_arg_of(&mut input, *ty) });
    check_signature(args.collect());
}

/// One argument for one parameter, and back.
fn check_one(arg: &Arg, wanted: ValueType) {
    let read = Value::from_arg(arg, wanted);
    let expected = expected(arg, wanted);
    match (&read, &expected) {
        (Ok(value), Some(expected)) => {
            assert!(is_same(value, expected), "{arg:?} as {wanted}: {value:?}, not {expected:?}")
        }
        (Err(problem), None) => assert!(problem.contains(wanted.name()), "{problem:?} does not name {wanted}"),
        _ => panic!("{arg:?} as {wanted} is read as {read:?}, not {expected:?}"),
    }
    if let Ok(value) = read
        && wanted != ValueType::OtherRef
    {
        let again = Value::from_arg(&Arg::from(value.clone()), wanted);
        assert!(again.as_ref().is_ok_and(|again| is_same(again, &value)), "{value:?} comes back as {again:?}");
    }
}

/// Through a function of the guest's, or a global.
fn check_guest(input: &mut Input, arg: Arg, wanted: ValueType) {
    let expected = expected(&arg, wanted).filter(|value| !matches!(value, Value::Func(_)));
    let actor = &GUEST_ACTOR.1;
    let outcome = if input.once_in(4) {
        let name = format!("g {}", wanted.name());
        block_on(async {
            match actor.ask(Command::GlobalSet { name: name.clone(), value: arg }).await {
                Ok(_) => actor.ask(Command::GlobalGet(name)).await,
                failed => failed,
            }
        })
    } else {
        let call = Call { name: wanted.name().into(), args: vec![arg], ..Call::default() };
        block_on(actor.ask(Command::Call(call)))
    };
    match (outcome, expected) {
        (Ok(Answer::Values(values)), Some(expected)) => {
            assert!(values.len() == 1 && is_same(&values[0], &expected), "{values:?}, not {expected:?}");
        }
        (Err(error), None) => assert_eq!(error.code, ErrorCode::Type, "{error}"),
        (outcome, expected) => panic!("{outcome:?}, not {expected:?}"),
    }
}

/// All parameters at once: their number counts first, then the first that is wrong is named.
fn check_signature(args: Vec<Arg>) {
    let wrong =
        args.iter().zip(TYPES).position(|(arg, ty)| !expected(arg, ty).is_some_and(|v| !matches!(v, Value::Func(_))));
    let count = args.len();
    let expected: Vec<_> = args.iter().zip(TYPES).rev().map(|(arg, ty)| expected(arg, ty)).collect();
    let call = Call { name: "all".into(), args, ..Call::default() };
    match block_on(GUEST_ACTOR.1.ask(Command::Call(call))) {
        Ok(Answer::Values(values)) => {
            assert!(count == TYPES.len() && wrong.is_none(), "called with {count} arguments, {wrong:?} is wrong");
            let same =
                |(value, expected): (&Value, &Option<Value>)| expected.as_ref().is_some_and(|e| is_same(value, e));
            assert!(values.iter().zip(&expected).all(same), "{values:?}, not {expected:?}");
        }
        Ok(other) => panic!("a call is answered with {other:?}"),
        Err(error) => {
            assert_eq!(error.code, ErrorCode::Type, "{error}");
            match (count == TYPES.len(), wrong) {
                (false, _) => assert!(error.message.contains(&format!("{count} were given")), "{error}"),
                (true, Some(index)) => {
                    assert!(error.message.contains(&format!("parameter {} of", index + 1)), "{error}");
                }
                (true, None) => panic!("refused: {error}"),
            }
        }
    }
}

/// The rules of the contract. `None` where the argument must be refused.
fn expected(arg: &Arg, wanted: ValueType) -> Option<Value> {
    if arg.declared.as_deref().is_some_and(|declared| declared != wanted.name()) {
        return None;
    }
    match (wanted, &arg.value) {
        (ValueType::I32, RawValue::Number(number)) => {
            let whole = integer(*number).filter(|whole| (-(1 << 31)..1 << 32).contains(whole))?;
            Some(Value::I32(whole as u32 as i32))
        }
        (ValueType::I64, RawValue::Number(number)) => {
            let whole = integer(*number).filter(|whole| whole.unsigned_abs() < 1 << 53)?;
            Some(Value::I64(whole as i64))
        }
        (ValueType::I64, RawValue::BigInt(big)) => Some(Value::I64(*big as u64 as i64)),
        (ValueType::F32, RawValue::Number(number)) => Some(Value::F32(nearest(*number))),
        (ValueType::F32, RawValue::Float32(bits)) => Some(Value::F32(*bits)),
        (ValueType::F64, RawValue::Number(number)) => Some(Value::F64(number.to_bits())),
        (ValueType::V128, RawValue::Vector(vector)) => Some(Value::V128(*vector)),
        (ValueType::FuncRef | ValueType::OtherRef, RawValue::Null | RawValue::Undefined) => Some(Value::Null),
        (ValueType::FuncRef, RawValue::Func(func)) => Some(Value::Func(*func)),
        (ValueType::ExternRef, RawValue::Null) => Some(Value::Null),
        (ValueType::ExternRef, value) => Some(Value::Extern(match (&arg.kept, value) {
            (Some(kept), _) => ExternValue::Host(kept.clone()),
            (None, RawValue::Undefined) => ExternValue::Undefined,
            (None, RawValue::Number(number)) => ExternValue::Number(number.to_bits()),
            (None, RawValue::BigInt(big)) => ExternValue::BigInt(*big),
            (None, _) => return None,
        })),
        _ => None,
    }
}

/// The integer that a float is, read off its bits.
fn integer(number: f64) -> Option<i128> {
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = i128::from(bits & ((1 << 52) - 1));
    let magnitude = match exponent {
        0 => (fraction == 0).then_some(0)?,
        // Beyond what any type takes.
        _ if exponent - 1075 > 60 => return None,
        _ => {
            let significand = fraction | 1 << 52;
            match exponent - 1075 {
                shift @ 0.. => significand << shift,
                shift if shift > -53 && significand & ((1 << -shift) - 1) == 0 => significand >> -shift,
                _ => return None,
            }
        }
    };
    Some(if number.is_sign_negative() { -magnitude } else { magnitude })
}

/// The bits of the nearest 32-bit float, the even one of two: by halving the interval that it lies in.
fn nearest(number: f64) -> u32 {
    if number.is_nan() {
        return f32::NAN.to_bits();
    }
    let sign = u32::from(number.is_sign_negative()) << 31;
    let wanted = number.abs();
    // The last that is not above, among the floats in order; infinity stands for 2^128.
    let value = |bits: u32| if bits == 0x7f80_0000 { 2_f64.powi(128) } else { f64::from(f32::from_bits(bits)) };
    let (mut below, mut above) = (0_u32, 0x7f80_0000_u32);
    if wanted >= value(above) {
        return sign | above;
    }
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if value(middle) <= wanted { below = middle } else { above = middle }
    }
    // Both differences are exact: the three lie close together.
    let (to_below, to_above) = (wanted - value(below), value(above) - wanted);
    let up = to_above < to_below || to_above == to_below && below & 1 == 1;
    sign | if up { above } else { below }
}

/// The same value, where one NaN is as good as another.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F32(a), Value::F32(b)) if f32::from_bits(*b).is_nan() => f32::from_bits(*a).is_nan(),
        _ => a == b,
    }
}

const NUMBERS: [f64; 20] = [
    0.0,
    -0.0,
    0.5,
    -2_147_483_648.0,
    -2_147_483_649.0,
    2_147_483_647.0,
    2_147_483_648.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_007_199_254_740_991.0,
    9_007_199_254_740_992.0,
    -9_007_199_254_740_991.0,
    -9_007_199_254_740_993.0,
    9_223_372_036_854_775_808.0,
    f64::MAX,
    f64::MIN_POSITIVE,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    16_777_217.0,
];

/// One that fits.
fn some_arg_of(input: &mut Input, ty: ValueType) -> Arg {
    Arg::from(match ty {
        ValueType::I32 => Value::I32(input.any()),
        ValueType::I64 => Value::I64(input.any()),
        ValueType::F32 => Value::F32(input.any()),
        ValueType::F64 => Value::F64(input.any()),
        ValueType::V128 => Value::V128(input.any()),
        ValueType::ExternRef => Value::Extern(ExternValue::Number(input.any())),
        ValueType::FuncRef | ValueType::OtherRef => Value::Null,
    })
}

fn some_arg(input: &mut Input) -> Arg {
    let declared = match input.below(16) {
        0..8 => None,
        kind @ 8..15 => Some(TYPES[kind - 8].name().to_owned()),
        _ => Some(input.pick(&["ref", "I32", "", "i32 "]).to_owned()),
    };
    let value = match input.below(12) {
        0 => RawValue::Number(NUMBERS[input.below(NUMBERS.len())]),
        1 => RawValue::Number(f64::from_bits(input.any())),
        2 => RawValue::Number(input.any::<i64>() as f64 / [1.0, 2.0, 1024.0, 1e12][input.below(4)]),
        3 => RawValue::Number(f64::from(f32::from_bits(input.any())) * [1.0, 1.0 + f64::EPSILON, 0.5][input.below(3)]),
        4 => RawValue::BigInt(input.any::<i64>().into()),
        5 => RawValue::BigInt(input.any::<u64>().into()),
        6 => RawValue::BigIntTooLarge,
        7 => RawValue::Vector(input.any()),
        8 => RawValue::Null,
        9 => RawValue::Undefined,
        10 => RawValue::Func(FuncValue { instance: input.any(), number: u64::MAX - input.below(9) as u64 }),
        _ => RawValue::Other("a string"),
    };
    // As from JavaScript: what is no plain value is kept there.
    let plain = matches!(value, RawValue::Number(_) | RawValue::BigInt(_) | RawValue::Null | RawValue::Undefined);
    let kept = (!plain && !input.once_in(4)).then(|| HostRef::kept(&Keeper::default(), 1, drop));
    Arg { declared, value, kept }
}
