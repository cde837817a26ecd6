//! JSON as values for a component, by their types: in the shape that they have in JavaScript.

use super::types::names::camel;
use crate::actor::wire::Writer;
use crate::interface::{Interface, Type, TypeDef};
use serde_json::{Map, Value as Json};

/// Writes one value. The error is what is wrong, with its place in the value before it.
pub(super) fn write(interface: &Interface, writer: &mut Writer, ty: Type, value: &Json) -> Result<(), String> {
    let value = Types(interface).typed(ty, value)?;
    column(writer, &[&value]);
    Ok(())
}

/// A value of some type of a component, as far as its bytes depend on it.
enum Typed {
    Words(Vec<u32>),
    TwoWords([u8; 8]),
    Text(String),
    /// A list of numbers of so many bytes each.
    Numbers {
        size: usize,
        count: u32,
        bytes: Vec<u8>,
    },
    List(Vec<Typed>),
    /// Of a record or a tuple.
    Parts(Vec<Typed>),
    Case(u32, Option<Box<Typed>>),
}

/// Writes values of one type as a [column](crate::actor::wire).
fn column(writer: &mut Writer, values: &[&Typed]) {
    if let Some(Typed::Parts(first)) = values.first() {
        for part in 0..first.len() {
            let parts =
                values.iter().filter_map(|value| if let Typed::Parts(parts) = value { parts.get(part) } else { None });
            column(writer, &parts.collect::<Vec<_>>());
        }
        return;
    }
    let mut by_case: Vec<(u32, Vec<&Typed>)> = Vec::new();
    for value in values {
        match value {
            Typed::Words(words) => words.iter().for_each(|word| writer.u32(*word)),
            Typed::TwoWords(bytes) => writer.two_words(*bytes),
            Typed::Text(text) => writer.text(text),
            Typed::Numbers { size, count, bytes } => {
                writer.u32(*count);
                if *size == 8 {
                    writer.align();
                }
                writer.bytes(bytes);
            }
            Typed::List(elements) => {
                writer.u32(elements.len() as u32);
                column(writer, &elements.iter().collect::<Vec<_>>());
            }
            Typed::Parts(_) => {}
            Typed::Case(case, inner) => {
                writer.u32(*case);
                let Some(inner) = inner else { continue };
                match by_case.iter_mut().find(|(known, _)| known == case) {
                    Some((_, values)) => values.push(inner),
                    None => by_case.push((*case, vec![inner])),
                }
            }
        }
    }
    for (_, values) in by_case {
        column(writer, &values);
    }
}

type Made = Result<Typed, String>;

struct Types<'a>(&'a Interface);

