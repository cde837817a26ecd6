//! What stands in the place of the engine and of the operating system: no more of them than the checked files use.

pub mod engine;
pub mod panics;
pub mod scheduling;
pub mod spin;
