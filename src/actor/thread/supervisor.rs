//! Whether an instance that has died gets a fresh store.
//!
//! The rules, for all that take part:
//!
//! - Only the worker's thread restarts, and only an instance that has started once. Whoever answers
//!   an interrupted request refuses what waits in the mailbox first, and leaves the rest to the worker.
//! - The control cell is renewed once the dead store is gone, so no host call of the dead guest takes effect.
//! - The mailbox stays open. What is put in after the crash waits for the fresh instance, in order.
//! - A guest that ends by itself in the moment of its interruption may be followed so fast that the fresh instance serves what was
//!   still to be refused. That request never ran before, and it is answered once.
//! - A stop (drop, terminate, abort, shutdown) is for good at any moment: the worker looks for one before it renews the
//!   cell, while it waits, and as it begins the start function.

use crate::actor::cell::control::StopReason;
use crate::actor::protocol::config::{Cause, RestartPolicy};
use crate::actor::protocol::message::{Answer, Outcome};
use crate::error::{ErrorCode, WasmError};
use crate::printable;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What ended a life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crash {
    pub(crate) cause: Cause,
    pub(crate) message: String,
}

impl Crash {
    /// The crash that a call's error means, if any: an exit or a wrong argument is none.
    fn in_call(error: &WasmError) -> Option<Crash> {
        let cause = match error.code {
            ErrorCode::Call if error.exit_code.is_none() => Cause::Trap,
            // The result of a host function was refused: the guest has trapped there.
            ErrorCode::Type if error.import.is_some() => Cause::Trap,
            ErrorCode::FuelExhausted => Cause::Fuel,
            _ => return None,
        };
        Some(Crash { cause, message: error.message.clone() })
    }

    /// A start that failed ends a life whatever the error.
    pub(crate) fn in_start(error: &WasmError) -> Crash {
        let cause = match error.code {
            ErrorCode::FuelExhausted => Cause::Fuel,
            _ if error.trap.is_some() => Cause::Trap,
            _ => Cause::Start,
        };
        Crash { cause, message: error.message.clone() }
    }

    /// An interruption by the time limit.
    pub(crate) fn by(reason: &StopReason) -> Crash {
        Crash { cause: Cause::Timeout, message: reason.message().unwrap_or_default() }
    }
}

/// Keeps one instance's count of restarts.
pub(crate) struct Supervisor {
    policy: RestartPolicy,
    recent: VecDeque<Instant>,
}

impl Supervisor {
    pub(crate) fn new(policy: RestartPolicy) -> Self {
        Supervisor { policy, recent: VecDeque::new() }
    }

    /// Is this a reason to restart?
    pub(crate) fn covers(&self, cause: Cause) -> bool {
        self.policy.on.contains(&cause)
    }

    /// The crash in the outcome of a request, if it is one to restart after.
    pub(crate) fn crash(&self, outcome: &Outcome) -> Option<Crash> {
        let error = match outcome {
            Err(error) | Ok(Answer::Batch(_, Some(error))) => error,
            Ok(_) => return None,
        };
        Crash::in_call(error).filter(|crash| self.covers(crash.cause))
    }

    /// How long to wait before the next restart.
    ///
    /// # Errors
    /// The end for good, once there were too many.
    pub(crate) fn next(&mut self, crash: &Crash, now: Instant) -> Result<Duration, StopReason> {
        let RestartPolicy { max, within, backoff, .. } = self.policy;
        while self.recent.front().is_some_and(|at| now.duration_since(*at) > within) {
            self.recent.pop_front();
        }
        if self.recent.len() >= max {
            let message = format!(
                "it was restarted {max} times within {} ms and died again: {}",
                within.as_millis(),
                crash.message
            );
            return Err(StopReason::GivenUp { cause: crash.cause.name(), message: printable::message(message) });
        }
        self.recent.push_back(now);
        Ok(backoff)
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    fn supervisor(on: Vec<Cause>) -> Supervisor {
        let within = Duration::from_secs(10);
        Supervisor::new(RestartPolicy { on, max: 2, within, backoff: Duration::from_millis(7) })
    }

    #[test]
    fn too_many_restarts_within_the_time_end_it() {
        let mut supervisor = supervisor(vec![Cause::Trap]);
        let crash = Crash { cause: Cause::Trap, message: "it trapped".into() };
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(supervisor.next(&crash, at(0)), Ok(Duration::from_millis(7)));
        assert!(supervisor.next(&crash, at(4)).is_ok());
        let given_up = supervisor.next(&crash, at(10)).unwrap_err();
        assert_eq!(given_up.name(), "trap");
        let message = given_up.message().unwrap();
        assert!(message.contains("2 times within 10000 ms") && message.contains("it trapped"), "{message}");
        // The first has left the window.
        assert!(supervisor.next(&crash, at(11)).is_ok());
        assert!(supervisor.next(&crash, at(12)).is_err());
    }

    #[test]
    fn what_is_no_crash_of_the_policys_is_none() {
        let supervisor = supervisor(vec![Cause::Trap]);
        let error = |code| WasmError::new(code, "text");
        assert_eq!(supervisor.crash(&Err(error(ErrorCode::Call))).map(|crash| crash.cause), Some(Cause::Trap));
        let batch = Ok(Answer::Batch(Vec::new(), Some(error(ErrorCode::Call))));
        assert!(supervisor.crash(&batch).is_some());
        for code in [ErrorCode::FuelExhausted, ErrorCode::Type, ErrorCode::ExportNotFound] {
            assert_eq!(supervisor.crash(&Err(error(code))), None);
        }
        let exited = WasmError { exit_code: Some(1), ..error(ErrorCode::Call) };
        assert_eq!(supervisor.crash(&Err(exited)), None);
        assert_eq!(supervisor.crash(&Ok(Answer::Done)), None);
    }
}
