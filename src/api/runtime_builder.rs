//! A runtime to be made.

use super::runtime::Runtime;
use crate::caps::Caps;
use crate::error::{ErrorCode, Result, WasmError};
use crate::session::{HostOptions, WasmHost};
use std::path::PathBuf;

/// A runtime to be made. Made by [`Runtime::builder`].
///
/// ```
/// use runtime_wasm::{Caps, Runtime};
///
/// let runtime = Runtime::builder().caps(Caps::builder().load("plugins/*.wasm").max_instances(64).build()?).build()?;
/// # Ok::<(), runtime_wasm::WasmError>(())
/// ```
#[derive(Debug, Default)]
#[must_use]
pub struct RuntimeBuilder {
    caps: Option<Caps>,
    options: HostOptions,
}

impl Runtime {
    /// A runtime that compiles bytes and grants no files: see [`Runtime::builder`].
    ///
    /// # Errors
    /// 5001 if the machine has no threads to give.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// A runtime to be made, with grants and whatever else differs from the defaults.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }
}

impl RuntimeBuilder {
    /// What is granted, and the bounds. Without this modules are compiled from bytes, and no file and no folder is granted.
    pub fn caps(mut self, caps: Caps) -> Self {
        self.caps = Some(caps);
        self
    }

    /// Each trap of a guest leaves a core dump in this folder.
    pub fn core_dumps(mut self, folder: impl Into<PathBuf>) -> Self {
        self.options.core_dumps = Some(folder.into());
        self
    }

    /// Modules are compiled in a child process of this program, within bounds of memory and time that [`Caps`] set, so that one that would take
    /// all memory ends nothing but itself. The program hands the first argument
    /// [`COMPILE_MODULE`](crate::COMPILE_MODULE) and what follows on to [`compile_module`](crate::compile_module); it may be
    /// [the one that runs](std::env::current_exe). Without this, threads of this process compile.
    pub fn compile_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.options.compile_program = Some(program.into());
        self
    }

    /// Makes it.
    ///
    /// # Errors
    /// 5001 if the machine has no threads to give, or guests cannot be stopped here as the grants have it.
    pub fn build(self) -> Result<Runtime> {
        let caps = match self.caps {
            Some(caps) => caps,
            None => Caps::builder().build()?,
        };
        let cache = WasmHost::granted_cache(&caps);
        let host = WasmHost::with(caps, HostOptions { cache, ..self.options }).map_err(|error| {
            WasmError::new(ErrorCode::Instantiate, format!("the runtime cannot be made: {error}")).because(error)
        })?;
        Ok(Runtime { host })
    }
}
