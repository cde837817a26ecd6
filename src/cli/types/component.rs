//! The declarations of a component: a namespace of types and an interface of functions for each of its interfaces, and the whole world.

use super::functions::{self, Call};
use super::names::{Taken, member, pascal};
use super::text::{Text, quoted};
use super::values;
use super::world::{Interface, Side, World};
use std::collections::{HashMap, HashSet};
use wit_component::DecodedWasm;
use wit_parser::{Function, FunctionKind, TypeId};

/// The types that each world has.
const EXPORTS: &str = "Exports";
const IMPORTS: &str = "Imports";
const SHORT_IMPORTS: &str = "ImportsWithoutVersions";
const CALLS: &str = "Calls";

/// Writes them after what `text` has: `name` is that of the type that `instantiate` takes, `from` a literal.
///
/// # Errors
/// What is not a component's, or too much.
pub(super) fn write(mut text: Text, name: &str, from: &str, decoded: &DecodedWasm) -> Result<String, String> {
    let DecodedWasm::Component(resolve, id) = decoded else {
        return Err("it is a package of WIT, and no component that implements a world".to_owned());
    };
    let world = World::new(resolve, *id, name, &[EXPORTS, IMPORTS, SHORT_IMPORTS, CALLS]);
    if functions::can_fail(&world) {
        text.line(&format!("import type {{ WasmError }} from {from};"));
        text.gap();
    }
    for interface in world.interfaces.iter().rev() {
        declare_interface(&mut text, &world, interface);
    }
    declare_world(&mut text, &world, name);
    text.finish()
}

/// An interface: its types, unless nobody names them, and its functions, unless they are WASI's.
fn declare_interface(text: &mut Text, world: &World<'_>, interface: &Interface) {
    let Interface { side, id, keys, name, is_wasi, types, is_used } = interface;
    let key = keys.join("`, `");
    let wit = &world.resolve.interfaces[*id];
    let by = if *side == Side::Export { "exported" } else { "imported" };
    if !types.is_empty() {
        text.docs(&format!("The types of `{key}`, as it is {by}."));
        text.open(&format!("declare namespace {name} {{"));
        for (index, id) in types.iter().enumerate() {
            if index > 0 {
                text.gap();
            }
            declare_type(text, world, *is_wasi, *side, *id);
        }
        text.close("}");
        text.gap();
    }
    if *is_used {
        let docs = wit.docs.contents.as_deref().unwrap_or_default();
        text.docs(&format!("`{key}`, as it is {by}.\n\n{docs}"));
        text.open(&format!("interface {name} {{"));
        members(text, world, *side, wit.functions.values(), types, &mut Taken::default());
        text.close("}");
        text.gap();
    }
}

fn declare_type(text: &mut Text, world: &World<'_>, is_wasi: bool, side: Side, id: TypeId) {
    let Some(name) = world.name(side, id).and_then(|name| name.rsplit('.').next()) else { return };
    match (world.is_resource(id), side) {
        (false, _) => values::declare(text, world, side, id, name),
        // What WASI has of those never comes to JavaScript.
        (true, Side::Import) if is_wasi => text.line(&format!("type {name} = unknown;")),
        (true, Side::Import) => functions::provided_resource(text, world, id, name),
        (true, Side::Export) => functions::exported_resource(text, world, id, name),
    }
}

/// The functions that belong to no resource, and the classes of those.
fn members<'a>(
    text: &mut Text,
    world: &World<'_>,
    side: Side,
    functions: impl Iterator<Item = &'a Function>,
    types: &[TypeId],
    taken: &mut Taken,
) {
    for function in functions.filter(|function| function.kind.resource().is_none()) {
        functions::declare(text, world, side, function, Call::Function, taken);
    }
    for id in types.iter().filter(|id| world.is_resource(**id)) {
        let name = pascal(world.resolve.types[*id].name.as_deref().unwrap_or_default());
        let class = match (side, world.name(side, *id)) {
            (Side::Export, Some(name)) => format!("typeof {name}"),
            _ => world.class(*id).to_owned(),
        };
        text.line(&format!("{}: {class};", member(&taken.take(&name))));
    }
}

