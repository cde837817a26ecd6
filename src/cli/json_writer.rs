//! JSON as values for a component, by their types: in the shape that they have in JavaScript.

use super::types::names::camel;
use crate::actor::wire::Writer;
use crate::interface::{Interface, Type, TypeDef};
use serde_json::{Map, Value as Json};

/// Writes one value. The error is what is wrong, with its place in the value before it.
pub(super) fn write(interface: &Interface, writer: &mut Writer, ty: Type, value: &Json) -> Result<(), String> {
    Values { interface, writer }.write(ty, value)
}

struct Values<'a> {
    interface: &'a Interface,
    writer: &'a mut Writer,
}

impl Values<'_> {
    fn write(&mut self, ty: Type, value: &Json) -> Result<(), String> {
        let wrong = || format!("must be {}, not {}", self.interface.text(ty), shown(value));
        match ty {
            Type::Bool => self.writer.u32(u32::from(value.as_bool().ok_or_else(wrong)?)),
            Type::Char => self.writer.u32(one_char(value).ok_or_else(wrong)?.into()),
            Type::String => self.writer.text(value.as_str().ok_or_else(wrong)?),
            Type::Defined(index) => return self.defined(index, value, wrong()),
            number => {
                let bytes = number_bytes(number, value).ok_or_else(wrong)?;
                match bytes.try_into() {
                    Ok(two_words) => self.writer.two_words(two_words),
                    Err(bytes) => self.writer.u32(word(number, &bytes)),
                }
            }
        }
        Ok(())
    }

    fn defined(&mut self, index: u32, value: &Json, wrong: String) -> Result<(), String> {
        let interface = self.interface;
        match interface.types.get(index as usize) {
            Some(TypeDef::List(element)) => self.list(*element, value.as_array().ok_or(wrong)?),
            Some(TypeDef::Record(fields)) => self.record(fields, value.as_object().ok_or(wrong)?),
            Some(TypeDef::Tuple(types)) => {
                let values = value.as_array().filter(|values| values.len() == types.len()).ok_or(wrong)?;
                types.iter().zip(values).enumerate().try_for_each(|(at, (ty, value))| self.within(at, *ty, value))
            }
            Some(TypeDef::Enum(names)) => {
                self.case(names.iter().map(|name| (&**name, None)), value.as_str(), None, wrong)
            }
            Some(TypeDef::Variant(cases)) => {
                let (tag, val) = tagged(value).ok_or_else(|| wrong.clone())?;
                self.case(cases.iter().map(|(name, ty)| (&**name, *ty)), Some(tag), val, wrong)
            }
            Some(TypeDef::Result { ok, err }) => {
                let (tag, val) = tagged(value).ok_or_else(|| wrong.clone())?;
                self.case([("ok", *ok), ("err", *err)].into_iter(), Some(tag), val, wrong)
            }
            Some(TypeDef::Option(inner)) if is_option(interface, *inner) => {
                let (tag, val) = tagged(value).ok_or_else(|| wrong.clone())?;
                self.case([("none", None), ("some", Some(*inner))].into_iter(), Some(tag), val, wrong)
            }
            Some(TypeDef::Option(inner)) => {
                self.writer.u32(u32::from(!value.is_null()));
                if value.is_null() { Ok(()) } else { self.write(*inner, value) }
            }
            Some(TypeDef::Flags(names)) => self.flags(names, value.as_object().ok_or(wrong)?),
            Some(TypeDef::Own(_) | TypeDef::Borrow(_) | TypeDef::Other(_)) | None => {
                Err(format!("a {} cannot be given on a command line", interface.text(Type::Defined(index))))
            }
        }
    }

    fn within(&mut self, place: impl std::fmt::Display, ty: Type, value: &Json) -> Result<(), String> {
        self.write(ty, value).map_err(|why| format!("in {place}, {why}"))
    }

    fn list(&mut self, element: Type, values: &[Json]) -> Result<(), String> {
        self.writer.u32(u32::try_from(values.len()).map_err(|_| "has too many elements")?);
        let Some(size) = number_size(element) else {
            return values.iter().enumerate().try_for_each(|(at, value)| self.within(at, element, value));
        };
        if size == 8 {
            self.writer.align();
        }
        let mut all = Vec::with_capacity(values.len() * size);
        for (at, value) in values.iter().enumerate() {
            let wrong = || format!("in {at}, must be {}, not {}", self.interface.text(element), shown(value));
            all.extend(number_bytes(element, value).ok_or_else(wrong)?);
        }
        self.writer.bytes(&all);
        Ok(())
    }

    fn record(&mut self, fields: &[(String, Type)], values: &Map<String, Json>) -> Result<(), String> {
        none_unknown(values, fields.iter().map(|(name, _)| camel(name)).collect())?;
        for (name, ty) in fields {
            let key = camel(name);
            match values.get(&key) {
                None if !is_option(self.interface, *ty) => return Err(format!("has no field {key}")),
                None => self.writer.u32(0),
                Some(value) => self.within(key, *ty, value)?,
            }
        }
        Ok(())
    }

    fn flags(&mut self, names: &[String], values: &Map<String, Json>) -> Result<(), String> {
        none_unknown(values, names.iter().map(|name| camel(name)).collect())?;
        for part in names.chunks(32) {
            let mut bits = 0;
            for (bit, name) in part.iter().enumerate() {
                let value = values.get(&camel(name)).unwrap_or(&Json::Null);
                let is_set = value.is_null().then_some(false).or(value.as_bool());
                bits |= u32::from(is_set.ok_or_else(|| format!("in {}, must be bool", camel(name)))?) << bit;
            }
            self.writer.u32(bits);
        }
        Ok(())
    }

    /// The case of this name, and its value.
    fn case<'a>(
        &mut self,
        mut cases: impl Iterator<Item = (&'a str, Option<Type>)>,
        name: Option<&str>,
        value: Option<&Json>,
        wrong: String,
    ) -> Result<(), String> {
        let name = name.ok_or_else(|| wrong.clone())?;
        let (index, (_, ty)) = cases.by_ref().enumerate().find(|(_, (case, _))| *case == name).ok_or(wrong)?;
        self.writer.u32(index as u32);
        match (ty, value) {
            (None, None | Some(Json::Null)) => Ok(()),
            (None, Some(_)) => Err(format!("{name} has no value")),
            (Some(ty), value) => self.within(name, ty, value.unwrap_or(&Json::Null)),
        }
    }
}

