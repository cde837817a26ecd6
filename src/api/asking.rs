//! Requests, and their answers as a program reads them.

use super::values::{FromValues, IntoValues, args, results};
use crate::actor::message::{Answer, BytesCall, Call, Command, Outcome};
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable;
use crate::value::Value;
use std::time::Duration;

/// Bounds on one call, beside the instance's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallLimits {
    /// Wall time.
    pub timeout: Option<Duration>,
    /// Processor time.
    pub cpu: Option<Duration>,
    /// How much of the instance's fuel it may use. The instance has to have a limit of fuel.
    pub fuel: Option<u64>,
}

impl CallLimits {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this much wall time.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// With this much processor time.
    pub fn cpu(mut self, time: Duration) -> Self {
        self.cpu = Some(time);
        self
    }

    /// With this much fuel.
    pub fn fuel(mut self, amount: u64) -> Self {
        self.fuel = Some(amount);
        self
    }
}

/// The call of an export.
pub(super) fn call(name: &str, values: impl IntoValues, limits: &CallLimits) -> Call {
    let CallLimits { timeout, cpu, fuel } = *limits;
    Call { name: name.into(), args: args(values), timeout, cpu, fuel }
}

/// The call of an export with bytes.
pub(super) fn bytes_call(name: &str, bytes: Vec<u8>, as_text: bool, limits: &CallLimits) -> Command {
    Command::CallBytes(BytesCall { call: call(name, (), limits), bytes, as_text })
}

/// The results of the call of this export.
pub(super) fn called<R: FromValues>(name: &str, outcome: Outcome) -> Result<R> {
    results(values(outcome)?, || format!("the results of \"{}\"", printable::name(name)))
}

/// What cannot be, unless a request is answered with another's answer.
pub(super) fn unexpected(answer: &Answer) -> WasmError {
    WasmError::new(ErrorCode::Call, format!("the instance has answered with {answer:?}"))
}

/// The values of an answer.
pub(super) fn values(outcome: Outcome) -> Result<Vec<Value>> {
    match outcome? {
        Answer::Values(values) => Ok(values),
        other => Err(unexpected(&other)),
    }
}

/// The one value of an answer.
pub(super) fn value(outcome: Outcome) -> Result<Value> {
    values(outcome)?.pop().ok_or_else(|| WasmError::new(ErrorCode::Call, "the instance has answered with no value"))
}

/// The bytes of an answer.
pub(super) fn bytes(outcome: Outcome) -> Result<Vec<u8>> {
    match outcome? {
        Answer::Bytes(bytes) => Ok(bytes),
        other => Err(unexpected(&other)),
    }
}

/// The text of an answer.
pub(super) fn text(outcome: Outcome) -> Result<String> {
    match outcome? {
        Answer::Text(text) => Ok(text),
        other => Err(unexpected(&other)),
    }
}

/// The number of an answer: pages, elements or fuel.
pub(super) fn number(outcome: Outcome) -> Result<u64> {
    match outcome? {
        Answer::Pages(number) | Answer::Elements(number) | Answer::Fuel(number) => Ok(number),
        other => Err(unexpected(&other)),
    }
}

/// Reads bytes of a memory.
pub(super) fn read(offset: u64, length: u64) -> Command {
    Command::MemoryRead { offset, length }
}

/// Writes bytes to a memory.
pub(super) fn write(offset: u64, bytes: Vec<u8>) -> Command {
    Command::MemoryWrite { offset, bytes }
}
