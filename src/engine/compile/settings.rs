//! How modules are compiled in processes of their own.

use crate::limits::{COMPILE_MEMORY_MAX, COMPILE_TIME_MAX};
use std::path::PathBuf;
use std::time::Duration;

/// The program to compile in, and its bounds.
#[derive(Clone, Debug)]
pub struct CompileProcess {
    /// The program, which hands `compile-module` and what follows to [`compile_module`](super::compile_module).
    pub program: PathBuf,
    /// Bytes of memory that it may have.
    pub memory_bytes: u64,
    /// How long it may take.
    pub time: Duration,
}

impl CompileProcess {
    /// Compiles in this program, with the bounds that are in force where nobody sets others.
    pub fn new(program: PathBuf) -> Self {
        CompileProcess { program, memory_bytes: COMPILE_MEMORY_MAX, time: COMPILE_TIME_MAX }
    }
}
