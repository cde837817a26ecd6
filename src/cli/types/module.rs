//! The declarations of a core module.

use super::names::member;
use super::text::{Text, quoted};
use crate::module_info::{Import, ItemType, ModuleInfo, Signature};
use crate::signature::ValueType;
use std::collections::HashMap;

/// Names that `exports` never has, since JavaScript itself looks there.
const NOT_IN_EXPORTS: [&str; 2] = ["then", "toJSON"];
/// The types that declarations may have to take from the runtime's own.
const RUNTIME_TYPES: [&str; 5] = ["FreshMemory", "FreshTable", "GuestFunction", "HostCall", "TypedValue"];

/// Writes them: `name` is that of the type that `instantiate` takes, `from` a literal.
pub(super) fn write(text: &mut Text, name: &str, from: &str, info: &ModuleInfo) {
    let used = |ty: &&str| uses(info, ty);
    let types: Vec<&str> = RUNTIME_TYPES.iter().copied().filter(used).collect();
    if !types.is_empty() {
        text.line(&format!("import type {{ {} }} from {from};", types.join(", ")));
        text.gap();
    }
    text.open(&format!("declare namespace {name} {{"));
    text.docs("What `instance.exports` has.");
    // An alias: an interface would not pass for what is known of any module's exports.
    text.open("type Exports = {");
    for (name, signature) in functions(info).filter(|(name, _)| !NOT_IN_EXPORTS.contains(name)) {
        let results = signature.results.iter().map(|ty| from_guest(*ty));
        text.line(&format!("{}({}): Promise<{}>;", member(name), arguments(signature), bare(results)));
    }
    text.close("};");
    let imports = by_module(info);
    if !imports.is_empty() {
        text.gap();
        text.docs("What `instantiate` has to be given. WASI is there by itself.");
        text.open("interface Imports {");
        for (module, items) in &imports {
            text.open(&format!("{}: {{", member(module)));
            items.iter().for_each(|(name, types)| import(text, name, types));
            text.close("};");
        }
        text.close("}");
    }
    text.gap();
    text.docs("What `instance.call` calls: each resolves to the array of its results.");
    text.open("interface Calls {");
    for (name, signature) in functions(info) {
        let results: Vec<&str> = signature.results.iter().map(|ty| from_guest(*ty)).collect();
        text.line(&format!("{}({}): Promise<[{}]>;", member(name), arguments(signature), results.join(", ")));
    }
    text.close("}");
    text.close("}");
    text.gap();
    text.docs(&format!("For `instantiate<{name}>(module, options)`."));
    text.open(&format!("interface {name} {{"));
    text.line(&format!("exports: {name}.Exports;"));
    if !imports.is_empty() {
        text.line(&format!("imports: {name}.Imports;"));
    }
    text.line(&format!("calls: {name}.Calls;"));
    text.close("}");
    text.gap();
    text.line(&format!("export type {{ {name} }};"));
}

fn functions(info: &ModuleInfo) -> impl Iterator<Item = (&str, &Signature)> {
    info.exports.iter().filter_map(|export| match &export.ty {
        ItemType::Function(signature) => Some((&*export.name, signature)),
        _ => None,
    })
}

/// Does the text name this type of the runtime's?
fn uses(info: &ModuleInfo, name: &str) -> bool {
    let is_funcref = |signature: &Signature| signature.params.iter().chain(&signature.results).any(is_function);
    let imports = || info.needs.host.iter().map(|import| &import.ty);
    match name {
        "FreshMemory" => imports().any(|ty| matches!(ty, ItemType::Memory(_))),
        "FreshTable" => imports().any(|ty| matches!(ty, ItemType::Table(_))),
        "HostCall" => imports().any(|ty| matches!(ty, ItemType::Function(_))),
        "TypedValue" => imports().any(|ty| matches!(ty, ItemType::Global(ty) if typed_name(ty.content).is_some())),
        _ => {
            let imported = imports().any(|ty| matches!(ty, ItemType::Function(signature) if is_funcref(signature)));
            imported || functions(info).any(|(_, signature)| is_funcref(signature))
        }
    }
}

fn is_function(ty: &ValueType) -> bool {
    *ty == ValueType::FuncRef
}

/// An import's name, and all that is imported under it.
type Named<'a> = (&'a str, Vec<&'a ItemType>);

