//! A module: what it is made from, what it exports, and its code for each of the two engines, once that is needed.
//!
//! Modules of the same bytes share all of it but the name: however often an app compiles them, there is one code.

use super::compile::{Failure, Job, Threads, compile};
use super::inspect::imported_memory;
use super::types::{Sha256, export_kind, import};
use super::{Code, Compiled, DeferredDrop, Engines, Kept, Metering, Symbols, interface};
use crate::error::{ErrorCode, Result, WasmError};
use crate::interface::{Function, Interface};
use crate::signature::{Export, ExportKind, Import};
use bytes::Bytes;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::OnceCell;
use wasmtime::component::Component;

/// Modules of fewer bytes are dropped where they are.
const LARGE_FROM_BYTES: usize = 64 * 1024;

/// A valid module. Compiled code for the two engines is made when first needed.
pub struct Module {
    name: String,
    shared: Arc<Shared>,
}

/// What modules of the same bytes share.
struct Shared {
    sha256: Sha256,
    made: Made,
    deferred_drop: Arc<DeferredDrop>,
}

/// What is large of a module.
#[derive(Default)]
struct Made {
    bytes: Bytes,
    symbols: Symbols,
    plain: OnceCell<Result<Code>>,
    metered: OnceCell<Result<Code>>,
    kept: [Kept; 2],
    facts: OnceLock<Facts>,
}

/// What code tells of its module.
#[derive(Default)]
struct Facts {
    imports: Arc<[Import]>,
    exports: Arc<[Export]>,
    imported_memory: Option<usize>,
    memories: u64,
    tables: u64,
    /// Of a component.
    interface: Option<Arc<Interface>>,
}

/// The modules that there are, by their bytes.
#[derive(Default)]
pub struct Modules {
    known: Mutex<HashMap<Sha256, Weak<Shared>>>,
    deferred_drop: Arc<DeferredDrop>,
}

impl Modules {
    /// Validates `bytes` and compiles them for one of the engines, unless a module of the same bytes is there, or is being compiled.
    /// `name` is for messages: `the module "PATH"`, or `the module of N bytes`. `turn` waits until there are threads to compile on.
    /// What is large is dropped on another thread once it is not needed any more.
    ///
    /// # Errors
    /// 5000 with what is wrong and at which offset.
    pub async fn compile<F>(
        &self,
        engines: &Arc<Engines>,
        metering: Metering,
        name: String,
        (bytes, sha256): (Bytes, Sha256),
        turn: impl FnOnce() -> F,
    ) -> Result<Module>
    where
        F: Future<Output = Result<Threads>>,
    {
        let module = Module { name, shared: self.shared(bytes, sha256, !engines.wait_for_lines) };
        let compiled = module.shared.made.cell(metering).get_or_try_init(|| async {
            // A failure is not remembered: it names this module, and others of the same bytes have names of their own.
            let code = module.compile(engines, metering, turn().await?).await?;
            Ok::<_, WasmError>(Ok(code))
        });
        let code = compiled.await?.clone();
        code.map(|_| module)
    }

    fn shared(&self, bytes: Bytes, sha256: Sha256, prompt: bool) -> Arc<Shared> {
        let mut known = self.known.lock();
        if let Some(shared) = known.get(&sha256).and_then(Weak::upgrade) {
            return shared;
        }
        known.retain(|_, module| module.strong_count() > 0);
        let made = Made { symbols: Symbols::new(bytes.clone(), prompt), bytes, ..Made::default() };
        let shared = Arc::new(Shared { sha256, made, deferred_drop: self.deferred_drop.clone() });
        known.insert(sha256, Arc::downgrade(&shared));
        shared
    }
}

impl Module {
    /// The code for one of the engines, compiled now if it was not before, and once for all who ask meanwhile. `turn` waits until
    /// there are threads to compile on.
    ///
    /// # Errors
    /// 5000 as for [`Modules::compile`]. One that would be the same again is remembered; one that may pass is not.
    pub async fn code<F>(&self, engines: &Arc<Engines>, metering: Metering, turn: impl FnOnce() -> F) -> Result<Code>
    where
        F: Future<Output = Result<Threads>>,
    {
        let compiled = self.shared.made.cell(metering).get_or_try_init(|| async {
            match self.compile(engines, metering, turn().await?).await {
                Ok(code) => Ok(Ok(code)),
                Err(Failure::OfModule(error)) => Ok(Err(error)),
                Err(Failure::Passing(error)) => Err(error),
            }
        });
        compiled.await?.clone()
    }

