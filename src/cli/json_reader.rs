//! What a function of a component gives, as text: a string or a number as it is, everything else as JSON in the shape that it has in JavaScript.

use super::json_writer::{is_option, number_size};
use super::types::names::camel;
use crate::actor::wire::Reader;
use crate::interface::{Interface, Type, TypeDef};
use serde_json::Value as Json;
use std::error::Error;

/// What a function gave.
pub(super) enum Read {
    /// Its value, if there is one.
    Value(Option<String>),
    /// The error of a `result`.
    Error(String),
}

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Reads the result of a function.
///
/// # Errors
/// For what no component can have given.
pub(super) fn result(interface: &Interface, reader: &mut Reader<'_>, ty: Type) -> Outcome<Read> {
    let mut values = Values { interface, reader };
    let Some(TypeDef::Result { ok, err }) = values.definition(ty) else {
        return Ok(Read::Value(Some(values.outermost(ty)?)));
    };
    let is_error = values.reader.u32()? == 1;
    let value = if is_error { err } else { ok }.map(|ty| values.outermost(ty)).transpose()?;
    Ok(match (is_error, value) {
        (false, value) => Read::Value(value),
        (true, Some(value)) => Read::Error(value),
        (true, None) => Read::Error("it says no more".to_owned()),
    })
}

struct Values<'a, 'b> {
    interface: &'a Interface,
    reader: &'a mut Reader<'b>,
}

impl<'a> Values<'a, '_> {
    fn definition(&self, ty: Type) -> Option<&'a TypeDef> {
        let Type::Defined(index) = ty else { return None };
        self.interface.types.get(index as usize)
    }

    /// Without quotes around what needs none.
    fn outermost(&mut self, ty: Type) -> Outcome<String> {
        Ok(match (ty, self.definition(ty)) {
            (Type::String, _) => self.reader.text()?.into_owned(),
            (Type::Char, _) => self.char()?.to_string(),
            (Type::F32, _) => f32::from_bits(self.reader.u32()?).to_string(),
            (Type::F64, _) => f64::from_le_bytes(self.reader.two_words()?).to_string(),
            (_, Some(TypeDef::Enum(names))) => self.name(names)?.to_owned(),
            _ => self.column(ty, 1)?.pop().ok_or("no value")?,
        })
    }

    fn char(&mut self) -> Outcome<char> {
        Ok(char::from_u32(self.reader.u32()?).ok_or("no character")?)
    }

    fn name(&mut self, names: &'a [String]) -> Outcome<&'a str> {
        Ok(names.get(self.reader.u32()? as usize).ok_or("no such case")?)
    }

    /// Values of one type, as a [column](crate::actor::wire) has them. Each takes a word at least, so the bytes end before a count that is too large.
    fn column(&mut self, ty: Type, count: usize) -> Outcome<Vec<String>> {
        match self.definition(ty) {
            Some(TypeDef::Record(fields)) => {
                let columns = fields.iter().map(|(name, ty)| Ok((key(&camel(name)), self.column(*ty, count)?)));
                Ok(rows('{', '}', &columns.collect::<Outcome<Vec<_>>>()?, count))
            }
            Some(TypeDef::Tuple(types)) => {
                let columns = types.iter().map(|ty| Ok((String::new(), self.column(*ty, count)?)));
                Ok(rows('[', ']', &columns.collect::<Outcome<Vec<_>>>()?, count))
            }
            Some(TypeDef::Variant(cases)) => {
                let cases = cases.iter().map(|(name, ty)| Case::tagged(name, *ty));
                self.cases(&cases.collect::<Vec<_>>(), count)
            }
            Some(TypeDef::Result { ok, err }) => {
                self.cases(&[Case::tagged("ok", *ok), Case::tagged("err", *err)], count)
            }
            Some(TypeDef::Option(inner)) if is_option(self.interface, *inner) => {
                self.cases(&[Case::tagged("none", None), Case::tagged("some", Some(*inner))], count)
            }
            Some(TypeDef::Option(inner)) => {
                let bare = |text: &str, ty| Case { before: text.to_owned(), ty, after: "" };
                self.cases(&[bare("null", None), bare("", Some(*inner))], count)
            }
            _ => (0..count).map(|_| self.one(ty)).collect(),
        }
    }

    /// Values with cases: which case each is, then those of each case, in the order in which these come up.
    fn cases(&mut self, cases: &[Case], count: usize) -> Outcome<Vec<String>> {
        let (mut of_each, mut places) = (Vec::new(), Vec::<(&Case, Type, Vec<usize>)>::new());
        for place in 0..count {
            let case = cases.get(self.reader.u32()? as usize).ok_or("no such case")?;
            of_each.push(format!("{}{}", case.before, case.after));
            let Some(ty) = case.ty else { continue };
            match places.iter_mut().find(|(known, ..)| std::ptr::eq(*known, case)) {
                Some((.., places)) => places.push(place),
                None => places.push((case, ty, vec![place])),
            }
        }
        for (case, ty, places) in places {
            for (place, value) in places.iter().zip(self.column(ty, places.len())?) {
                of_each[*place] = format!("{}{value}{}", case.before, case.after);
            }
        }
        Ok(of_each)
    }

    fn one(&mut self, ty: Type) -> Outcome<String> {
        Ok(match ty {
            Type::Bool => (self.reader.u32()? != 0).to_string(),
            Type::S8 | Type::S16 | Type::S32 => (self.reader.u32()? as i32).to_string(),
            Type::U8 | Type::U16 | Type::U32 => self.reader.u32()?.to_string(),
            Type::S64 | Type::U64 | Type::F64 => number(ty, &self.reader.two_words()?)?,
            Type::F32 => number(ty, &self.reader.u32()?.to_le_bytes())?,
            Type::Char => Json::from(self.char()?.to_string()).to_string(),
            Type::String => Json::from(self.reader.text()?.into_owned()).to_string(),
            Type::Defined(_) => match self.definition(ty) {
                Some(TypeDef::List(element)) => self.list(*element)?,
                Some(TypeDef::Enum(names)) => Json::from(self.name(names)?).to_string(),
                Some(TypeDef::Flags(names)) => self.flags(names)?,
                Some(TypeDef::Own(_) | TypeDef::Borrow(_)) => {
                    self.reader.two_words()?;
                    "\"<resource>\"".to_owned()
                }
                _ => return Err("a value of a type that has none here".into()),
            },
        })
    }

    fn list(&mut self, element: Type) -> Outcome<String> {
        let count = self.reader.u32()? as usize;
        let Some(size) = number_size(element) else {
            return Ok(format!("[{}]", self.column(element, count)?.join(",")));
        };
        if size == 8 {
            self.reader.align();
        }
        let bytes = self.reader.bytes(count.saturating_mul(size))?;
        let numbers = bytes.chunks_exact(size).map(|bytes| number(element, bytes));
        Ok(format!("[{}]", numbers.collect::<Outcome<Vec<_>>>()?.join(",")))
    }

    fn flags(&mut self, names: &[String]) -> Outcome<String> {
        let mut all = Vec::new();
        for part in names.chunks(32) {
            let bits = self.reader.u32()?;
            let set =
                part.iter().enumerate().map(|(bit, name)| format!("{}{}", key(&camel(name)), (bits >> bit) & 1 == 1));
            all.extend(set);
        }
        Ok(format!("{{{}}}", all.join(",")))
    }
}

