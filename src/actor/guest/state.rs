//! What a store carries beside the guest: all that its host functions can reach.

use super::exported::ExportedFunctions;
use super::functions::Functions;
use super::limiter::Limiter;
use super::wasi::{Preview1, Program, WasiGuest};
use crate::actor::handle::Actor;
use crate::engine::{Code, Engines, Module};
use crate::error::{ErrorCode, Result, WasmError};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use wasmtime::{Instance, Memory, StoreContextMut, Table};

/// How deep guest and host may call each other in turn. Each level costs the guest's thread a stack of its own.
const DEPTH_MAX: usize = 16;

/// The store, as seen by whoever works on it: the worker between calls, or a host function within one.
pub(super) type Context<'a> = StoreContextMut<'a, GuestState>;

/// What host functions of a store can reach.
pub(super) struct GuestState {
    /// Present where the module imports WASI.
    pub(super) wasi: Option<WasiGuest>,
    pub(super) limiter: Limiter,
    pub(super) actor: Arc<Actor>,
    pub(super) module: Arc<Module>,
    /// What it was compiled to.
    pub(super) code: Code,
    pub(super) engines: Arc<Engines>,
    /// The memories and tables that it imports.
    pub(super) fresh: Fresh,
    /// None until the module is instantiated.
    pub(super) instance: Option<Instance>,
    /// All fuel it ever had; `None` without metering.
    pub(super) fuel_given: Option<u64>,
    /// What of it the call under way must leave alone.
    pub(super) fuel_aside: u64,
    /// What the store had of it when that was looked at last.
    pub(super) fuel_seen: FuelSeen,
    /// How many host functions wait inside each other.
    pub(super) depth: usize,
    /// The functions that have been called by name.
    pub(super) exported: ExportedFunctions,
    /// What has gone out as a funcref.
    pub(super) functions: Functions,
    /// How many host values the store holds.
    pub(super) externs: Arc<AtomicUsize>,
    /// A WASI command that has ended, for as long as its caller has not heard of that.
    pub(super) ended: Option<Program>,
    /// The stack of a guest that has run out of time.
    pub(super) stopped_at: Vec<String>,
}

impl GuestState {
    /// Asked for too early only by a host function that a start function calls.
    pub(super) fn instance(&self) -> Result<Instance> {
        self.instance.ok_or_else(|| {
            let (name, id) = (self.actor.label(), self.actor.id());
            let text = format!("the instance \"{name}\" ({id}) is still being made: its start function is running");
            WasmError::new(ErrorCode::InvalidInstanceHandle, text)
        })
    }

    /// WASI, for a call of it.
    pub(super) fn wasi_for_a_call(&mut self) -> Option<&mut Preview1> {
        self.actor.counters.host_calls.add_one();
        self.wasi.as_mut().map(|wasi| &mut wasi.functions)
    }

    /// May the guest be called once more, from within as many host calls as there are?
    ///
    /// # Errors
    /// 5002 if not.
    pub(super) fn check_depth(&self) -> Result<()> {
        if self.depth < DEPTH_MAX {
            return Ok(());
        }
        let name = self.actor.label();
        let text = format!("guest and host call each other {DEPTH_MAX} deep in \"{name}\": no deeper call is made");
        Err(WasmError::new(ErrorCode::Call, text))
    }

    /// What closes the pipes once a WASI command has run to its end, whatever ends it.
    pub(super) fn program(&self) -> Option<Program> {
        self.wasi.as_ref().map(|wasi| wasi.program())
    }
}

/// The memories and tables of its own that a guest imports, in their order.
#[derive(Default)]
pub(super) struct Fresh {
    pub(super) memories: Vec<Memory>,
    /// With the names that they are imported under.
    pub(super) tables: Vec<(String, Table)>,
}

/// What the store had at the last look, for when it traps.
#[derive(Default)]
pub(super) struct FuelSeen {
    pub(super) fuel: u64,
    /// How often it called out since, with nothing left.
    pub(super) spent: u32,
    /// How much it may use between two looks.
    pub(super) slice: u64,
}