    async fn compile(
        &self,
        engines: &Arc<Engines>,
        metering: Metering,
        threads: Threads,
    ) -> std::result::Result<Code, Failure> {
        let (engines, name, bytes) = (engines.clone(), self.name.clone(), self.shared.made.bytes.clone());
        let job = Job { engines, metering, name, bytes, sha256: self.shared.sha256 };
        let (shared, named) = (self.shared.clone(), self.name.clone());
        compile(job, threads, move |code, _| {
            // Here, on a thread that may take its time.
            let facts = Facts::of(&code, &shared.made.bytes).map_err(|problem| {
                let text = format!("{named} is not compiled: {problem}");
                Failure::OfModule(WasmError::new(ErrorCode::Compile, text))
            })?;
            shared.made.facts.get_or_init(|| facts);
            Ok(code)
        })
        .await?
    }

    /// What the layer above keeps beside the code for one of the engines.
    pub fn kept(&self, metering: Metering) -> &Kept {
        let [plain, metered] = &self.shared.made.kept;
        match metering {
            Metering::Plain => plain,
            Metering::Metered => metered,
        }
    }

    /// What to call the module in a message.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many memories an instance of it has of its own: none is shared, so that is all of them.
    pub fn memories(&self) -> u64 {
        self.facts().memories
    }

    /// How many tables an instance of it has, all of them its own.
    pub fn tables(&self) -> u64 {
        self.facts().tables
    }

    /// The bytes it was made from.
    pub fn bytes(&self) -> &Bytes {
        &self.shared.made.bytes
    }

    /// What its debug sections tell.
    pub fn symbols(&self) -> &Symbols {
        &self.shared.made.symbols
    }

    /// What it wants to import, in the module's order.
    pub fn imports(&self) -> &Arc<[Import]> {
        &self.facts().imports
    }

    /// Which of the memories that it imports is the one that is meant where none is named; `None` if that is one of its own.
    pub fn imported_memory(&self) -> Option<usize> {
        self.facts().imported_memory
    }

    /// The exports, in the module's order.
    pub fn exports(&self) -> &Arc<[Export]> {
        &self.facts().exports
    }

    /// What it imports and exports, if it is a component.
    pub fn interface(&self) -> Option<&Arc<Interface>> {
        self.facts().interface.as_ref()
    }

    fn facts(&self) -> &Facts {
        self.shared.made.facts.get_or_init(Facts::default)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.made.bytes.len() >= LARGE_FROM_BYTES {
            self.deferred_drop.take(std::mem::take(&mut self.made));
        }
    }
}

impl Made {
    fn cell(&self, metering: Metering) -> &OnceCell<Result<Code>> {
        match metering {
            Metering::Plain => &self.plain,
            Metering::Metered => &self.metered,
        }
    }
}

impl Facts {
    /// # Errors
    /// A sentence, for a component that is not taken.
    fn of(code: &Code, bytes: &[u8]) -> std::result::Result<Facts, String> {
        match code.compiled() {
            Compiled::Core(module) => Ok(Facts::of_module(module, code.looks(), bytes)),
            Compiled::Component(component) => Facts::of_component(component, bytes),
        }
    }

    fn of_module(module: &wasmtime::Module, looks: bool, bytes: &[u8]) -> Facts {
        let exports = module.exports().map(|e| Export { name: e.name().into(), kind: export_kind(&e.ty()) }).collect();
        let imports: Arc<[Import]> = module.imports().map(|wanted| import(&wanted)).collect();
        let imported = |kind| imports.iter().filter(|import| import.kind == kind).count() as u64;
        let (imported_memories, needed) = (imported("memory"), module.resources_required());
        Facts {
            exports,
            memories: u64::from(needed.num_memories) - u64::from(looks) + imported_memories,
            tables: u64::from(needed.num_tables) + imported("table"),
            imported_memory: imported_memory(bytes, imported_memories),
            imports,
            interface: None,
        }
    }

    fn of_component(component: &Component, bytes: &[u8]) -> std::result::Result<Facts, String> {
        let interface = interface::read(bytes)?;
        // None where a component imports modules, which nobody gives it.
        let needed = component.resources_required();
        Ok(Facts {
            exports: interface.exports.iter().map(|function| exported(&interface, function)).collect(),
            imports: interface.imports.iter().map(imported).collect(),
            imported_memory: None,
            memories: needed.as_ref().map_or(0, |needed| needed.num_memories.into()),
            tables: needed.as_ref().map_or(0, |needed| needed.num_tables.into()),
            interface: Some(Arc::new(interface)),
        })
    }
}

fn exported(interface: &Interface, function: &Function) -> Export {
    Export {
        name: function.full_name(),
        kind: ExportKind::ComponentFunction { wit: interface.function_text(function) },
    }
}

fn imported(function: &Function) -> Import {
    let module = function.interface.clone().unwrap_or_default();
    Import { module, name: function.name.clone(), kind: "function" }
}
