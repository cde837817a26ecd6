//! A guest that does what the name of its call says. Its epoch deadline is that of wasmtime: reached, it looks at the control cell,
//! and is interrupted or goes on until the next bump.

use super::budget::Budget;
use super::config::InstanceConfig;
use super::handle::Actor;
use super::message::{Answer, Ask, Outcome};
use crate::engine::{Code, Engines, Metering, Module};
use crate::error::{ErrorCode, Result, WasmError};
use crate::sync::mutant;
use std::sync::Arc;

/// Answers at once.
pub const RETURN: &str = "return";
/// Loops until it is interrupted.
pub const SPIN: &str = "spin";
/// Sleeps in a host call until it is dropped.
pub const SLEEP: &str = "sleep";
/// Traps.
pub const TRAP: &str = "trap";
/// Hits a bug of the host.
pub const PANIC: &str = "panic";

pub(super) struct GuestParts {
    pub actor: Arc<Actor>,
    pub code: Code,
    pub module: Arc<Module>,
    pub config: InstanceConfig,
    pub engines: Arc<Engines>,
    pub metering: Metering,
    pub memory: Arc<Budget>,
}

pub(super) struct Guest {
    actor: Arc<Actor>,
    engines: Arc<Engines>,
    /// What its start function does: that of the first life, and that of the others.
    starts: [String; 2],
    deadline: u64,
}

impl Guest {
    /// As the real one, the request that this is has begun: armed only here, it looks for a stop once more.
    pub(super) async fn start(parts: GuestParts) -> Result<Guest> {
        let GuestParts { actor, engines, config, .. } = parts;
        let start = |life| config.wasi.args.get(life).cloned().unwrap_or_else(|| RETURN.to_owned());
        let mut guest = Guest { actor, engines, starts: [start(0), start(1)], deadline: 0 };
        guest.deadline = guest.engines.epoch() + 1;
        if !mutant!("a_start_does_not_look_again") && guest.actor.control.is_stopped_by_now() {
            return Err(WasmError::new(ErrorCode::Call, "it has been stopped"));
        }
        let start = guest.starts[usize::from(!guest.actor.counters.restarts().is_empty())].clone();
        guest.run(&start).await?;
        Ok(guest)
    }

    pub(super) fn arm(&mut self) {
        if !mutant!("a_guest_is_armed_too_late") {
            self.deadline = self.engines.epoch() + 1;
        }
    }

    pub(super) async fn answer(&mut self, ask: Ask) -> Outcome {
        if mutant!("a_guest_is_armed_too_late") {
            self.deadline = self.engines.epoch() + 1;
        }
        match ask {
            Ask::Call(call) => self.run(&call.name).await,
            _ => Ok(Answer::Done),
        }
    }

    pub(super) fn answered(&mut self) {}

    async fn run(&mut self, what: &str) -> Outcome {
        match what {
            RETURN => Ok(Answer::Done),
            SPIN => self.spin(),
            SLEEP => std::future::pending().await,
            TRAP => Err(WasmError { trap: Some("unreachable"), ..WasmError::new(ErrorCode::Call, "it trapped") }),
            // Without the hook, which would print it each time.
            PANIC => std::panic::resume_unwind(Box::new("on purpose")),
            _ => unreachable!("{what}"),
        }
    }

    fn spin(&mut self) -> Outcome {
        loop {
            let epoch = self.engines.epoch();
            if epoch < self.deadline {
                loom::thread::yield_now();
            } else if self.actor.control.is_stopped_by_now() {
                return Err(WasmError::new(ErrorCode::Call, "it was interrupted"));
            } else {
                self.deadline = epoch + 1;
            }
        }
    }
}
