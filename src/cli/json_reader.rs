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
    let mut values = Values { interface, reader, text: String::new() };
    let Some(TypeDef::Result { ok, err }) = values.definition(ty) else {
        values.outermost(ty)?;
        return Ok(Read::Value(Some(values.text)));
    };
    let is_error = values.reader.u32()? == 1;
    let ty = if is_error { err } else { ok };
    if let Some(ty) = ty {
        values.outermost(*ty)?;
    }
    Ok(match (is_error, ty) {
        (false, ty) => Read::Value(ty.map(|_| values.text)),
        (true, Some(_)) => Read::Error(values.text),
        (true, None) => Read::Error("it says no more".to_owned()),
    })
}

struct Values<'a, 'b> {
    interface: &'a Interface,
    reader: &'a mut Reader<'b>,
    text: String,
}

impl<'a> Values<'a, '_> {
    fn definition(&self, ty: Type) -> Option<&'a TypeDef> {
        let Type::Defined(index) = ty else { return None };
        self.interface.types.get(index as usize)
    }

    /// Without quotes around what needs none.
    fn outermost(&mut self, ty: Type) -> Outcome<()> {
        match (ty, self.definition(ty)) {
            (Type::String, _) => self.text = self.reader.text()?.into_owned(),
            (Type::Char, _) => self.text.push(char::from_u32(self.reader.u32()?).ok_or("no character")?),
            (Type::F32, _) => self.text = f32::from_bits(self.reader.u32()?).to_string(),
            (Type::F64, _) => self.text = f64::from_le_bytes(self.reader.two_words()?).to_string(),
            (_, Some(TypeDef::Enum(names))) => self.text = self.name(names)?.to_owned(),
            _ => self.read(ty)?,
        }
        Ok(())
    }

    fn read(&mut self, ty: Type) -> Outcome<()> {
        match ty {
            Type::Bool => {
                let is_true = self.reader.u32()? != 0;
                self.push(is_true);
            }
            Type::S8 | Type::S16 | Type::S32 => {
                let number = self.reader.u32()? as i32;
                self.push(number);
            }
            Type::U8 | Type::U16 | Type::U32 => {
                let number = self.reader.u32()?;
                self.push(number);
            }
            Type::S64 | Type::U64 | Type::F64 => {
                let bytes = self.reader.two_words()?;
                self.number(ty, &bytes)?;
            }
            Type::F32 => {
                let bytes = self.reader.u32()?.to_le_bytes();
                self.number(ty, &bytes)?;
            }
            Type::Char => {
                let char = char::from_u32(self.reader.u32()?).ok_or("no character")?;
                self.push(Json::from(char.to_string()));
            }
            Type::String => {
                let text = self.reader.text()?.into_owned();
                self.push(Json::from(text));
            }
            Type::Defined(_) => self.defined(ty)?,
        }
        Ok(())
    }

    fn defined(&mut self, ty: Type) -> Outcome<()> {
        match self.definition(ty) {
            Some(TypeDef::List(element)) => self.list(*element),
            Some(TypeDef::Record(fields)) => self.sequence('{', '}', fields, |this, (name, ty)| {
                this.key(&camel(name));
                this.read(*ty)
            }),
            Some(TypeDef::Tuple(types)) => self.sequence('[', ']', types, |this, ty| this.read(*ty)),
            Some(TypeDef::Variant(cases)) => {
                let (name, ty) = cases.get(self.reader.u32()? as usize).ok_or("no such case")?;
                self.tagged(name, *ty)
            }
            Some(TypeDef::Result { ok, err }) => match self.reader.u32()? {
                0 => self.tagged("ok", *ok),
                _ => self.tagged("err", *err),
            },
            Some(TypeDef::Option(inner)) => match (self.reader.u32()?, is_option(self.interface, *inner)) {
                (0, true) => self.tagged("none", None),
                (0, false) => {
                    self.push("null");
                    Ok(())
                }
                (_, true) => self.tagged("some", Some(*inner)),
                (_, false) => self.read(*inner),
            },
            Some(TypeDef::Enum(names)) => {
                let name = self.name(names)?;
                self.push(Json::from(name));
                Ok(())
            }
            Some(TypeDef::Flags(names)) => self.flags(names),
            Some(TypeDef::Own(_) | TypeDef::Borrow(_)) => {
                self.reader.two_words()?;
                self.push("\"<resource>\"");
                Ok(())
            }
            Some(TypeDef::Other(_)) | None => Err("a value of a type that has none here".into()),
        }
    }

    fn name(&mut self, names: &'a [String]) -> Outcome<&'a str> {
        Ok(names.get(self.reader.u32()? as usize).ok_or("no such case")?)
    }

    fn list(&mut self, element: Type) -> Outcome<()> {
        let count = self.reader.u32()? as usize;
        let Some(size) = number_size(element) else {
            // Each takes a word at least, so the bytes end before a count that is too large.
            return self.sequence('[', ']', 0..count, |this, _| this.read(element));
        };
        if size == 8 {
            self.reader.align();
        }
        let bytes = self.reader.bytes(count.saturating_mul(size))?;
        self.sequence('[', ']', bytes.chunks_exact(size), |this, bytes| this.number(element, bytes))
    }

    fn flags(&mut self, names: &[String]) -> Outcome<()> {
        let mut bits = 0;
        let all = names.iter().enumerate();
        self.sequence('{', '}', all, |this, (index, name)| {
            if index % 32 == 0 {
                bits = this.reader.u32()?;
            }
            this.key(&camel(name));
            this.push((bits >> (index % 32)) & 1 == 1);
            Ok(())
        })
    }

    fn tagged(&mut self, tag: &str, ty: Option<Type>) -> Outcome<()> {
        self.text.push('{');
        self.key("tag");
        self.push(Json::from(tag));
        if let Some(ty) = ty {
            self.text.push(',');
            self.key("val");
            self.read(ty)?;
        }
        self.text.push('}');
        Ok(())
    }

    /// A number in as many bytes as it has.
    fn number(&mut self, ty: Type, bytes: &[u8]) -> Outcome<()> {
        match ty {
            Type::S8 => self.push(i8::from_le_bytes(bytes.try_into()?)),
            Type::U8 => self.push(u8::from_le_bytes(bytes.try_into()?)),
            Type::S16 => self.push(i16::from_le_bytes(bytes.try_into()?)),
            Type::U16 => self.push(u16::from_le_bytes(bytes.try_into()?)),
            Type::S32 => self.push(i32::from_le_bytes(bytes.try_into()?)),
            Type::U32 => self.push(u32::from_le_bytes(bytes.try_into()?)),
            Type::S64 => self.push(i64::from_le_bytes(bytes.try_into()?)),
            Type::U64 => self.push(u64::from_le_bytes(bytes.try_into()?)),
            Type::F32 => {
                let number = f32::from_le_bytes(bytes.try_into()?);
                if number.is_finite() { self.push(number) } else { self.push(no_number(number.into())) }
            }
            _ => {
                let number = f64::from_le_bytes(bytes.try_into()?);
                if number.is_finite() { self.push(number) } else { self.push(no_number(number)) }
            }
        }
        Ok(())
    }

    fn sequence<I: IntoIterator>(
        &mut self,
        open: char,
        close: char,
        items: I,
        mut read: impl FnMut(&mut Self, I::Item) -> Outcome<()>,
    ) -> Outcome<()> {
        self.text.push(open);
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            read(self, item)?;
        }
        self.text.push(close);
        Ok(())
    }

    fn key(&mut self, key: &str) {
        self.push(Json::from(key));
        self.text.push(':');
    }

    fn push(&mut self, item: impl std::fmt::Display) {
        self.text.push_str(&item.to_string());
    }
}

/// What JSON has no number for, as JavaScript writes it.
fn no_number(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "\"Infinity\"",
        f64::NEG_INFINITY => "\"-Infinity\"",
        _ => "\"NaN\"",
    }
}
