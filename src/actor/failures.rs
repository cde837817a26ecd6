//! The requests of one instance that failed: how many, by code, and the last of them.

use crate::error::{ErrorCode, WasmError};
use crate::printable;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The most characters that are kept of an error's message.
const MESSAGE_CHARS_MAX: usize = 300;

/// An error that a request was answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LastError {
    /// Its number.
    pub code: ErrorCode,
    /// Its message, without the number: a line of at most 300 characters, which shows on a terminal as it is.
    pub message: String,
    /// When.
    pub at: SystemTime,
}

/// How many requests failed, by code. Sums add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailuresByCode([u64; ErrorCode::ALL.len()]);

impl FailuresByCode {
    /// Each code with its number, in the order of [`ErrorCode::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (ErrorCode, u64)> + '_ {
        ErrorCode::ALL.into_iter().zip(self.0)
    }

    /// All of them.
    pub fn sum(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds those of another instance.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    fn count(&mut self, code: ErrorCode) {
        if let Some(index) = ErrorCode::ALL.iter().position(|known| *known == code) {
            self.0[index] += 1;
        }
    }
}

/// Written by whoever answers a request with an error; read by anybody. Nothing is waited for under its lock, which is the standard library's
/// since no order hangs on it that loom would have to check.
#[derive(Default)]
pub(crate) struct Failures(Mutex<State>);

#[derive(Default)]
struct State {
    by_code: FailuresByCode,
    last: Option<LastError>,
}

impl Failures {
    /// A request was answered with this.
    pub(crate) fn note(&self, error: &WasmError) {
        let message = printable::sentence(&error.message).chars().take(MESSAGE_CHARS_MAX).collect();
        let last = LastError { code: error.code, message, at: SystemTime::now() };
        let mut state = self.state();
        state.by_code.count(error.code);
        state.last = Some(last);
    }

    pub(crate) fn by_code(&self) -> FailuresByCode {
        self.state().by_code
    }

    pub(crate) fn last(&self) -> Option<LastError> {
        self.state().last.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_by_code_and_the_last_is_kept_within_bounds() {
        let failures = Failures::default();
        failures.note(&WasmError::new(ErrorCode::Type, "a".to_owned()));
        failures.note(&WasmError::new(ErrorCode::Call, "\u{1b}\n".repeat(10_000)));
        let mut sum = failures.by_code();
        sum.add(&failures.by_code());
        let counted: Vec<_> = sum.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!((counted, sum.sum()), (vec![(ErrorCode::Call, 2), (ErrorCode::Type, 2)], 4));
        let last = failures.last().unwrap();
        assert_eq!((last.code, last.message.chars().count()), (ErrorCode::Call, MESSAGE_CHARS_MAX));
        assert!(last.message.starts_with("\\u{1b}\\n"), "{}", last.message);
    }
}