/// The world itself: what it has beside its interfaces, and where those are found.
fn declare_world(text: &mut Text, world: &World<'_>, name: &str) {
    text.open(&format!("declare namespace {name} {{"));
    for side in [Side::Import, Side::Export] {
        for id in world.types(side) {
            declare_type(text, world, false, side, id);
            text.gap();
        }
    }
    let (imports, short_imports) = (keys(world, Side::Import), short_keys(world, Side::Import));
    let has_imports = !imports.is_empty() || world.functions(Side::Import).next().is_some();
    let has_short = has_imports && !short_imports.is_empty();
    if has_imports {
        text.docs("What `instantiate` has to be given. WASI is there by itself.");
        declare_items(text, world, Side::Import, IMPORTS, &imports);
        text.gap();
    }
    if has_short {
        let short: HashSet<&str> = short_imports.iter().map(|(key, _)| &**key).collect();
        let others = imports.iter().filter(|(key, _)| !short.contains(path(key)));
        let all: Vec<(String, &str)> = short_imports.iter().chain(others).cloned().collect();
        text.docs("The same, by names without versions.");
        declare_items(text, world, Side::Import, SHORT_IMPORTS, &all);
        text.gap();
    }
    text.docs("What `instance.exports` has.");
    let exports: Vec<_> = keys(world, Side::Export).into_iter().chain(short_keys(world, Side::Export)).collect();
    declare_items(text, world, Side::Export, EXPORTS, &exports);
    text.gap();
    text.docs("What `instance.call` calls: each resolves to the array of its results.");
    text.open(&format!("interface {CALLS} {{"));
    for interface in world.interfaces.iter().filter(|interface| interface.side == Side::Export) {
        let functions = world.resolve.interfaces[interface.id].functions.values();
        let short = exports.iter().filter(|(key, name)| *name == interface.name && !interface.keys.contains(key));
        for key in interface.keys.iter().chain(short.map(|(key, _)| key)) {
            functions.clone().for_each(|function| call(text, world, &format!("{key}#"), function));
        }
    }
    world.functions(Side::Export).for_each(|function| call(text, world, "", function));
    text.close("}");
    text.close("}");
    text.gap();
    text.docs(&format!("For `instantiate<{name}>(module, options)`."));
    text.open(&format!("interface {name} {{"));
    text.line(&format!("exports: {name}.{EXPORTS};"));
    match (has_imports, has_short) {
        (false, _) => {}
        (true, false) => text.line(&format!("imports: {name}.{IMPORTS};")),
        (true, true) => text.line(&format!("imports: {name}.{IMPORTS} | {name}.{SHORT_IMPORTS};")),
    }
    text.line(&format!("calls: {name}.{CALLS};"));
    text.close("}");
    text.gap();
    // Types only: nothing that a program could import is there.
    let declared = world.interfaces.iter().rev().filter(|interface| interface.is_used || !interface.types.is_empty());
    let names: Vec<&str> = declared.map(|interface| &*interface.name).chain([name]).collect();
    text.line(&format!("export type {{ {} }};", names.join(", ")));
}

fn declare_items(text: &mut Text, world: &World<'_>, side: Side, name: &str, interfaces: &[(String, &str)]) {
    text.open(&format!("interface {name} {{"));
    let mut taken = Taken::default();
    for (key, name) in interfaces.iter().filter(|(key, _)| taken.try_take(key)) {
        text.line(&format!("{}: {name};", member(key)));
    }
    let types: Vec<TypeId> = world.types(side).collect();
    members(text, world, side, world.functions(side), &types, &mut taken);
    text.close("}");
}

/// Interfaces that an app has to do with, by their names in the world.
fn keys<'w>(world: &'w World<'_>, side: Side) -> Vec<(String, &'w str)> {
    let used = world.interfaces.iter().filter(|interface| interface.side == side && interface.is_used);
    used.flat_map(|interface| interface.keys.iter().map(|key| (key.clone(), &*interface.name))).collect()
}

/// The names without versions, of which there is one only.
fn short_keys<'w>(world: &'w World<'_>, side: Side) -> Vec<(String, &'w str)> {
    let all = keys(world, side);
    let mut count: HashMap<&str, usize> = HashMap::new();
    for (key, _) in &all {
        *count.entry(path(key)).or_default() += 1;
    }
    let short = all.iter().filter_map(|(key, name)| Some((key.split_once('@')?.0, *name)));
    short.filter(|(short, _)| count[short] == 1).map(|(short, name)| (short.to_owned(), name)).collect()
}

/// The name of an interface without its version.
fn path(key: &str) -> &str {
    key.split('@').next().unwrap_or(key)
}

fn call(text: &mut Text, world: &World<'_>, prefix: &str, function: &Function) {
    if matches!(function.kind, FunctionKind::Freestanding | FunctionKind::AsyncFreestanding) {
        text.begin();
        text.push(&quoted(&format!("{prefix}{}", function.name)));
        functions::results_of_call(text, world, function);
    }
}
