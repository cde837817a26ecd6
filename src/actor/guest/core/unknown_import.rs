//! Functions that a guest imports and nobody has, where it may run all the same: whoever calls one traps.

use crate::actor::guest::ending::HostFailure;
use crate::actor::guest::state::Context;
use crate::error::{ErrorCode, FailedImport, WasmError};
use wasmtime::{Func, FuncType};

/// A function that only traps, naming the import.
pub(super) fn trapping(store: &mut Context<'_>, import: FailedImport, ty: FuncType) -> Func {
    Func::new(&mut *store, ty, move |_, _, _| {
        let text = format!("the import {import} was called, which nobody has");
        let failure = HostFailure { import: import.clone(), error: WasmError::new(ErrorCode::Call, text) };
        Err(failure.into())
    })
}
