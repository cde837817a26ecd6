//! What a component imports and exports: functions, and the types of their values. Plain data, no engine's types.
//!
//! As JavaScript gets it, a list of which each item is an array that begins with a word: `["type", …]`, `["resource", …]`,
//! `["import", …]`, `["export", …]`. `js/component/types.js` reads it.

use crate::value::Value;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

/// What is said of components that are built for a WASI that there is not.
pub(crate) const NO_WASI_0_3: &str =
    "WASI 0.3, with its asynchronous functions, streams and futures, is not there yet; build it for WASI 0.2";

/// A component's functions, and all types that they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// The types. Each names only such as stand before it.
    pub types: Vec<TypeDef>,
    /// The resources.
    pub resources: Vec<Resource>,
    /// The functions that it imports, in its order. None of WASI's.
    pub imports: Vec<Function>,
    /// The functions that it exports, in its order.
    pub exports: Vec<Function>,
    /// The interfaces of WASI that it imports, by their full names.
    pub wasi: Vec<String>,
}

/// A function of an interface, or of the world itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The interface, by its full name; none for a function of the world.
    pub interface: Option<String>,
    /// The name in it: `read`, `[constructor]blob`, `[method]blob.read`, `[static]blob.merge`.
    pub name: String,
    /// The parameters, by their names.
    pub params: Vec<(String, Type)>,
    /// The result, if there is one.
    pub result: Option<Type>,
}

impl Function {
    /// By what it is called and looked for: `interface#name`, or the name.
    pub fn full_name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}#{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Is it the function by which a component runs as a program, from beginning to end, by its full name? Of whatever version.
pub fn is_command(name: &str) -> bool {
    name.starts_with("wasi:cli/run@") && name.ends_with("#run")
}

/// Do the results of that function say that the program has failed? They are a `result` without values, of which the second case is the error.
pub fn has_failed(results: &[Value]) -> bool {
    matches!(results, [Value::Encoded(values)] if values.bytes.first() == Some(&1))
}

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The interface that defines it; none for one of the world.
    pub interface: Option<String>,
    /// Its name there.
    pub name: String,
    /// Is it the host's?
    pub is_imported: bool,
}

/// A type: one of WIT's own, or one that is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    /// By its place in [`Interface::types`].
    Defined(u32),
}

impl Type {
    /// The word for it; none for one that is defined.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::Defined(_) => return None,
        })
    }
}

