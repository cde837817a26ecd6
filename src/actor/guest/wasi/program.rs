//! A WASI guest as its store holds it.

use super::pipes::Pipes;
use super::preview1::Preview1;
use super::preview2::Preview2;
use super::stdio::HostOutput;
use std::sync::Arc;

/// The import module of WASI preview 1.
pub(crate) const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// What serves a guest's calls.
pub(super) enum Functions {
    Preview1(Preview1),
    Preview2(Box<Preview2>),
}

/// What WASI keeps for one guest.
pub(crate) struct WasiGuest {
    pub(super) functions: Functions,
    pub(crate) pipes: Arc<Pipes>,
    /// The host's streams that it prints to.
    pub(crate) inherited: Vec<HostOutput>,
}

impl WasiGuest {
    /// What serves a module's calls.
    pub(crate) fn preview1(&mut self) -> Option<&mut Preview1> {
        match &mut self.functions {
            Functions::Preview1(functions) => Some(functions),
            Functions::Preview2(_) => None,
        }
    }

    /// What serves a component's calls.
    pub(crate) fn preview2(&mut self) -> Option<&mut Preview2> {
        match &mut self.functions {
            Functions::Preview1(_) => None,
            Functions::Preview2(functions) => Some(functions),
        }
    }

    /// Resolves when what a component has printed has come to its end. There is nothing to wait for by preview 1, which waits in each call.
    pub(crate) fn printed(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        match &self.functions {
            Functions::Preview1(_) => None,
            Functions::Preview2(functions) => Some(functions.settled()),
        }
    }

    /// What closes its pipes once a command has run to its end.
    pub(crate) fn program(&self) -> Program {
        Program(self.pipes.clone())
    }
}

/// A run of a WASI command. When it is over, nothing reads or writes its pipes any more.
pub(crate) struct Program(Arc<Pipes>);

impl Program {
    /// Nothing is read any more.
    pub(crate) fn close_input(&self) {
        self.0.close_input();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.close();
    }
}