/// What is imported, by module and by name, in the order of the module.
fn by_module(info: &ModuleInfo) -> Vec<(&str, Vec<Named<'_>>)> {
    let mut modules: Vec<(&str, Vec<Named<'_>>)> = Vec::new();
    let (mut module_at, mut name_at) = (HashMap::new(), HashMap::new());
    for Import { module, name, ty } in &info.needs.host {
        let at = *module_at.entry(&**module).or_insert_with(|| {
            modules.push((module, Vec::new()));
            modules.len() - 1
        });
        let names = &mut modules[at].1;
        let at = *name_at.entry((&**module, &**name)).or_insert_with(|| {
            names.push((name, Vec::new()));
            names.len() - 1
        });
        names[at].1.push(ty);
    }
    modules
}

/// One import; under the same name there may be several, of which all have to be pleased.
fn import(text: &mut Text, name: &str, types: &[&ItemType]) {
    let mut others: Vec<String> = Vec::new();
    for ty in types {
        let line = match ty {
            ItemType::Function(signature) => {
                format!("{}({}): {};", member(name), parameters(signature), returned(signature))
            }
            ItemType::Memory(_) => format!("{}: FreshMemory;", member(name)),
            ItemType::Table(_) => format!("{}: FreshTable;", member(name)),
            ItemType::Global(ty) => format!("{}: {};", member(name), global(ty.content)),
            ItemType::Tag(_) => format!("{}: unknown;", member(name)),
        };
        let is_function = matches!(ty, ItemType::Function(_));
        // Functions of one name are overloads, of all else only the first can be declared.
        if !others.contains(&line) && (is_function || others.is_empty()) {
            text.line(&line);
            others.push(line);
        }
    }
}

/// What a call is given.
fn arguments(signature: &Signature) -> String {
    let of = |(index, ty): (usize, &ValueType)| format!("{}: {}", letter(index), to_guest(*ty));
    signature.params.iter().enumerate().map(of).collect::<Vec<_>>().join(", ")
}

/// What a handler is given.
fn parameters(signature: &Signature) -> String {
    let of = |(index, ty): (usize, &ValueType)| format!("{}: {}", letter(index), from_guest(*ty));
    let params = signature.params.iter().enumerate().map(of);
    std::iter::once("this: HostCall".to_owned()).chain(params).collect::<Vec<_>>().join(", ")
}

/// What a handler gives. Where no result is wanted, it does not matter.
fn returned(signature: &Signature) -> String {
    let results: Vec<&str> = signature.results.iter().map(|ty| to_guest(*ty)).collect();
    match results[..] {
        [] | ["unknown"] => "unknown".to_owned(),
        [one] => format!("{one} | Promise<{one}>"),
        _ => format!("readonly [{0}] | Promise<readonly [{0}]>", results.join(", ")),
    }
}

fn bare<'a>(results: impl Iterator<Item = &'a str>) -> String {
    let results: Vec<&str> = results.collect();
    match results[..] {
        [] => "void".to_owned(),
        [one] => one.to_owned(),
        _ => format!("[{}]", results.join(", ")),
    }
}

/// Modules have no names for parameters.
fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'a' + index).to_string(),
        _ => format!("p{index}"),
    }
}

/// What may be given for a value.
fn to_guest(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I32 | ValueType::F32 | ValueType::F64 => "number",
        ValueType::I64 => "bigint | number",
        ValueType::V128 => "Uint8Array",
        ValueType::ExternRef => "unknown",
        ValueType::FuncRef => "GuestFunction | null",
        ValueType::OtherRef => "null",
    }
}

/// What comes of one.
fn from_guest(ty: ValueType) -> &'static str {
    match ty {
        ValueType::I64 => "bigint",
        ValueType::ExternRef => "any",
        _ => to_guest(ty),
    }
}

/// A function that a guest has let out belongs to that one, so there is none to begin with.
fn global(ty: ValueType) -> String {
    match (ty, typed_name(ty)) {
        (ValueType::FuncRef, _) => "null".to_owned(),
        (_, Some(name)) => format!("{0} | TypedValue<{1}, {0}>", to_guest(ty), quoted(name)),
        (_, None) => to_guest(ty).to_owned(),
    }
}

/// The name that `types` has for it, where that says more.
fn typed_name(ty: ValueType) -> Option<&'static str> {
    matches!(ty, ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64 | ValueType::V128).then(|| ty.name())
}
