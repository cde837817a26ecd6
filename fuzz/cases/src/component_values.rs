//! Values of components: of any type, held against an encoding of this file's own and against wasmtime's dynamic values, each way.

use crate::input::Input;
use runtime_wasm::actor::component_values::{Passed, pass};
use runtime_wasm::value::Encoded;
use std::fmt::Write;
use wasmtime::component::Val;

/// A type, with the text that names it in a component.
#[derive(Clone, Debug)]
enum Type {
    Bool,
    U8,
    S8,
    U16,
    S16,
    U32,
    S32,
    U64,
    S64,
    F32,
    F64,
    Char,
    String,
    List(Box<Type>),
    Tuple(Vec<Type>),
    Option(Box<Type>),
    Result(Option<Box<Type>>, Option<Box<Type>>),
    Record(String, Vec<(String, Type)>),
    Variant(String, Vec<(String, Option<Type>)>),
    Enum(String, Vec<String>),
    Flags(String, Vec<String>),
}

/// Types that have names, in the order in which they are declared.
#[derive(Default)]
struct Declared {
    text: String,
    count: usize,
}

impl Declared {
    /// Declares a type by its body. Whoever imports or exports a function may use it only under a name of its own.
    fn add(&mut self, body: &str) -> String {
        let number = self.count;
        self.count += 1;
        let _ = write!(self.text, "(type $d{number} {body}) (import \"t{number}\" (type $t{number} (eq $d{number})))");
        format!("$t{number}")
    }
}

fn a_type(input: &mut Input<'_>, declared: &mut Declared, depth: usize) -> Type {
    let kinds = if depth == 0 { 15 } else { 21 };
    let inner = |input: &mut Input<'_>, declared: &mut Declared| a_type(input, declared, depth - 1);
    match input.below(kinds) {
        0 => Type::Bool,
        1 => Type::U8,
        2 => Type::S8,
        3 => Type::U16,
        4 => Type::S16,
        5 => Type::U32,
        6 => Type::S32,
        7 => Type::U64,
        8 => Type::S64,
        9 => Type::F32,
        10 => Type::F64,
        11 => Type::Char,
        12 => Type::String,
        13 => {
            let count = 1 + if input.once_in(8) { input.below(300) } else { input.below(5) };
            let names: Vec<String> = (0..count).map(|at| format!("c{at}")).collect();
            let body = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
            Type::Enum(declared.add(&format!("(enum {body})")), names)
        }
        14 => {
            let names: Vec<String> = (0..1 + input.below(32)).map(|at| format!("f{at}")).collect();
            let body = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(" ");
            Type::Flags(declared.add(&format!("(flags {body})")), names)
        }
        15 => Type::List(Box::new(inner(input, declared))),
        16 => Type::Tuple((0..1 + input.below(5)).map(|_| inner(input, declared)).collect()),
        17 => Type::Option(Box::new(inner(input, declared))),
        18 => {
            let mut maybe = |input: &mut Input<'_>| (!input.once_in(3)).then(|| Box::new(inner(input, declared)));
            Type::Result(maybe(input), maybe(input))
        }
        19 => {
            let fields: Vec<_> = (0..1 + input.below(6)).map(|at| (format!("f{at}"), inner(input, declared))).collect();
            let body: String = fields.iter().map(|(name, ty)| format!("(field \"{name}\" {})", text(ty))).collect();
            Type::Record(declared.add(&format!("(record {body})")), fields)
        }
        _ => {
            let cases: Vec<_> = (0..1 + input.below(6))
                .map(|at| (format!("c{at}"), (!input.once_in(3)).then(|| inner(input, declared))))
                .collect();
            let body: String = cases
                .iter()
                .map(|(name, ty)| format!("(case \"{name}\" {})", ty.as_ref().map(text).unwrap_or_default()))
                .collect();
            Type::Variant(declared.add(&format!("(variant {body})")), cases)
        }
    }
}

