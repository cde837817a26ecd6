//! How modules are compiled in processes of their own.

use crate::limits::{COMPILE_MEMORY_MAX, COMPILE_TIME_MAX};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
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
    /// Who is told of what takes long.
    pub watch: Option<CompileWatch>,
}

impl CompileProcess {
    /// Compiles in this program, with the bounds that are in force where nobody sets others.
    pub fn new(program: PathBuf) -> Self {
        CompileProcess { program, memory_bytes: COMPILE_MEMORY_MAX, time: COMPILE_TIME_MAX, watch: None }
    }
}

/// News of a compilation that takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileNews<'a> {
    /// It goes on: told after a second, and again several times a second.
    GoesOn {
        /// What is compiled, as errors name it.
        name: &'a str,
        /// Its size in bytes.
        bytes: usize,
        /// For how long it has been.
        elapsed: Duration,
    },
    /// It is over, well or not.
    Over,
}

/// Is told of compilations that take long, on the threads that wait for them.
#[derive(Clone)]
pub struct CompileWatch(Arc<dyn Fn(CompileNews) + Send + Sync>);

impl CompileWatch {
    /// What is done with the news. It must not take long.
    pub fn new(tell: impl Fn(CompileNews) + Send + Sync + 'static) -> Self {
        CompileWatch(Arc::new(tell))
    }

    pub(super) fn tell(&self, news: CompileNews) {
        (self.0)(news);
    }
}

impl fmt::Debug for CompileWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompileWatch")
    }
}
