//! wasmtime, set up once: engines, compiled modules, and the thread that watches deadlines.
//!
//! There are two engines, because fuel metering is a property of compiled code: *plain* for instances without a fuel
//! limit, *metered* for those with one. A module is compiled for an engine the first time it is needed there.

mod cache;
mod compile;
mod core_dumps;
mod deadline;
mod deferred_drop;
#[cfg(test)]
pub(crate) mod faults;
mod file_kind;
mod hostile;
mod inspect;
mod metering;
mod module;
mod parser_text;
mod symbols;
mod types;

pub use cache::{CACHE_BYTES_MAX, Cache, Held};
pub use compile::{COMPILE_MODULE, CompileProcess, Threads, compile_module};
pub use core_dumps::CoreDumps;
pub use deadline::{Deadlines, Token};
pub use deferred_drop::DeferredDrop;
pub use inspect::{exported_names, imported_function_called_at, inspect, validate_and_inspect};
pub use metering::{Extent, bulk_operation_at, cost_of_function_at};
pub use module::{Module, Modules};
pub use symbols::{SourceLocation, SourceLocations, Symbols};
pub use types::{Code, Sha256, sha256, signature_of, type_text, value_type};

use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{FIBER_STACK_BYTES, WASM_STACK_BYTES};
use std::sync::OnceLock;
use wasmtime::{Config, Engine, WasmBacktraceDetails};

/// Which of the two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metering {
    /// No fuel accounting.
    Plain,
    /// Every instruction is charged.
    Metered,
}

/// The two engines, made on need.
#[derive(Default)]
pub struct Engines {
    plain: OnceLock<Engine>,
    metered: OnceLock<Engine>,
    core_dumps: Option<CoreDumps>,
    wait_for_lines: bool,
    cache: Option<Cache>,
    compile_process: Option<CompileProcess>,
}

impl Engines {
    /// Engines whose guests leave core dumps there when they trap.
    pub fn with_core_dumps(core_dumps: Option<CoreDumps>) -> Self {
        Engines { core_dumps, ..Engines::default() }
    }

    /// The same, but that errors wait for the lines of a stack for as long as finding them takes.
    pub fn waiting_for_lines(self, wait_for_lines: bool) -> Self {
        Engines { wait_for_lines, ..self }
    }

    /// The same, with compiled code kept there for other processes.
    pub fn with_cache(self, cache: Option<Cache>) -> Self {
        Engines { cache, ..self }
    }

    /// The same, compiling in processes of their own, if so.
    pub fn with_compile_process(self, compile_process: Option<CompileProcess>) -> Self {
        Engines { compile_process, ..self }
    }

    /// Where core dumps go, if anywhere.
    pub fn core_dumps(&self) -> Option<&CoreDumps> {
        self.core_dumps.as_ref()
    }

    /// The engine of this kind.
    ///
    /// # Errors
    /// 5001 where wasmtime cannot run on this machine at all.
    pub fn get(&self, metering: Metering) -> Result<&Engine> {
        let (cell, metered) = match metering {
            Metering::Plain => (&self.plain, false),
            Metering::Metered => (&self.metered, true),
        };
        if let Some(engine) = cell.get() {
            return Ok(engine);
        }
        // A failure is not kept: the machine may have had too little of something for a moment. Of two that are made at once one stays.
        let made = Engine::new(&config(metered, self.core_dumps.is_some())).map_err(|error| {
            WasmError::new(ErrorCode::Instantiate, format!("wasmtime cannot run on this machine: {error:#}"))
        })?;
        Ok(cell.get_or_init(|| made))
    }

    /// Makes every running guest look at its control cell: one bump of the epoch of each engine in use.
    pub fn interrupt(&self) {
        for engine in [&self.plain, &self.metered].into_iter().filter_map(OnceLock::get) {
            engine.increment_epoch();
        }
    }
}

fn config(metered: bool, core_dumps: bool) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .consume_fuel(metered)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        .coredump_on_trap(core_dumps)
        // It would read debug sections on the guest's thread, without bound and again for each frame: see `symbols`.
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .operator_cost(metering::costs())
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        // For atomic instructions on memories of one's own. A shared memory is refused by `hostile`, and would be here: to wait on one
        // holds a thread where no stop reaches it.
        .wasm_threads(true)
        .shared_memory(false)
        // Off by default too. Their growth can fail without having been asked for, which the limiter could not tell.
        .wasm_custom_page_sizes(false);
    config
}