fn text(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::S8 => "s8".to_owned(),
        Type::U16 => "u16".to_owned(),
        Type::S16 => "s16".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::S32 => "s32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::S64 => "s64".to_owned(),
        Type::F32 => "f32".to_owned(),
        Type::F64 => "f64".to_owned(),
        Type::Char => "char".to_owned(),
        Type::String => "string".to_owned(),
        Type::List(element) => format!("(list {})", text(element)),
        Type::Tuple(types) => format!("(tuple {})", types.iter().map(text).collect::<Vec<_>>().join(" ")),
        Type::Option(inner) => format!("(option {})", text(inner)),
        Type::Result(ok, err) => {
            let ok = ok.as_deref().map(text).unwrap_or_default();
            let err = err.as_deref().map(|ty| format!("(error {})", text(ty))).unwrap_or_default();
            format!("(result {ok} {err})")
        }
        Type::Record(name, _) | Type::Variant(name, _) | Type::Enum(name, _) | Type::Flags(name, _) => name.clone(),
    }
}

/// The core types that a value takes where it goes flat, as the canonical ABI joins them.
fn flat(ty: &Type) -> Vec<&'static str> {
    match ty {
        Type::U64 | Type::S64 => vec!["i64"],
        Type::F32 => vec!["f32"],
        Type::F64 => vec!["f64"],
        Type::String | Type::List(_) => vec!["i32", "i32"],
        Type::Tuple(types) => types.iter().flat_map(flat).collect(),
        Type::Record(_, fields) => fields.iter().flat_map(|(_, ty)| flat(ty)).collect(),
        Type::Option(inner) => joined(&[None, Some(&**inner)]),
        Type::Result(ok, err) => joined(&[ok.as_deref(), err.as_deref()]),
        Type::Variant(_, cases) => joined(&cases.iter().map(|(_, ty)| ty.as_ref()).collect::<Vec<_>>()),
        _ => vec!["i32"],
    }
}

fn joined(cases: &[Option<&Type>]) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for ty in cases.iter().flatten() {
        for (at, core) in flat(ty).into_iter().enumerate() {
            match all.get(at).copied() {
                None => all.push(core),
                Some(known) if known == core => {}
                Some("i32" | "f32") if core == "i32" || core == "f32" => all[at] = "i32",
                Some(_) => all[at] = "i64",
            }
        }
    }
    all.insert(0, "i32");
    all
}

/// What is encoded of a value, by this file's own reading of what `wire.rs` describes.
#[derive(Default)]
struct Out(Encoded);

impl Out {
    fn word(&mut self, word: u32) {
        self.0.bytes.extend(word.to_le_bytes());
    }

    fn align(&mut self, to: usize) {
        while !self.0.bytes.len().is_multiple_of(to) {
            self.0.bytes.push(0);
        }
    }

    fn long(&mut self, bytes: [u8; 8]) {
        self.align(8);
        self.0.bytes.extend(bytes);
    }
}

/// How many bytes a number takes in a list of such.
fn size_of_number(ty: &Type) -> Option<usize> {
    Some(match ty {
        Type::U8 | Type::S8 => 1,
        Type::U16 | Type::S16 => 2,
        Type::U32 | Type::S32 | Type::F32 => 4,
        Type::U64 | Type::S64 | Type::F64 => 8,
        _ => return None,
    })
}

/// Numbers of a list: each in its own bytes.
fn numbers(input: &mut Input<'_>, ty: &Type, count: usize, size: usize, out: &mut Out) -> Vec<Val> {
    let mut values = Vec::new();
    let mut packed = Vec::new();
    for _ in 0..count {
        let mut one = Out::default();
        values.push(a_value(input, ty, &mut one));
        packed.extend_from_slice(&one.0.bytes[..size]);
    }
    out.align(size.max(4));
    out.0.bytes.extend(packed);
    out.align(4);
    values
}

