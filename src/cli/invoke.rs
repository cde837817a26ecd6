//! `exec --invoke`: arguments as words of the command line, by the signature of what is called; and its results as lines.

use super::output::listed;
use crate::printable;
use crate::signature::{Export, ExportKind, ValueType};
use crate::value::{Arg, Value};
use std::num::ParseIntError;

/// Reads the words as arguments of an export.
///
/// # Errors
/// A sentence that names the module, the export and the word at fault.
pub(super) fn arguments(module: &str, exports: &[Export], name: &str, words: &[String]) -> Result<Vec<Arg>, String> {
    let shown = printable::name(name);
    let Some(export) = exports.iter().find(|export| export.name == name) else {
        let functions = exports.iter().filter(|export| matches!(export.kind, ExportKind::Function { .. }));
        let there = listed(functions.map(|export| export.name.to_string()));
        return Err(format!("{module} has no export \"{shown}\"{there}"));
    };
    let ExportKind::Function { params, .. } = &export.kind else {
        return Err(format!("the export \"{shown}\" of {module} is no function, but a {}", export.kind.name()));
    };
    if params.len() != words.len() {
        let types = params.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
        return Err(format!("\"{shown}\" takes {} arguments ({types}), {} were given", params.len(), words.len()));
    }
    let args = words.iter().zip(params).enumerate().map(|(index, (word, ty))| match value(word, *ty) {
        Some(value) => Ok(value.into()),
        None => Err(format!(
            "argument {} of \"{shown}\" must be {}, not \"{}\"",
            index + 1,
            acceptable(*ty),
            printable::name(word)
        )),
    });
    args.collect()
}

fn value(word: &str, ty: ValueType) -> Option<Value> {
    match ty {
        // A number of such a size may be meant with a sign or without.
        ValueType::I32 => integer(word, i32::from_str_radix, u32::from_str_radix, |n| n as i32).map(Value::I32),
        ValueType::I64 => integer(word, i64::from_str_radix, u64::from_str_radix, |n| n as i64).map(Value::I64),
        ValueType::V128 => integer(word, |_, _| Err(()), u128::from_str_radix, |n| n).map(Value::V128),
        ValueType::F32 => word.parse::<f32>().ok().map(|number| Value::F32(number.to_bits())),
        ValueType::F64 => word.parse::<f64>().ok().map(|number| Value::F64(number.to_bits())),
        ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => (word == "null").then_some(Value::Null),
    }
}

/// A decimal number, or a hexadecimal one after `0x`.
fn integer<S, U, E>(
    word: &str,
    signed: impl Fn(&str, u32) -> Result<S, E>,
    unsigned: impl Fn(&str, u32) -> Result<U, ParseIntError>,
    same_bits: impl Fn(U) -> S,
) -> Option<S> {
    let (sign, digits) = word.strip_prefix('-').map_or(("", word), |digits| ("-", digits));
    let (radix, digits) = digits.strip_prefix("0x").map_or((10, digits), |digits| (16, digits));
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let number = format!("{sign}{digits}");
    signed(&number, radix).ok().or_else(|| unsigned(&number, radix).ok().map(same_bits))
}

fn acceptable(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I32 => "an integer in [-2^31, 2^32) (i32)",
        ValueType::I64 => "an integer in [-2^63, 2^64) (i64)",
        ValueType::F32 => "a number (f32)",
        ValueType::F64 => "a number (f64)",
        ValueType::V128 => "an integer in [0, 2^128) (v128)",
        ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => "`null` (a reference)",
    }
}

/// A result as a line.
pub(super) fn line(value: &Value) -> String {
    match value {
        Value::I32(number) => format!("{number}\n"),
        Value::I64(number) => format!("{number}\n"),
        Value::F32(bits) => format!("{}\n", f32::from_bits(*bits)),
        Value::F64(bits) => format!("{}\n", f64::from_bits(*bits)),
        Value::V128(bits) => format!("{bits}\n"),
        Value::Null => "null\n".to_owned(),
        Value::Func(_) => "<funcref>\n".to_owned(),
        Value::Encoded(_) => "<values of a component>\n".to_owned(),
        Value::Extern(_) => "<externref>\n".to_owned(),
    }
}
