//! Compiled code.

use super::looks::Offsets;
use std::sync::Arc;
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Compiled code, ready to be instantiated on the engine it was compiled for. A reference: cloning is cheap.
#[derive(Clone)]
pub struct Code {
    compiled: Compiled,
    /// Where its instructions come from, if it was rewritten.
    offsets: Option<Arc<Offsets>>,
}

/// What was compiled.
#[derive(Clone)]
pub enum Compiled {
    /// A core module.
    Core(Module),
    /// A component, with all modules in it.
    Component(Component),
}

impl Code {
    pub(super) fn of_module(module: Module, offsets: Option<Offsets>) -> Self {
        Code { compiled: Compiled::Core(module), offsets: offsets.map(Arc::new) }
    }

    pub(super) fn of_component(component: Component) -> Self {
        Code { compiled: Compiled::Component(component), offsets: None }
    }

    /// What it is.
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The engine that it was compiled for.
    pub fn engine(&self) -> &Engine {
        match &self.compiled {
            Compiled::Core(module) => module.engine(),
            Compiled::Component(component) => component.engine(),
        }
    }

    /// The form in which it can be kept.
    pub(super) fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match &self.compiled {
            Compiled::Core(module) => module.serialize(),
            Compiled::Component(component) => component.serialize(),
        }
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