/// A defined type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TypeDef {
    List(Type),
    Record(Vec<(String, Type)>),
    Tuple(Vec<Type>),
    Variant(Vec<(String, Option<Type>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(Type),
    Result {
        ok: Option<Type>,
        err: Option<Type>,
    },
    /// By its place in [`Interface::resources`].
    Own(u32),
    /// Likewise.
    Borrow(u32),
    /// What no value here can be of, such as a stream: what it is.
    Other(&'static str),
}

impl Interface {
    /// A type in the words of WIT, as far as a message has room.
    pub fn text(&self, ty: Type) -> String {
        let mut text = String::new();
        self.write(ty, &mut text);
        text
    }

    /// A function's type in the words of WIT.
    pub fn function_text(&self, function: &Function) -> String {
        let mut text = "func(".to_owned();
        for (index, (name, ty)) in function.params.iter().enumerate() {
            text.push_str(if index == 0 { "" } else { ", " });
            text.push_str(name);
            text.push_str(": ");
            self.write(*ty, &mut text);
        }
        text.push(')');
        if let Some(ty) = function.result {
            text.push_str(" -> ");
            self.write(ty, &mut text);
        }
        text
    }

    fn write(&self, ty: Type, text: &mut String) {
        /// A type can stand for a megabyte of text.
        const CHARS_MAX: usize = 400;
        if text.len() > CHARS_MAX {
            text.push('…');
            return;
        }
        let Type::Defined(index) = ty else { return text.push_str(ty.name().unwrap_or_default()) };
        let list = |word: &str, types: &[Option<Type>], text: &mut String| {
            text.push_str(word);
            text.push('<');
            for (index, ty) in types.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                match ty {
                    Some(ty) => self.write(*ty, text),
                    None => text.push('_'),
                }
                if text.len() > CHARS_MAX {
                    break;
                }
            }
            text.push('>');
        };
        let named = |word: &str, names: &mut dyn Iterator<Item = &str>, text: &mut String| {
            text.push_str(word);
            text.push_str(" { ");
            for (index, name) in names.enumerate() {
                if text.len() > CHARS_MAX {
                    text.push('…');
                    break;
                }
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(name);
            }
            text.push_str(" }");
        };
        let resource = |index: &u32| self.resources.get(*index as usize).map_or("resource", |known| &known.name);
        match self.types.get(index as usize) {
            Some(TypeDef::List(element)) => list("list", &[Some(*element)], text),
            Some(TypeDef::Tuple(types)) => list("tuple", &types.iter().map(|ty| Some(*ty)).collect::<Vec<_>>(), text),
            Some(TypeDef::Option(inner)) => list("option", &[Some(*inner)], text),
            Some(TypeDef::Result { ok, err }) => list("result", &[*ok, *err], text),
            Some(TypeDef::Record(fields)) => named("record", &mut fields.iter().map(|(name, _)| &**name), text),
            Some(TypeDef::Variant(cases)) => named("variant", &mut cases.iter().map(|(name, _)| &**name), text),
            Some(TypeDef::Enum(names)) => named("enum", &mut names.iter().map(|name| &**name), text),
            Some(TypeDef::Flags(names)) => named("flags", &mut names.iter().map(|name| &**name), text),
            Some(TypeDef::Own(index)) => text.push_str(resource(index)),
            Some(TypeDef::Borrow(index)) => {
                text.push_str("borrow<");
                text.push_str(resource(index));
                text.push('>');
            }
            Some(TypeDef::Other(what)) => text.push_str(what),
            None => text.push('?'),
        }
    }

    /// How many core values each of the types takes.
    pub fn flat_counts(&self) -> Vec<u32> {
        let mut counts = Vec::with_capacity(self.types.len());
        for ty in &self.types {
            let of = |ty: &Type| self.flat_count(&counts, *ty);
            let largest = |types: &mut dyn Iterator<Item = &Option<Type>>| {
                types.flatten().map(of).max().unwrap_or(0).saturating_add(1)
            };
            let sum = |types: &mut dyn Iterator<Item = &Type>| types.map(of).fold(0, u32::saturating_add);
            counts.push(match ty {
                TypeDef::List(_) => 2,
                TypeDef::Record(fields) => sum(&mut fields.iter().map(|(_, ty)| ty)),
                TypeDef::Tuple(types) => sum(&mut types.iter()),
                TypeDef::Variant(cases) => largest(&mut cases.iter().map(|(_, ty)| ty)),
                TypeDef::Option(inner) => largest(&mut [Some(*inner)].iter()),
                TypeDef::Result { ok, err } => largest(&mut [*ok, *err].iter()),
                TypeDef::Flags(names) => names.len().div_ceil(32) as u32,
                TypeDef::Enum(_) | TypeDef::Own(_) | TypeDef::Borrow(_) | TypeDef::Other(_) => 1,
            });
        }
        counts
    }

    /// How many core values a type takes, by what [`Interface::flat_counts`] has given.
    pub fn flat_count(&self, counts: &[u32], ty: Type) -> u32 {
        match ty {
            Type::Defined(index) => counts.get(index as usize).copied().unwrap_or(1),
            Type::String => 2,
            _ => 1,
        }
    }

    /// As a list for JavaScript.
    pub fn items(&self) -> Vec<Item> {
        let types = self.types.iter().cloned().map(Item::Type);
        let resources = self.resources.iter().cloned().map(Item::Resource);
        let imports = self.imports.iter().cloned().map(|function| Item::Function("import", function));
        let exports = self.exports.iter().cloned().map(|function| Item::Function("export", function));
        types.chain(resources).chain(imports).chain(exports).collect()
    }
}

/// One item of the list that JavaScript gets.
#[derive(Clone, Debug)]
pub enum Item {
    /// The next type.
    Type(TypeDef),
    /// The next resource.
    Resource(Resource),
    /// The next function, `import` or `export`.
    Function(&'static str, Function),
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Type::Defined(index) => serializer.serialize_u32(*index),
            named => serializer.serialize_str(named.name().unwrap_or_default()),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Item::Type(TypeDef::List(ty)) => ("type", "list", ty).serialize(serializer),
            Item::Type(TypeDef::Record(fields)) => ("type", "record", fields).serialize(serializer),
            Item::Type(TypeDef::Tuple(types)) => ("type", "tuple", types).serialize(serializer),
            Item::Type(TypeDef::Variant(cases)) => ("type", "variant", cases).serialize(serializer),
            Item::Type(TypeDef::Enum(names)) => ("type", "enum", names).serialize(serializer),
            Item::Type(TypeDef::Flags(names)) => ("type", "flags", names).serialize(serializer),
            Item::Type(TypeDef::Option(ty)) => ("type", "option", ty).serialize(serializer),
            Item::Type(TypeDef::Result { ok, err }) => ("type", "result", ok, err).serialize(serializer),
            Item::Type(TypeDef::Own(resource)) => ("type", "own", resource).serialize(serializer),
            Item::Type(TypeDef::Borrow(resource)) => ("type", "borrow", resource).serialize(serializer),
            Item::Type(TypeDef::Other(what)) => ("type", "other", what).serialize(serializer),
            Item::Resource(Resource { interface, name, is_imported }) => {
                ("resource", interface, name, is_imported).serialize(serializer)
            }
            Item::Function(way, Function { interface, name, params, result }) => {
                let mut list = serializer.serialize_seq(Some(5))?;
                list.serialize_element(way)?;
                list.serialize_element(interface)?;
                list.serialize_element(name)?;
                list.serialize_element(params)?;
                list.serialize_element(result)?;
                list.end()
            }
        }
    }
}
