//! Types of imports and exports: what serves for what, and how a message tells them.

use crate::engine::{signature_of, value_type};
use crate::signature::ValueType;
use wasmtime::ExternType;

/// Does what the linker has serve for this import? Memories and tables are matched by kind here; the exact check is wasmtime's.
pub(super) fn import_matches(wanted: &ExternType, found: &ExternType) -> bool {
    match (wanted, found) {
        (ExternType::Func(wanted), ExternType::Func(found)) => found.matches(wanted),
        _ => std::mem::discriminant(wanted) == std::mem::discriminant(found),
    }
}

pub(super) fn kind(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "a function",
        ExternType::Global(_) => "a global",
        ExternType::Table(_) => "a table",
        ExternType::Memory(_) => "a memory",
        ExternType::Tag(_) => "a tag",
    }
}

/// An import's type for a message, as in `a function (i32, i32) -> (i64)`.
pub(super) fn describe(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(func) => {
            let (params, results) = signature_of(func);
            let list = |types: &[ValueType]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
            format!("a function ({}) -> ({})", list(&params), list(&results))
        }
        ExternType::Global(global) => {
            let mutable = if global.mutability().is_var() { "mutable" } else { "constant" };
            format!("a {mutable} global of type {}", value_type(global.content()))
        }
        ExternType::Memory(memory) => format!("a memory of at least {} pages", memory.minimum()),
        ExternType::Table(table) => format!("a table of at least {} elements", table.minimum()),
        ExternType::Tag(_) => kind(ty).to_owned(),
    }
}