/// A value: for wasmtime, and encoded as `wire.rs` describes it, by this file's own reading of that.
fn a_value(input: &mut Input<'_>, ty: &Type, out: &mut Out) -> Val {
    let case = |out: &mut Out, case: usize| out.word(case as u32);
    macro_rules! number {
        ($type:ty, $val:ident) => {{
            let number: $type = input.any();
            out.word(number as u32);
            Val::$val(number)
        }};
    }
    macro_rules! long {
        ($type:ty, $val:ident) => {{
            let number: $type = input.any();
            out.long(number.to_le_bytes());
            Val::$val(number)
        }};
    }
    match ty {
        Type::Tuple(_) | Type::Record(..) | Type::Option(_) | Type::Result(..) | Type::Variant(..) => {
            column(input, ty, 1, out).remove(0)
        }
        Type::Bool => {
            let value = input.once_in(2);
            out.word(u32::from(value));
            Val::Bool(value)
        }
        Type::U8 => number!(u8, U8),
        Type::S8 => number!(i8, S8),
        Type::U16 => number!(u16, U16),
        Type::S16 => number!(i16, S16),
        Type::U32 => number!(u32, U32),
        Type::S32 => number!(i32, S32),
        Type::U64 => long!(u64, U64),
        Type::S64 => long!(i64, S64),
        // A NaN may lose its bits on the way, and is equal to nothing.
        Type::F32 => {
            let number = Some(input.any::<f32>()).filter(|number| !number.is_nan()).unwrap_or(-0.0);
            out.word(number.to_bits());
            Val::Float32(number)
        }
        Type::F64 => {
            let number = Some(input.any::<f64>()).filter(|number| !number.is_nan()).unwrap_or(-0.0);
            out.long(number.to_le_bytes());
            Val::Float64(number)
        }
        Type::Char => {
            let value: char = input.any();
            out.word(value.into());
            Val::Char(value)
        }
        Type::String => {
            let value: String = input.any::<String>().chars().take(40).collect();
            out.word(value.encode_utf16().count() as u32);
            out.0.text.push_str(&value);
            Val::String(value)
        }
        Type::List(element) => {
            let count = if input.once_in(10) { input.below(300) } else { input.below(4) };
            case(out, count);
            match size_of_number(element) {
                None => Val::List(column(input, element, count, out)),
                Some(size) => Val::List(numbers(input, element, count, size, out)),
            }
        }
        Type::Enum(_, names) => {
            let chosen = input.below(names.len());
            case(out, chosen);
            Val::Enum(names[chosen].clone())
        }
        Type::Flags(_, names) => {
            let bits: u32 = input.any::<u32>() & (u32::MAX >> (32 - names.len()));
            out.word(bits);
            let set = names.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
            Val::Flags(set.map(|(_, name)| name.clone()).collect())
        }
    }
}

/// Values of a column, likewise.
fn column(input: &mut Input<'_>, ty: &Type, count: usize, out: &mut Out) -> Vec<Val> {
    match ty {
        Type::Tuple(types) => {
            let columns = types.iter().map(|ty| column(input, ty, count, out)).collect();
            rows(columns, count).into_iter().map(Val::Tuple).collect()
        }
        Type::Record(_, fields) => {
            let columns = fields.iter().map(|(_, ty)| column(input, ty, count, out)).collect();
            let named = |row: Vec<Val>| fields.iter().map(|(name, _)| name.clone()).zip(row).collect();
            rows(columns, count).into_iter().map(|row| Val::Record(named(row))).collect()
        }
        Type::Option(inner) => {
            let values = of_cases(input, &[None, Some(inner)], count, out);
            values.into_iter().map(|(_, value)| Val::Option(value.map(Box::new))).collect()
        }
        Type::Result(ok, err) => {
            let values = of_cases(input, &[ok.as_deref(), err.as_deref()], count, out).into_iter();
            let result = |(case, value): (usize, Option<Val>)| {
                let value = value.map(Box::new);
                Val::Result(if case == 0 { Ok(value) } else { Err(value) })
            };
            values.map(result).collect()
        }
        Type::Variant(_, cases) => {
            let types: Vec<Option<&Type>> = cases.iter().map(|(_, ty)| ty.as_ref()).collect();
            let values = of_cases(input, &types, count, out).into_iter();
            values.map(|(case, value)| Val::Variant(cases[case].0.clone(), value.map(Box::new))).collect()
        }
        _ => (0..count).map(|_| a_value(input, ty, out)).collect(),
    }
}

fn rows(columns: Vec<Vec<Val>>, count: usize) -> Vec<Vec<Val>> {
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    (0..count).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect()
}

