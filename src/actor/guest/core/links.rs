//! How a module is linked, which is found out once for all its instances: the functions of WASI that it imports, and where it imports
//! nothing else all that its instantiation needs.

use crate::actor::guest::state::GuestState;
use crate::actor::guest::wasi::{self, WASI_MODULE};
use crate::error::{ErrorCode, Result, WasmError};
use wasmtime::{InstancePre, Linker, Module};

/// A module may have thousands of imports, all of WASI's. Of so many each instance resolves its own, looking for a stop meanwhile.
const PREPARED_IMPORTS_MAX: usize = 500;

/// What instances of one module share.
pub(crate) struct Links {
    pub(super) linker: Linker<GuestState>,
    /// None where it imports something that WASI does not have, and each instance has to be given its own.
    prepared: Option<InstancePre<GuestState>>,
    /// Does it import WASI?
    pub(crate) wants_wasi: bool,
}

impl Links {
    /// For a module.
    ///
    /// # Errors
    /// 5001 if WASI cannot be linked.
    pub(crate) fn of(module: &Module) -> Result<Links> {
        let mut linker = Linker::new(module.engine());
        let named = |name: &str| module.imports().any(|import| import.module() == WASI_MODULE && import.name() == name);
        let wants_wasi = module.imports().any(|import| import.module() == WASI_MODULE);
        if wants_wasi {
            wasi::link(&mut linker, named)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("WASI cannot be linked: {error:#}")))?;
        }
        let is_small = module.imports().len() <= PREPARED_IMPORTS_MAX;
        // What is missing, or of another type, is told of by who resolves one import after another.
        let prepared = is_small.then(|| linker.instantiate_pre(module).ok()).flatten();
        Ok(Links { linker, prepared, wants_wasi })
    }

    /// What makes an instance at once, if the host gives none of its imports.
    pub(super) fn prepared(&self) -> Option<InstancePre<GuestState>> {
        self.prepared.clone()
    }
}
