//! How the reading of a module ends before its time.

use std::fmt::Display;
use wasmparser::BinaryReaderError;

/// Why the reading of a module ends.
#[derive(Debug)]
pub(super) enum Refused {
    /// A bound is crossed, or there is what no guest has; the sentence says which.
    Over(String),
    /// It is no valid module, which the compiler says better, and before it has done any work.
    Malformed,
}

impl From<BinaryReaderError> for Refused {
    fn from(_: BinaryReaderError) -> Self {
        Refused::Malformed
    }
}

pub(super) type Checked<T = ()> = Result<T, Refused>;

pub(super) fn at_most(limit: impl Into<u64>, count: impl Into<u64>, what: impl Display) -> Checked {
    let (limit, count) = (limit.into(), count.into());
    if count <= limit {
        return Ok(());
    }
    Err(Refused::Over(format!("it has {count} {what}, more than the limit of {limit}")))
}
