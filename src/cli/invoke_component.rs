//! `exec --invoke` of a component: which function is meant, its arguments as words, and its result as lines.
//!
//! A string, a number, a `bool`, a `char` and a case of an `enum` are written as they are. Everything else is JSON, in the shape that it has in
//! JavaScript; so are results.

use super::json_reader::{Read, result};
use super::json_writer::write;
use super::output::listed;
use crate::actor::wire::{Reader, Writer};
use crate::interface::{Function, Interface, Type, TypeDef};
use crate::printable;
use crate::value::{Arg, Encoded, RawValue, Value};
use serde_json::Value as Json;

/// What a function is called by, and it.
///
/// # Errors
/// A sentence that names the module, and the functions that there are.
pub(super) fn find<'a>(module: &str, interface: &'a Interface, wanted: &str) -> Result<&'a Function, String> {
    let exports = || interface.exports.iter();
    if let Some(exact) = exports().find(|function| function.full_name() == wanted) {
        return Ok(exact);
    }
    // Its name alone, or with that of its interface without the version.
    let short = |function: &&Function| {
        let unversioned = function.interface.as_deref().map(|name| name.split('@').next().unwrap_or(name));
        function.name == wanted || unversioned.is_some_and(|name| format!("{name}#{}", function.name) == wanted)
    };
    let found: Vec<&Function> = exports().filter(short).collect();
    match *found {
        [one] => Ok(one),
        [] => Err(format!("{module} has no export \"{}\"{}", printable::name(wanted), exported(interface))),
        _ => {
            let all =
                found.iter().map(|function| printable::name(&function.full_name())).collect::<Vec<_>>().join(", ");
            Err(format!("{module} has several exports \"{}\": {}", printable::name(wanted), printable::sentence(&all)))
        }
    }
}

/// The functions that there are, for a message.
pub(super) fn exported(interface: &Interface) -> String {
    // Those of resources need one.
    let plain = interface.exports.iter().filter(|function| !function.name.starts_with('['));
    listed(plain.map(Function::full_name))
}

/// Reads the words as arguments.
///
/// # Errors
/// A sentence that names the function and the word at fault.
pub(super) fn arguments(interface: &Interface, function: &Function, words: &[String]) -> Result<Vec<Arg>, String> {
    let name = printable::name(&function.name);
    if function.params.len() != words.len() {
        let ty = printable::sentence(&interface.function_text(function));
        let (wanted, given) = (function.params.len(), words.len());
        return Err(format!("\"{name}\" takes {wanted} arguments, {given} were given: it is a {ty}"));
    }
    let mut writer = Writer::default();
    for (index, ((param, ty), word)) in function.params.iter().zip(words).enumerate() {
        let written = as_json(interface, *ty, word).and_then(|value| write(interface, &mut writer, *ty, &value));
        written
            .map_err(|why| printable::sentence(&format!("argument {} of \"{name}\" ({param}): {why}", index + 1)))?;
    }
    Ok(vec![Arg::inferred(RawValue::Encoded(Box::new(writer.end())))])
}

/// A word as what JSON would say for it.
fn as_json(interface: &Interface, ty: Type, word: &str) -> Result<Json, String> {
    let is_enum = |index: u32| matches!(interface.types.get(index as usize), Some(TypeDef::Enum(_)));
    match ty {
        Type::Defined(index) if !is_enum(index) => {
            serde_json::from_str(word).map_err(|error| format!("must be {} as JSON: {error}", interface.text(ty)))
        }
        Type::Bool => Ok(word.parse().map_or_else(|_| Json::from(word), Json::Bool)),
        _ => Ok(Json::from(word)),
    }
}

/// The result as lines to print.
///
/// # Errors
/// What the function gave as an error, where its type is a `result`: a sentence.
pub(super) fn lines(interface: &Interface, function: &Function, values: &[Value]) -> Result<String, String> {
    let Some(ty) = function.result else { return Ok(String::new()) };
    let encoded = match values {
        [Value::Encoded(values)] => (**values).clone(),
        [value] => number(value),
        _ => return Ok(String::new()),
    };
    let mut reader = Reader::new(&encoded);
    match result(interface, &mut reader, ty).map_err(|error| error.to_string())? {
        Read::Value(text) => Ok(text.map_or(String::new(), |text| text + "\n")),
        Read::Error(text) => {
            let name = printable::name(&function.name);
            Err(format!("\"{name}\" gave an error: {}", printable::sentence(&text)))
        }
    }
}

/// A number as it would have come if it had come with others.
fn number(value: &Value) -> Encoded {
    let mut writer = Writer::default();
    match value {
        Value::I32(number) => writer.u32(*number as u32),
        Value::F32(bits) => writer.u32(*bits),
        Value::F64(bits) => writer.two_words(bits.to_le_bytes()),
        _ => {}
    }
    writer.end()
}
