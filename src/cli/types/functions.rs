//! Functions and resources of a component in TypeScript. Those that it exports give promises, those of the app may.

use super::names::{Taken, camel, class_member, member, parameter};
use super::text::{Text, comment};
use super::values::{self, docs, fallible, write_or};
use super::world::{Side, World};
use wit_parser::{Docs, Function, FunctionKind, Result_, Type, TypeId};

/// Where a function stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Function,
    Method,
    Static,
}

/// Declares a function as a member of what it stands in.
pub(super) fn declare(
    text: &mut Text,
    world: &World<'_>,
    side: Side,
    function: &Function,
    call: Call,
    taken: &mut Taken,
) {
    // An object with such a function would pass for a promise: it is called by its full name only.
    if side == Side::Export && function.item_name() == "then" {
        return;
    }
    declare_docs(text, world, side, function);
    text.begin();
    text.push(if call == Call::Static && side == Side::Export { "static " } else { "" });
    let name = taken.take(&camel(function.item_name()));
    text.push(&if call == Call::Function { member(&name) } else { class_member(&name) });
    let own = usize::from(call == Call::Method);
    parameters(text, world, side, function, own);
    text.push(": ");
    match side {
        Side::Export => {
            text.push("Promise<");
            returned(text, world, side, function, "void");
            text.push(">");
        }
        Side::Import => {
            let result = text.aside(|text| returned(text, world, side, function, "unknown"));
            text.push(&result);
            // Whatever is given for nothing does not matter.
            if result != "unknown" {
                text.push(&format!(" | Promise<{result}>"));
            }
        }
    }
    text.end(";");
}

/// What follows the name of a function in the list of calls.
pub(super) fn results_of_call(text: &mut Text, world: &World<'_>, function: &Function) {
    parameters(text, world, Side::Export, function, 0);
    text.push(": Promise<[");
    match (fallible(world, function.result.as_ref()), &function.result) {
        (Some(result), _) => write_or(text, world, Side::Export, result.ok.as_ref(), "undefined?"),
        (None, Some(ty)) => values::write(text, world, Side::Export, ty),
        (None, None) => {}
    }
    text.end("]>;");
}

/// Does any function that is exported tell of an error?
pub(super) fn can_fail(world: &World<'_>) -> bool {
    let interfaces = world.interfaces.iter().filter(|interface| interface.side == Side::Export);
    let mut functions = interfaces
        .flat_map(|interface| world.resolve.interfaces[interface.id].functions.values())
        .chain(world.functions(Side::Export));
    functions.any(|function| fallible(world, function.result.as_ref()).is_some())
}

/// A resource of the component's. What is none of its own does not pass for one.
pub(super) fn exported_resource(text: &mut Text, world: &World<'_>, id: TypeId, name: &str) {
    let functions = world.methods(Side::Export, id);
    docs(text, &world.resolve.types[id].docs);
    text.open(&format!("class {name} {{"));
    text.line("#private;");
    match constructor(functions) {
        Some(function) => {
            docs(text, &function.docs);
            text.begin();
            text.push("constructor");
            parameters(text, world, Side::Export, function, 0);
            text.end(";");
        }
        None => text.line("private constructor();"),
    }
    members(text, world, Side::Export, functions, Call::Method);
    members(text, world, Side::Export, functions, Call::Static);
    text.line("[Symbol.dispose](): void;");
    text.line("[Symbol.asyncDispose](): Promise<void>;");
    text.close("}");
}