/// Is a value of this type one that may be absent?
pub(super) fn is_option(interface: &Interface, ty: Type) -> bool {
    matches!(ty, Type::Defined(index) if matches!(interface.types.get(index as usize), Some(TypeDef::Option(_))))
}

/// A typo is no field that is left out.
fn none_unknown(values: &Map<String, Json>, known: Vec<String>) -> Result<(), String> {
    match values.keys().find(|key| !known.contains(key)) {
        None => Ok(()),
        Some(unknown) => Err(format!("there is no {unknown}; there are {}", known.join(", "))),
    }
}

/// `{ "tag": …, "val": … }`, of which the latter may be left out.
fn tagged(value: &Json) -> Option<(&str, Option<&Json>)> {
    let value = value.as_object()?;
    value.keys().all(|key| key == "tag" || key == "val").then_some(())?;
    Some((value.get("tag")?.as_str()?, value.get("val")))
}

fn one_char(value: &Json) -> Option<char> {
    let mut chars = value.as_str()?.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The bytes of each of a list's elements, if these are numbers.
pub(super) fn number_size(ty: Type) -> Option<usize> {
    Some(match ty {
        Type::S8 | Type::U8 => 1,
        Type::S16 | Type::U16 => 2,
        Type::S32 | Type::U32 | Type::F32 => 4,
        Type::S64 | Type::U64 | Type::F64 => 8,
        _ => return None,
    })
}

/// A number in as many bytes as it has. A word of the command line is a text that says it.
fn number_bytes(ty: Type, value: &Json) -> Option<Vec<u8>> {
    let text = match value {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return None,
    };
    Some(match ty {
        Type::S8 => text.parse::<i8>().ok()?.to_le_bytes().to_vec(),
        Type::U8 => text.parse::<u8>().ok()?.to_le_bytes().to_vec(),
        Type::S16 => text.parse::<i16>().ok()?.to_le_bytes().to_vec(),
        Type::U16 => text.parse::<u16>().ok()?.to_le_bytes().to_vec(),
        Type::S32 => text.parse::<i32>().ok()?.to_le_bytes().to_vec(),
        Type::U32 => text.parse::<u32>().ok()?.to_le_bytes().to_vec(),
        Type::S64 => text.parse::<i64>().ok()?.to_le_bytes().to_vec(),
        Type::U64 => text.parse::<u64>().ok()?.to_le_bytes().to_vec(),
        Type::F32 => text.parse::<f32>().ok()?.to_le_bytes().to_vec(),
        Type::F64 => text.parse::<f64>().ok()?.to_le_bytes().to_vec(),
        _ => return None,
    })
}

/// A number of up to 4 bytes as a word: negative ones as of 32 bits.
fn word(ty: Type, bytes: &[u8]) -> u32 {
    let is_negative = matches!(ty, Type::S8 | Type::S16) && bytes.last().is_some_and(|last| *last >= 0x80);
    let mut word = if is_negative { [0xff; 4] } else { [0; 4] };
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

fn shown(value: &Json) -> String {
    let text = value.to_string();
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { short + "..." } else { short }
}
