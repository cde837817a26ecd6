//! What host functions of either kind have in common: the names and the type that the guest imports one with.

use super::values::to_vals;
use crate::actor::guest::ending::HostFailure;
use crate::actor::guest::state::Context;
use crate::engine::signature_of;
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::signature::ValueType;
use crate::value::Arg;
use wasmtime::{FuncType, Val};

/// A function as it is imported.
pub(super) struct Imported {
    pub(super) import: FailedImport,
    pub(super) ty: FuncType,
}

impl Imported {
    /// The end of a guest's call of it.
    pub(super) fn failure(&self, error: WasmError) -> HostFailure {
        HostFailure { import: self.import.clone(), error }
    }

    /// What argument of the call a message is about.
    pub(super) fn argument(&self, index: usize) -> String {
        format!("argument {} of the host function {}", index + 1, self.import)
    }

    /// What it has returned, as values of the types it should have.
    pub(super) async fn results(&self, store: &mut Context<'_>, args: &[Arg]) -> Result<Vec<Val>> {
        self.check_count(args.len())?;
        let subject = |number| match self.ty.results().len() {
            1 => format!("the result of the host function {}", self.import),
            _ => format!("result {number} of the host function {}", self.import),
        };
        to_vals(store, args, self.ty.results(), subject).await
    }

    fn check_count(&self, given: usize) -> Result<()> {
        let (_, results) = signature_of(&self.ty);
        if given == results.len() {
            return Ok(());
        }
        let types = results.iter().map(|ty: &ValueType| ty.name()).collect::<Vec<_>>().join(", ");
        // Of more than there may be nobody counts how many.
        let found = if given > results.len() { format!("{given} or more") } else { given.to_string() };
        let text =
            format!("the host function {} must return {} values ({types}), not {found}", self.import, results.len());
        Err(WasmError::new(ErrorCode::Type, text))
    }
}
