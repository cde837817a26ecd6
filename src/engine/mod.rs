//! wasmtime, set up once: engines, compiled modules, and the thread that watches deadlines.
//!
//! There are two engines, because fuel metering is a property of compiled code: *plain* for instances without a fuel
//! limit, *metered* for those with one. A module is compiled for an engine the first time it is needed there.

mod cache;
mod code;
mod compile;
mod core_dumps;
mod deadline;
mod deferred_drop;
#[cfg(test)]
pub(crate) mod faults;
mod fiber_stack;
mod file_kind;
mod hostile;
mod inspect;
mod inspect_component;
mod interface;
mod interruption;
mod kept;
mod looks;
mod memory;
mod metering;
mod module;
mod parser_text;
mod symbols;
mod types;

pub use cache::{CACHE_BYTES_MAX, Cache, Held};
pub use code::{Code, Compiled};
pub use compile::{COMPILE_MODULE, CompileNews, CompileProcess, CompileWatch, Threads, compile_module};
pub use core_dumps::CoreDumps;
pub use deadline::{Deadlines, Token};
pub use deferred_drop::DeferredDrop;
pub use fiber_stack::keep_on_this_thread as keep_fiber_stack_on_this_thread;
pub use file_kind::Kind;
pub use inspect::{exported_names, imported_function_called_at, inspect, validate_and_inspect};
pub use inspect_component::{inspect_component, read_component};
pub use interruption::Interruption;
pub use kept::Kept;
pub use looks::{PAGE_BYTES, dump_without_looks};
pub use memory::Page;
pub use metering::{Extent, bulk_operation_at, cost_of_function_at};
pub use module::{Module, Modules};
pub use symbols::{SourceLocation, SourceLocations, Symbols};
pub use types::{Sha256, sha256, signature_of, type_text, value_type};

use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{FIBER_STACK_BYTES, WASM_STACK_BYTES};
use fiber_stack::FiberStacks;
use memory::Pages;
use std::sync::{Arc, OnceLock};
use wasmtime::{Config, Engine, WasmBacktraceDetails};

/// What runs WebAssembly here, and its version.
pub fn webassembly_engine() -> String {
    format!("wasmtime {}", wasmtime::component::__internal::wasmtime_environ::VERSION)
}

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
    /// For components without a fuel limit, where guests are stopped by memory protection: their modules are not rewritten.
    components: OnceLock<Engine>,
    core_dumps: Option<CoreDumps>,
    wait_for_lines: bool,
    cache: Option<Cache>,
    compile_process: Option<CompileProcess>,
    interruption: Interruption,
    pages: OnceLock<Arc<Pages>>,
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

    /// The same, for guests that are stopped so.
    pub fn with_interruption(self, interruption: Interruption) -> Self {
        Engines { interruption, ..self }
    }

    /// Does code for this engine look at a page that a stop takes away? Metered code looks at its fuel anyway, and finds a stop there; and what
    /// a look costs must not be counted as the guest's.
    fn has_looks(&self, metering: Metering) -> bool {
        self.interruption == Interruption::Protection && metering == Metering::Plain
    }

    /// The page for an instance of this code: what a stop of it is to take away.
    ///
    /// # Errors
    /// 5001 where the system has none to give.
    pub fn page(&self, code: &Code) -> Result<Page> {
        if !code.looks() {
            return Ok(Page::default());
        }
        let page = self.pages().and_then(|pages| pages.page());
        page.map_err(|error| {
            let text = format!("no page for an instance to look at (`interruption` is \"protection\"): {error}");
            WasmError::new(ErrorCode::Instantiate, text)
        })
    }

    /// How many memory maps such a page takes at most.
    pub fn maps_per_page(&self, code: &Code) -> u64 {
        if code.looks() { self.pages().map_or(0, |pages| pages.maps_per_page()) } else { 0 }
    }

    /// Can guests be stopped here as they are to be?
    ///
    /// # Errors
    /// If not: a sentence.
    pub fn check(&self) -> std::io::Result<()> {
        if self.interruption == Interruption::Epoch {
            return Ok(());
        }
        let refused = |why: String| {
            let text = format!(
                "guests cannot be stopped by memory protection here (`interruption` is \"protection\"; \"epoch\" works everywhere): {why}"
            );
            std::io::Error::other(text)
        };
        self.pages().map_err(|error| refused(error.to_string()))?;
        // It is refused where traps cannot be had by signals.
        self.get(Metering::Plain).map_err(|error| refused(error.message))?;
        Ok(())
    }

    fn pages(&self) -> std::io::Result<&Arc<Pages>> {
        if let Some(pages) = self.pages.get() {
            return Ok(pages);
        }
        let made = memory::pages()?;
        Ok(self.pages.get_or_init(|| made))
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
        self.for_kind(metering, Kind::Core)
    }

    /// The engine of this kind for modules or for components.
    ///
    /// # Errors
    /// As for [`Engines::get`].
    pub fn for_kind(&self, metering: Metering, kind: Kind) -> Result<&Engine> {
        let by_protection = self.interruption == Interruption::Protection;
        let (cell, metered, looks) = match (metering, kind) {
            (Metering::Metered, _) => (&self.metered, true, false),
            (Metering::Plain, Kind::Component) if by_protection => (&self.components, false, false),
            (Metering::Plain, _) => (&self.plain, false, by_protection),
        };
        if let Some(engine) = cell.get() {
            return Ok(engine);
        }
        // A failure is not kept: the machine may have had too little of something for a moment. Of two that are made at once one stays.
        let mut config = config(metered, self.core_dumps.is_some());
        match (looks, metered && by_protection) {
            (true, _) => look_at_pages(&mut config),
            (_, true) => {}
            _ => drop(config.epoch_interruption(true)),
        }
        let made = Engine::new(&config).map_err(|error| {
            WasmError::new(ErrorCode::Instantiate, format!("wasmtime cannot run on this machine: {error:#}"))
        })?;
        Ok(cell.get_or_init(|| made))
    }

    /// Makes every running guest look at its control cell: one bump of the epoch of each engine in use. Where guests are stopped by memory
    /// protection, the one that is meant has lost its page, unless it is a component.
    pub fn interrupt(&self) {
        let engines = match self.interruption {
            Interruption::Protection => [None, self.components.get()],
            Interruption::Epoch => [self.plain.get(), self.metered.get()],
        };
        engines.into_iter().flatten().for_each(Engine::increment_epoch);
    }
}

fn config(metered: bool, core_dumps: bool) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(metered)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        .with_host_stack(Arc::new(FiberStacks))
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

/// For code that looks at a page of its own.
fn look_at_pages(config: &mut Config) {
    config
        .signals_based_traps(true)
        // The page is a memory of small pages, by which it is known from all others: no module that is let in has such.
        .wasm_custom_page_sizes(true)
        .with_host_memory(Arc::new(memory::Creator))
        // It cannot do both.
        .memory_init_cow(false);
}