impl Types<'_> {
    fn typed(&self, ty: Type, value: &Json) -> Made {
        let wrong = || format!("must be {}, not {}", self.0.text(ty), shown(value));
        Ok(match ty {
            Type::Bool => Typed::Words(vec![u32::from(value.as_bool().ok_or_else(wrong)?)]),
            Type::Char => Typed::Words(vec![one_char(value).ok_or_else(wrong)?.into()]),
            Type::String => Typed::Text(value.as_str().ok_or_else(wrong)?.to_owned()),
            Type::Defined(index) => return self.defined(index, value, wrong()),
            number => match number_bytes(number, value).ok_or_else(wrong)?.try_into() {
                Ok(two_words) => Typed::TwoWords(two_words),
                Err(bytes) => Typed::Words(vec![word(number, &bytes)]),
            },
        })
    }

    fn defined(&self, index: u32, value: &Json, wrong: String) -> Made {
        match self.0.types.get(index as usize) {
            Some(TypeDef::List(element)) => self.list(*element, value.as_array().ok_or(wrong)?),
            Some(TypeDef::Record(fields)) => self.record(fields, value.as_object().ok_or(wrong)?),
            Some(TypeDef::Tuple(types)) => {
                let values = value.as_array().filter(|values| values.len() == types.len()).ok_or(wrong)?;
                let parts = types.iter().zip(values).enumerate();
                parts.map(|(at, (ty, value))| self.within(at, *ty, value)).collect::<Result<_, _>>().map(Typed::Parts)
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
            Some(TypeDef::Option(inner)) if is_option(self.0, *inner) => {
                let (tag, val) = tagged(value).ok_or_else(|| wrong.clone())?;
                self.case([("none", None), ("some", Some(*inner))].into_iter(), Some(tag), val, wrong)
            }
            Some(TypeDef::Option(_)) if value.is_null() => Ok(Typed::Case(0, None)),
            Some(TypeDef::Option(inner)) => Ok(Typed::Case(1, Some(Box::new(self.typed(*inner, value)?)))),
            Some(TypeDef::Flags(names)) => flags(names, value.as_object().ok_or(wrong)?),
            Some(TypeDef::Own(_) | TypeDef::Borrow(_) | TypeDef::Other(_)) | None => {
                Err(format!("a {} cannot be given on a command line", self.0.text(Type::Defined(index))))
            }
        }
    }

    fn within(&self, place: impl std::fmt::Display, ty: Type, value: &Json) -> Made {
        self.typed(ty, value).map_err(|why| format!("in {place}, {why}"))
    }

    fn list(&self, element: Type, values: &[Json]) -> Made {
        let count = u32::try_from(values.len()).map_err(|_| "has too many elements")?;
        let elements = values.iter().enumerate();
        let Some(size) = number_size(element) else {
            let elements = elements.map(|(at, value)| self.within(at, element, value));
            return elements.collect::<Result<_, _>>().map(Typed::List);
        };
        let mut bytes = Vec::with_capacity(values.len() * size);
        for (at, value) in elements {
            let wrong = || format!("in {at}, must be {}, not {}", self.0.text(element), shown(value));
            bytes.extend(number_bytes(element, value).ok_or_else(wrong)?);
        }
        Ok(Typed::Numbers { size, count, bytes })
    }

    fn record(&self, fields: &[(String, Type)], values: &Map<String, Json>) -> Made {
        none_unknown(values, fields.iter().map(|(name, _)| camel(name)).collect())?;
        let parts = fields.iter().map(|(name, ty)| {
            let key = camel(name);
            match values.get(&key) {
                None if !is_option(self.0, *ty) => Err(format!("has no field {key}")),
                None => Ok(Typed::Case(0, None)),
                Some(value) => self.within(key, *ty, value),
            }
        });
        parts.collect::<Result<_, _>>().map(Typed::Parts)
    }

    /// The case of this name, and its value.
    fn case<'a>(
        &self,
        mut cases: impl Iterator<Item = (&'a str, Option<Type>)>,
        name: Option<&str>,
        value: Option<&Json>,
        wrong: String,
    ) -> Made {
        let name = name.ok_or_else(|| wrong.clone())?;
        let (index, (_, ty)) = cases.by_ref().enumerate().find(|(_, (case, _))| *case == name).ok_or(wrong)?;
        let inner = match (ty, value) {
            (None, None | Some(Json::Null)) => None,
            (None, Some(_)) => return Err(format!("{name} has no value")),
            (Some(ty), value) => Some(Box::new(self.within(name, ty, value.unwrap_or(&Json::Null))?)),
        };
        Ok(Typed::Case(index as u32, inner))
    }
}

fn flags(names: &[String], values: &Map<String, Json>) -> Made {
    none_unknown(values, names.iter().map(|name| camel(name)).collect())?;
    let words = names.chunks(32).map(|part| {
        let mut bits = 0;
        for (bit, name) in part.iter().enumerate() {
            let value = values.get(&camel(name)).unwrap_or(&Json::Null);
            let is_set = value.is_null().then_some(false).or(value.as_bool());
            bits |= u32::from(is_set.ok_or_else(|| format!("in {}, must be bool", camel(name)))?) << bit;
        }
        Ok(bits)
    });
    words.collect::<Result<_, String>>().map(Typed::Words)
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
