//! Errors that end a call of the guest's from within the host.

use crate::error::{FailedImport, WasmError};
use std::fmt;

/// The trap that ends host calls and growth after a stop. Never seen by a caller: the stopper has answered.
#[derive(Debug)]
pub(super) struct StoppedByHost;

impl fmt::Display for StoppedByHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the instance has been stopped")
    }
}

impl std::error::Error for StoppedByHost {}

/// A host function ended in a trap.
#[derive(Debug)]
pub(super) struct HostFailure {
    /// Which one.
    pub import: FailedImport,
    /// How: the error that the call of the guest becomes.
    pub error: WasmError,
}

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.message)
    }
}

impl std::error::Error for HostFailure {}
