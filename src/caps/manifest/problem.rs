//! What is wrong with a manifest, before it is known of which file it is.

use std::ops::Range;

/// A problem and where in the text it is.
pub(crate) struct Problem(pub String, pub Option<Range<usize>>);

pub(crate) type Parsed<T> = Result<T, Problem>;

pub(super) fn problem<T>(at: Range<usize>, message: impl Into<String>) -> Parsed<T> {
    Err(Problem(message.into(), Some(at)))
}
