//! How a code is linked, which is found out once for all its instances: the functions of WASI that it imports, and where it imports
//! nothing else all that its instantiation needs.

use super::state::GuestState;
use super::wasi::{self, WASI_MODULE};
use crate::engine::Code;
use crate::error::{ErrorCode, Result, WasmError};
use wasmtime::{InstancePre, Linker};

/// A module may have thousands of imports, all of WASI's. Of so many each instance resolves its own, looking for a stop meanwhile.
const PREPARED_IMPORTS_MAX: usize = 500;

/// What instances of one code share.
pub(super) struct Links {
    pub(super) linker: Linker<GuestState>,
    /// None where it imports something that WASI does not have, and each instance has to be given its own.
    prepared: Option<InstancePre<GuestState>>,
    /// Does it import WASI?
    pub(super) wants_wasi: bool,
}

impl Links {
    /// For a code.
    ///
    /// # Errors
    /// 5001 if WASI cannot be linked.
    pub(super) fn of(code: &Code) -> Result<Links> {
        let mut linker = Linker::new(code.engine());
        let named = |name: &str| code.imports().any(|import| import.module() == WASI_MODULE && import.name() == name);
        let wants_wasi = code.imports().any(|import| import.module() == WASI_MODULE);
        if wants_wasi {
            wasi::link(&mut linker, named)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("WASI cannot be linked: {error:#}")))?;
        }
        let is_small = code.imports().len() <= PREPARED_IMPORTS_MAX;
        // What is missing, or of another type, is told of by who resolves one import after another.
        let prepared = is_small.then(|| linker.instantiate_pre(code).ok()).flatten();
        Ok(Links { linker, prepared, wants_wasi })
    }

    /// What makes an instance at once, if the host gives none of its imports.
    pub(super) fn prepared(&self) -> Option<InstancePre<GuestState>> {
        self.prepared.clone()
    }
}
