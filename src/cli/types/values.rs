//! The types of WIT in TypeScript, as jco maps them.

use super::names::{Taken, camel, member};
use super::text::{Text, quoted};
use super::world::{Side, World};
use wit_parser::{Docs, Handle, Record, Result_, Type, TypeDefKind, TypeId};

/// Writes a type where it is used.
pub(super) fn write(text: &mut Text, world: &World<'_>, side: Side, ty: &Type) {
    // Each type may be there many times within another one.
    if text.is_full() {
        return;
    }
    match ty {
        Type::Bool => text.push("boolean"),
        Type::U8 | Type::U16 | Type::U32 | Type::S8 | Type::S16 | Type::S32 | Type::F32 | Type::F64 => {
            text.push("number");
        }
        Type::U64 | Type::S64 => text.push("bigint"),
        Type::Char | Type::String => text.push("string"),
        Type::ErrorContext => text.push("unknown"),
        Type::Id(id) => match world.name(side, *id) {
            Some(name) => text.push(name),
            None => structure(text, world, side, *id),
        },
    }
}

/// The type, or for none what stands in its place.
pub(super) fn write_or(text: &mut Text, world: &World<'_>, side: Side, ty: Option<&Type>, none: &str) {
    match ty {
        Some(ty) => write(text, world, side, ty),
        None => text.push(none),
    }
}

/// Writes what a type is made of, where that goes without names.
fn structure(text: &mut Text, world: &World<'_>, side: Side, id: TypeId) {
    match &world.resolve.types[id].kind {
        TypeDefKind::Type(ty) => write(text, world, side, ty),
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => write(text, world, side, &Type::Id(*id)),
        TypeDefKind::List(ty) | TypeDefKind::FixedLengthList(ty, _) => list(text, world, side, ty),
        TypeDefKind::Tuple(tuple) => {
            text.push("[");
            for (index, ty) in tuple.types.iter().enumerate() {
                text.push(if index == 0 { "" } else { ", " });
                write(text, world, side, ty);
            }
            text.push("]");
        }
        TypeDefKind::Option(ty) if world.is_nullable(ty) => {
            text.push("{ tag: \"some\"; val: ");
            write(text, world, side, ty);
            text.push(" } | { tag: \"none\" }");
        }
        TypeDefKind::Option(ty) => {
            write(text, world, side, ty);
            text.push(" | undefined");
        }
        TypeDefKind::Result(result) => {
            case(text, world, side, "ok", result.ok.as_ref());
            text.push(" | ");
            case(text, world, side, "err", result.err.as_ref());
        }
        // The others have names, or cannot be had yet: streams, futures and maps.
        _ => text.push("unknown"),
    }
}

/// One side of a result. What it lacks may be left out.
fn case(text: &mut Text, world: &World<'_>, side: Side, tag: &str, ty: Option<&Type>) {
    text.push(&format!("{{ tag: {}; ", quoted(tag)));
    text.push(if ty.is_some() { "val: " } else { "val?: " });
    write_or(text, world, side, ty, "undefined");
    text.push(" }");
}

fn list(text: &mut Text, world: &World<'_>, side: Side, element: &Type) {
    if let Some(array) = typed_array(world, element) {
        return text.push(array);
    }
    let is_union = |id| {
        let kind = &world.resolve.types[id].kind;
        world.name(side, id).is_none() && matches!(kind, TypeDefKind::Option(_) | TypeDefKind::Result(_))
    };
    let is_union = matches!(element, Type::Id(id) if is_union(*id));
    text.push(if is_union { "(" } else { "" });
    write(text, world, side, element);
    text.push(if is_union { ")[]" } else { "[]" });
}

fn typed_array(world: &World<'_>, element: &Type) -> Option<&'static str> {
    match element {
        Type::U8 => Some("Uint8Array"),
        Type::S8 => Some("Int8Array"),
        Type::U16 => Some("Uint16Array"),
        Type::S16 => Some("Int16Array"),
        Type::U32 => Some("Uint32Array"),
        Type::S32 => Some("Int32Array"),
        Type::U64 => Some("BigUint64Array"),
        Type::S64 => Some("BigInt64Array"),
        Type::F32 => Some("Float32Array"),
        Type::F64 => Some("Float64Array"),
        Type::Id(id) => match &world.resolve.types[*id].kind {
            TypeDefKind::Type(aliased) => typed_array(world, aliased),
            _ => None,
        },
        _ => None,
    }
}

/// The result that a function fails by, if its own is one.
pub(super) fn fallible<'a>(world: &World<'a>, result: Option<&Type>) -> Option<&'a Result_> {
    match world.kind(result?)? {
        TypeDefKind::Result(result) => Some(result),
        _ => None,
    }
}

/// Declares a type that is no resource, under this name.
pub(super) fn declare(text: &mut Text, world: &World<'_>, side: Side, id: TypeId, name: &str) {
    let ty = &world.resolve.types[id];
    docs(text, &ty.docs);
    match &ty.kind {
        TypeDefKind::Record(record) => declare_record(text, world, side, name, record),
        TypeDefKind::Flags(flags) => {
            text.open(&format!("interface {name} {{"));
            let mut taken = Taken::default();
            for flag in &flags.flags {
                docs(text, &flag.docs);
                text.line(&format!("{}?: boolean;", member(&taken.take(&camel(&flag.name)))));
            }
            text.close("}");
        }
        TypeDefKind::Variant(variant) => {
            text.open(&format!("type {name} ="));
            for (index, case) in variant.cases.iter().enumerate() {
                docs(text, &case.docs);
                text.begin();
                text.push(&format!("| {{ tag: {}", quoted(&case.name)));
                if let Some(ty) = &case.ty {
                    text.push("; val: ");
                    write(text, world, side, ty);
                }
                text.end(if index + 1 == variant.cases.len() { " };" } else { " }" });
            }
            text.dedent();
        }
        TypeDefKind::Enum(cases) => {
            text.open(&format!("type {name} ="));
            for (index, case) in cases.cases.iter().enumerate() {
                docs(text, &case.docs);
                let end = if index + 1 == cases.cases.len() { ";" } else { "" };
                text.line(&format!("| {}{end}", quoted(&case.name)));
            }
            text.dedent();
        }
        _ => {
            text.begin();
            text.push(&format!("type {name} = "));
            structure(text, world, side, id);
            text.end(";");
        }
    }
}

fn declare_record(text: &mut Text, world: &World<'_>, side: Side, name: &str, record: &Record) {
    text.open(&format!("interface {name} {{"));
    let mut taken = Taken::default();
    for field in &record.fields {
        docs(text, &field.docs);
        text.begin();
        text.push(&member(&taken.take(&camel(&field.name))));
        let inner = match world.kind(&field.ty) {
            Some(TypeDefKind::Option(inner)) if world.is_nullable(&field.ty) => Some(inner),
            _ => None,
        };
        text.push(if inner.is_some() { "?: " } else { ": " });
        write(text, world, side, inner.unwrap_or(&field.ty));
        text.end(";");
    }
    text.close("}");
}

/// What WIT says of something.
pub(super) fn docs(text: &mut Text, docs: &Docs) {
    text.docs(docs.contents.as_deref().unwrap_or_default());
}