/// Which case each is, and its value: the cases first, and then the values of each, by who comes first.
fn of_cases(input: &mut Input<'_>, types: &[Option<&Type>], count: usize, out: &mut Out) -> Vec<(usize, Option<Val>)> {
    let cases: Vec<usize> = (0..count).map(|_| input.below(types.len())).collect();
    for case in &cases {
        out.word(*case as u32);
    }
    let mut values: Vec<_> = cases.iter().map(|case| (*case, None)).collect();
    for (index, case) in cases.iter().enumerate() {
        let Some(ty) = types[*case] else { continue };
        if cases[..index].contains(case) {
            continue;
        }
        let of_case = values.iter_mut().filter(|(other, _)| other == case);
        let of_case: Vec<_> = of_case.map(|(_, value)| value).collect();
        let made = column(input, ty, of_case.len(), out);
        for (place, value) in of_case.into_iter().zip(made) {
            *place = Some(value);
        }
    }
    values
}

/// A component that hands on what its `f` is called with to the `f` that it imports, and what that returns back.
fn component(declared: &Declared, ty: &Type) -> String {
    let cores = flat(ty);
    let params = if cores.len() > 16 { vec!["i32"] } else { cores.clone() };
    let named = params.join(" ");
    let gets: String = (0..params.len()).map(|at| format!("(local.get {at})")).collect();
    // A result of several core values goes by a place in the memory.
    let (result, import, call) = match cores.as_slice() {
        [one] => (*one, format!("(param {named}) (result {one})"), format!("(call $f {gets})")),
        _ => ("i32", format!("(param {named} i32)"), format!("(call $f {gets} (i32.const 8)) (i32.const 8)")),
    };
    let (ty, declared) = (text(ty), &declared.text);
    format!(
        "(component {declared}
          (import \"f\" (func $f (param \"x\" {ty}) (result {ty})))
          (core module $memory
            (memory (export \"m\") 1)
            (global $top (mut i32) (i32.const 32768))
            (func (export \"r\") (param i32 i32 i32 i32) (result i32) (local $at i32)
              (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get 2) (i32.const 1))) (i32.sub (i32.const 0) (local.get 2))))
              (global.set $top (i32.add (local.get $at) (local.get 3)))
              (loop $more
                (if (i32.gt_u (global.get $top) (i32.shl (memory.size) (i32.const 16)))
                  (then (drop (memory.grow (i32.const 1))) (br $more))))
              (local.get $at)))
          (core instance $memory (instantiate $memory))
          (alias core export $memory \"m\" (core memory $m))
          (alias core export $memory \"r\" (core func $r))
          (core func $lowered (canon lower (func $f) (memory $m) (realloc $r)))
          (core module $main
            (import \"host\" \"f\" (func $f {import}))
            (func (export \"f\") (param {named}) (result {result}) {call}))
          (core instance $main (instantiate $main (with \"host\" (instance (export \"f\" (func $lowered))))))
          (func $out (param \"x\" {ty}) (result {ty}) (canon lift (core func $main \"f\") (memory $m) (realloc $r)))
          (export \"f\" (func $out)))"
    )
}

/// Any value of any type comes through a component unchanged, encoded as we have it and as wasmtime has it.
///
/// # Panics
/// If it does not.
pub fn component_values(data: &[u8]) {
    let mut input = Input::new(data);
    let mut declared = Declared::default();
    let depth = input.below(4);
    let ty = a_type(&mut input, &mut declared, depth);
    let mut out = Out::default();
    let value = a_value(&mut input, &ty, &mut out);
    out.align(8);
    let encoded = out.0;
    let text = component(&declared, &ty);
    let component = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let passed = pass(&component, &encoded, flat(&ty).len());
    let Passed { seen, back, heard, returned } = passed.unwrap_or_else(|error| panic!("{error:#}: {ty:?} {value:?}"));
    assert_eq!(seen, value, "lowered by us: {ty:?}");
    assert_eq!(returned, value, "lowered and lifted by both: {ty:?}");
    assert_eq!(heard, encoded, "lifted by us: {ty:?} {value:?}");
    assert_eq!(back, encoded, "there and back: {ty:?} {value:?}");
}
