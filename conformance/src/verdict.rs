//! What a script expects of a call, against what the call came to.

use crate::outcome::{Outcome, Reason};
use crate::values::is_expected;
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::value::Value;

/// What a call came to.
pub enum Ran {
    /// To these results.
    Values(Vec<Value>),
    /// It failed.
    Error(WasmError),
    /// It was not made.
    Not(Outcome),
}

/// Are these the values that are expected?
pub fn returned(found: &[Value], expected: &[wast::WastRet<'_>]) -> Outcome {
    let matches = found.iter().zip(expected).all(|(found, expected)| is_expected(found, expected) == Some(true));
    if found.len() == expected.len() && matches {
        Outcome::Passed
    } else {
        Outcome::Failed(format!("found {found:x?}, expected {expected:x?}"))
    }
}

/// A reference of the guest's own was expected; that it does not cross is what was promised.
pub fn cannot_cross(error: &WasmError) -> Outcome {
    if error.code == ErrorCode::Type && error.message.contains("cannot cross") {
        Outcome::NotApplicable(Reason::Reference)
    } else {
        Outcome::Failed(error.to_string())
    }
}

/// The trap that a script's message stands for, in the words of [`WasmError::trap`].
fn trap_of(message: &str) -> &str {
    match message {
        "out of bounds memory access" => "memory out of bounds",
        "out of bounds table access" | "undefined element" | "undefined" => "table out of bounds",
        "out of bounds array access" => "array out of bounds",
        "call stack exhausted" => "stack overflow",
        "indirect call type mismatch" | "indirect call" => "indirect call type mismatch",
        "cast failure" | "cast" => "cast failure",
        _ if message.starts_with("uninitialized") => "indirect call to null",
        _ if message.starts_with("null") => "null reference",
        other => other,
    }
}

/// Did it end in this trap?
pub fn trapped(ran: Ran, message: &str) -> Outcome {
    // Older scripts do not say of what.
    let is_expected = |trap: &str| trap == trap_of(message) || (message == "out of bounds" && trap.ends_with(message));
    match ran {
        Ran::Error(error) if error.trap.is_some_and(is_expected) => Outcome::Passed,
        Ran::Error(error) => Outcome::Failed(format!("expected \"{message}\": {:?} {error}", error.trap)),
        Ran::Values(values) => Outcome::Failed(format!("expected \"{message}\", found {values:x?}")),
        Ran::Not(outcome) => outcome,
    }
}
