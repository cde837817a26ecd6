//! The functions that a guest exports, each looked up once.

use crate::engine::signature_of;
use crate::signature::ValueType;
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::{ExternType, Func, FuncType, Module, ValRaw};

/// A function, and the types of its values.
pub(super) struct Exported {
    pub(super) func: Func,
    pub(super) params: Vec<ValueType>,
    pub(super) results: Vec<ValueType>,
    /// Are all of them numbers or vectors, and so plain bits?
    is_plain: bool,
}

/// Those that have been called. There are never more than the module exports.
#[derive(Default)]
pub(super) struct ExportedFunctions {
    known: HashMap<String, Arc<Exported>>,
    /// May they be called on the worker's own stack?
    in_place: bool,
    /// Where the values of a call in place lie.
    pub(super) values: Vec<ValRaw>,
}

impl ExportedFunctions {
    /// For a guest of this module. One that imports functions may come to wait in them, and one that is metered gives way now and
    /// then: such guests run on a stack of their own, which is left alone meanwhile.
    pub(super) fn of(module: &Module, metered: bool) -> Self {
        let imports_functions = module.imports().any(|import| matches!(import.ty(), ExternType::Func(_)));
        ExportedFunctions { in_place: !metered && !imports_functions, ..ExportedFunctions::default() }
    }

    pub(super) fn get(&self, name: &str) -> Option<Arc<Exported>> {
        self.known.get(name).cloned()
    }

    pub(super) fn add(&mut self, name: &str, func: Func, ty: &FuncType) -> Arc<Exported> {
        let (params, results) = signature_of(ty);
        let is_plain = params.iter().chain(&results).all(|ty| is_plain(*ty));
        let exported = Arc::new(Exported { func, params, results, is_plain });
        self.known.insert(name.to_owned(), exported.clone());
        exported
    }

    /// Is a call of this one made [in place](super::in_place)?
    pub(super) fn is_called_in_place(&self, function: &Exported) -> bool {
        self.in_place && function.is_plain
    }
}

fn is_plain(ty: ValueType) -> bool {
    matches!(ty, ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64 | ValueType::V128)
}