/// A resource of the app's: what its objects have, and what their class has.
pub(super) fn provided_resource(text: &mut Text, world: &World<'_>, id: TypeId, name: &str) {
    let functions = world.methods(Side::Import, id);
    docs(text, &world.resolve.types[id].docs);
    text.open(&format!("interface {name} {{"));
    if members(text, world, Side::Import, functions, Call::Method) {
        text.docs("Called when the component has no more use for it.");
        text.line("[Symbol.dispose]?(): void;");
        text.docs("The same, where there is no `[Symbol.dispose]`.");
        text.line("[Symbol.asyncDispose]?(): PromiseLike<void>;");
    }
    text.close("}");
    text.gap();
    let class = world.class(id).rsplit('.').next().unwrap_or_default();
    text.docs(&format!("The class of `{name}`, which the app gives."));
    text.open(&format!("interface {class} {{"));
    match constructor(functions) {
        Some(function) => {
            docs(text, &function.docs);
            text.begin();
            text.push("new ");
            parameters(text, world, Side::Import, function, 0);
            text.push(": ");
            values::write(text, world, Side::Import, &Type::Id(id));
            text.end(";");
        }
        // Any class of such objects.
        None => text.line(&format!("readonly prototype: {name};")),
    }
    members(text, world, Side::Import, functions, Call::Static);
    text.close("}");
}

fn constructor<'a>(functions: &[&'a Function]) -> Option<&'a Function> {
    functions.iter().copied().find(|function| matches!(function.kind, FunctionKind::Constructor(_)))
}

/// Declares those of a kind, and says whether there were any.
fn members(text: &mut Text, world: &World<'_>, side: Side, functions: &[&Function], call: Call) -> bool {
    let is_method = |function: &Function| match function.kind {
        FunctionKind::Method(_) | FunctionKind::AsyncMethod(_) => Some(Call::Method),
        FunctionKind::Static(_) | FunctionKind::AsyncStatic(_) => Some(Call::Static),
        _ => None,
    };
    let mut taken = Taken::default();
    // Each class has that already, and nobody can give it another one.
    taken.take(if call == Call::Static { "prototype" } else { "" });
    let mut any = false;
    for function in functions.iter().filter(|function| is_method(function) == Some(call)) {
        declare(text, world, side, function, call, &mut taken);
        any = true;
    }
    any
}

/// All parameters but the first `skipped`, which is the object itself. Who calls the component may leave out options at the end.
fn parameters(text: &mut Text, world: &World<'_>, side: Side, function: &Function, skipped: usize) {
    let mut taken = Taken::default();
    let needed = function.params.iter().rposition(|param| side == Side::Import || !world.is_nullable(&param.ty));
    text.push("(");
    for (index, param) in function.params.iter().enumerate().skip(skipped) {
        text.push(if index == skipped { "" } else { ", " });
        text.push(&parameter(&param.name, &mut taken));
        text.push(if Some(index) > needed { "?: " } else { ": " });
        values::write(text, world, side, &param.ty);
    }
    text.push(")");
}

/// What a function returns if it does not fail.
fn returned(text: &mut Text, world: &World<'_>, side: Side, function: &Function, none: &str) {
    match fallible(world, function.result.as_ref()) {
        Some(result) => write_or(text, world, side, result.ok.as_ref(), none),
        None => write_or(text, world, side, function.result.as_ref(), none),
    }
}

/// What WIT says of it, and how it fails.
fn declare_docs(text: &mut Text, world: &World<'_>, side: Side, function: &Function) {
    let Some(Result_ { err, .. }) = fallible(world, function.result.as_ref()) else {
        return docs(text, &function.docs);
    };
    let error = err.map(|err| text.aside(|text| values::write(text, world, side, &err)));
    let sentence = match (side, error) {
        (Side::Export, Some(error)) => format!("Rejects with a {{@link WasmError}} whose `payload` is `{error}`."),
        (Side::Export, None) => "Rejects with a {@link WasmError} where it fails.".to_owned(),
        (Side::Import, Some(error)) => {
            format!("What it throws is its error: `{error}`, or an `Error` with that as its `payload`.")
        }
        (Side::Import, None) => "Whatever it throws is its error.".to_owned(),
    };
    let Docs { contents } = &function.docs;
    text.docs(&format!("{}\n\n{}", contents.as_deref().unwrap_or_default(), comment(&sentence)));
}