/// What stands around the value of a case.
struct Case {
    before: String,
    ty: Option<Type>,
    after: &'static str,
}

impl Case {
    fn tagged(tag: &str, ty: Option<Type>) -> Case {
        let val = if ty.is_some() { format!(",{}", key("val")) } else { String::new() };
        Case { before: format!("{{{}{}{val}", key("tag"), Json::from(tag)), ty, after: "}" }
    }
}

/// What columns have side by side: the first of each, then the second, each after its key.
fn rows(open: char, close: char, columns: &[(String, Vec<String>)], count: usize) -> Vec<String> {
    let row = |place: usize| {
        let parts = columns.iter().map(|(key, values)| format!("{key}{}", values[place]));
        format!("{open}{}{close}", parts.collect::<Vec<_>>().join(","))
    };
    (0..count).map(row).collect()
}

fn key(key: &str) -> String {
    format!("{}:", Json::from(key))
}

/// A number in as many bytes as it has.
fn number(ty: Type, bytes: &[u8]) -> Outcome<String> {
    Ok(match ty {
        Type::S8 => i8::from_le_bytes(bytes.try_into()?).to_string(),
        Type::U8 => u8::from_le_bytes(bytes.try_into()?).to_string(),
        Type::S16 => i16::from_le_bytes(bytes.try_into()?).to_string(),
        Type::U16 => u16::from_le_bytes(bytes.try_into()?).to_string(),
        Type::S32 => i32::from_le_bytes(bytes.try_into()?).to_string(),
        Type::U32 => u32::from_le_bytes(bytes.try_into()?).to_string(),
        Type::S64 => i64::from_le_bytes(bytes.try_into()?).to_string(),
        Type::U64 => u64::from_le_bytes(bytes.try_into()?).to_string(),
        Type::F32 => {
            let number = f32::from_le_bytes(bytes.try_into()?);
            if number.is_finite() { number.to_string() } else { no_number(number.into()).to_owned() }
        }
        _ => {
            let number = f64::from_le_bytes(bytes.try_into()?);
            if number.is_finite() { number.to_string() } else { no_number(number).to_owned() }
        }
    })
}

/// What JSON has no number for, as JavaScript writes it.
fn no_number(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "\"Infinity\"",
        f64::NEG_INFINITY => "\"-Infinity\"",
        _ => "\"NaN\"",
    }
}
