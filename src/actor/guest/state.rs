//! What a store carries beside the guest: all that its host functions can reach.

use super::component::state::ComponentState;
use super::core::state::CoreState;
use super::limiter::Limiter;
use super::wasi::{HasPreview2, Preview1, Preview2, Program, WasiGuest};
use crate::actor::handle::Actor;
use crate::engine::{Code, Engines, Module};
use crate::error::{ErrorCode, Result, WasmError};
use std::sync::Arc;
use wasmtime::StoreContextMut;

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
    /// What only core modules need.
    pub(super) core: CoreState,
    /// What only components need: none for a core module.
    pub(super) component: Option<ComponentState>,
    /// All fuel it ever had; `None` without metering.
    pub(super) fuel_given: Option<u64>,
    /// What of it the call under way must leave alone.
    pub(super) fuel_aside: u64,
    /// What the store had of it when that was looked at last.
    pub(super) fuel_seen: FuelSeen,
    /// How many host functions wait inside each other.
    pub(super) depth: usize,
    /// A WASI command that has ended, for as long as its caller has not heard of that.
    pub(super) ended: Option<Program>,
    /// The stack of a guest that has run out of time.
    pub(super) stopped_at: Vec<String>,
}

impl GuestState {
    /// The error of whoever asks for something before it is there.
    pub(super) fn still_being_made(&self) -> WasmError {
        let (name, id) = (self.actor.label(), self.actor.id());
        let text = format!("the instance \"{name}\" ({id}) is still being made: its start function is running");
        WasmError::new(ErrorCode::InvalidInstanceHandle, text)
    }

    /// WASI, for a call of it.
    pub(super) fn wasi_for_a_call(&mut self) -> Option<&mut Preview1> {
        self.actor.counters.host_calls.add_one();
        self.wasi.as_mut().and_then(WasiGuest::preview1)
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

impl HasPreview2 for GuestState {
    fn preview2(&mut self) -> &mut Preview2 {
        self.actor.counters.host_calls.add_one();
        self.wasi.as_mut().and_then(WasiGuest::preview2).expect("linked only where the component imports WASI")
    }
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
