//! A guest that does what the name of its call says. If it has a page to look at, it traps once that is gone. Otherwise its epoch deadline is that of wasmtime: reached, it looks at the control cell,
//! and is interrupted or goes on until the next bump. Unlike wasmtime's it forgets none that comes meanwhile: that is the watch's
//! to mend, whose models are apart.

use super::blueprint::Blueprint;
use super::handle::Actor;
use super::host_call::{Ended, HostCall, HostEvents, HostReply, PendingHostCall, WaitingGuest};
use super::message::{Answer, Command, Outcome};
use crate::engine::Engines;
use crate::error::{ErrorCode, Result, WasmError};
use crate::sync::mpsc::unbounded_channel;
use crate::sync::mutant;
use std::sync::Arc;

/// Answers at once.
pub const RETURN: &str = "return";
/// Loops until it is interrupted.
pub const SPIN: &str = "spin";
/// Sleeps in a host call until it is dropped.
pub const SLEEP: &str = "sleep";
/// Calls a host function, and returns when that does.
pub const CALL_OUT: &str = "call out";
/// Traps.
pub const TRAP: &str = "trap";
/// Hits a bug of the host.
pub const PANIC: &str = "panic";

pub(super) struct Guest {
    actor: Arc<Actor>,
    engines: Arc<Engines>,
    /// Where its calls of host functions go.
    events: Option<HostEvents>,
    /// What its start function does: that of the first life, and that of the others.
    starts: [String; 2],
    deadline: u64,
}

impl Guest {
    pub(super) async fn prepare(blueprint: Blueprint) -> Result<Guest> {
        let Blueprint { actor, config, services, .. } = blueprint;
        let args = &config.wasi.args;
        let start = |life: usize| args.get(life).cloned().unwrap_or_else(|| RETURN.to_owned());
        let starts = [start(0), start(1)];
        Ok(Guest {
            actor,
            engines: services.engines.clone(),
            events: config.imports.map(|imports| imports.events),
            starts,
            deadline: 0,
        })
    }

    pub(super) async fn instantiate(&mut self) -> Result<()> {
        let start = self.starts[usize::from(!self.actor.counters.restarts().is_empty())].clone();
        self.run(&start).await.map(drop)
    }

    pub(super) fn arm(&mut self) {
        if !mutant!("a_guest_is_armed_too_late") {
            self.deadline = self.engines.epoch() + 1;
        }
    }

    pub(super) async fn answer(&mut self, command: &Command) -> Outcome {
        if mutant!("a_guest_is_armed_too_late") {
            self.deadline = self.engines.epoch() + 1;
        }
        match command {
            Command::Call(call) => self.run(&call.name).await,
            _ => Ok(Answer::Done),
        }
    }

    pub(super) fn answered(&mut self) {}

    async fn run(&mut self, what: &str) -> Outcome {
        match what {
            RETURN => Ok(Answer::Done),
            SPIN => self.spin(),
            SLEEP => std::future::pending().await,
            CALL_OUT => self.call_out().await,
            TRAP => Err(WasmError { trap: Some("unreachable"), ..WasmError::new(ErrorCode::Call, "it trapped") }),
            // Without the hook, which would print it each time.
            PANIC => std::panic::resume_unwind(Box::new("on purpose")),
            _ => unreachable!("{what}"),
        }
    }

    /// As `HostFunction::call` does it.
    async fn call_out(&mut self) -> Outcome {
        let stopped = || WasmError::new(ErrorCode::Call, "it was interrupted");
        let events = self.events.as_ref().unwrap();
        let Some(guest) = WaitingGuest::of(&self.actor) else { return Err(stopped()) };
        let (replies, inbox) = unbounded_channel();
        let (id, instance, args) = (events.next_id(), self.actor.id(), Vec::new());
        let call = HostCall { id, instance, set: 0, import: 0, args, results: 0, replies, guest };
        let mut open = PendingHostCall::send(events, call, inbox, tracing::Span::none());
        loop {
            match open.next().await {
                Ok(HostReply::Request(request)) => request.reply.send(Ok(Answer::Done)),
                Ok(_) => break,
                Err(Ended::Stopped) => return Err(stopped()),
                Err(Ended::NobodyThere) => unreachable!("the receiver outlives the call"),
            }
        }
        open.end("ok");
        Ok(Answer::Done)
    }

    fn spin(&mut self) -> Outcome {
        loop {
            match self.actor.control.page().is_there() {
                Some(true) => {
                    loom::thread::yield_now();
                    continue;
                }
                // The trap of a look: what it means is for the control cell to say.
                Some(false) => {
                    assert!(self.actor.control.is_stopped(), "a guest lost its page, and nobody stopped it");
                    return Err(WasmError::new(ErrorCode::Call, "it was interrupted"));
                }
                None => {}
            }
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
