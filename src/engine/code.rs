//! Compiled code.

use super::looks::Offsets;
use std::ops::Deref;
use std::sync::Arc;

/// Compiled code, ready to be instantiated on the engine it was compiled for. A reference: cloning is cheap.
#[derive(Clone)]
pub struct Code {
    module: wasmtime::Module,
    /// Where its instructions come from, if it was rewritten.
    offsets: Option<Arc<Offsets>>,
}

impl Code {
    pub(super) fn new(module: wasmtime::Module, offsets: Option<Offsets>) -> Self {
        Code { module, offsets: offsets.map(Arc::new) }
    }

    /// Does it look at a page that a stop takes away? Then an instance of it has one more memory, which is nobody's.
    pub fn looks(&self) -> bool {
        self.offsets.is_some()
    }

    /// An offset in the module that was compiled as one in the module that was given.
    pub fn original(&self, offset: usize) -> usize {
        self.offsets.as_ref().map_or(offset, |offsets| offsets.original(offset))
    }

    pub(super) fn offsets(&self) -> Option<&Offsets> {
        self.offsets.as_deref()
    }
}

impl Deref for Code {
    type Target = wasmtime::Module;

    fn deref(&self) -> &wasmtime::Module {
        &self.module
    }
}
