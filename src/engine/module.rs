//! A module: what it is made from, what it exports, and its code for each of the two engines, once that is needed.

use super::compile::{Failure, Job, Threads, compile};
use super::inspect::imported_memory;
use super::types::{Code, export_kind, import};
use super::{DeferredDrop, Engines, Metering, Symbols};
use crate::error::Result;
use crate::signature::{Export, Import};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Modules of fewer bytes are dropped where they are.
const LARGE_FROM_BYTES: usize = 64 * 1024;

/// A valid module. Compiled code for the two engines is made when first needed.
pub struct Module {
    name: String,
    made: Made,
    deferred_drop: Arc<DeferredDrop>,
}

/// What a module is, beside its name: what is large of it.
#[derive(Default)]
struct Made {
    bytes: Bytes,
    imports: Arc<[Import]>,
    exports: Arc<[Export]>,
    imported_memory: Option<usize>,
    symbols: Symbols,
    memories: u64,
    tables: u64,
    plain: OnceCell<Result<Code>>,
    metered: OnceCell<Result<Code>>,
}

impl Module {
    /// Validates and compiles `bytes` for one of the engines. `name` is for messages: `the module "PATH"`, or `the module of N bytes`.
    /// What is large is dropped on another thread once it is not needed any more.
    ///
    /// # Errors
    /// 5000 with what is wrong and at which offset.
    pub async fn compile(
        engines: Arc<Engines>,
        metering: Metering,
        name: String,
        bytes: Bytes,
        threads: Threads,
        deferred_drop: Arc<DeferredDrop>,
    ) -> Result<Module> {
        let job = Job { engines, metering, name, bytes };
        Ok(compile(job, threads, move |code, job| Module {
            made: Made::new(code, job.bytes, metering, !job.engines.wait_for_lines),
            name: job.name,
            deferred_drop,
        })
        .await?)
    }

    /// The code for one of the engines, compiled now if it was not before, and once for all who ask meanwhile. `turn` waits until
    /// there are threads to compile on.
    ///
    /// # Errors
    /// 5000 as for [`Module::compile`]. One that would be the same again is remembered; one that may pass is not.
    pub async fn code<F>(&self, engines: &Arc<Engines>, metering: Metering, turn: impl FnOnce() -> F) -> Result<Code>
    where
        F: Future<Output = Result<Threads>>,
    {
        let compiled = self.made.cell(metering).get_or_try_init(|| async {
            let threads = turn().await?;
            let (engines, name, bytes) = (engines.clone(), self.name.clone(), self.made.bytes.clone());
            match compile(Job { engines, metering, name, bytes }, threads, |code, _| code).await {
                Ok(code) => Ok(Ok(code)),
                Err(Failure::OfModule(error)) => Ok(Err(error)),
                Err(Failure::Passing(error)) => Err(error),
            }
        });
        compiled.await?.clone()
    }

    /// What to call the module in a message.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many memories an instance of it has of its own: none is shared, so that is all of them.
    pub fn memories(&self) -> u64 {
        self.made.memories
    }

    /// How many tables an instance of it has, all of them its own.
    pub fn tables(&self) -> u64 {
        self.made.tables
    }

    /// The bytes it was made from.
    pub fn bytes(&self) -> &Bytes {
        &self.made.bytes
    }

    /// What its debug sections tell.
    pub fn symbols(&self) -> &Symbols {
        &self.made.symbols
    }

    /// What it wants to import, in the module's order.
    pub fn imports(&self) -> &Arc<[Import]> {
        &self.made.imports
    }

    /// Which of the memories that it imports is the one that is meant where none is named; `None` if that is one of its own.
    pub fn imported_memory(&self) -> Option<usize> {
        self.made.imported_memory
    }

    /// The exports, in the module's order.
    pub fn exports(&self) -> &Arc<[Export]> {
        &self.made.exports
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.made.bytes.len() >= LARGE_FROM_BYTES {
            self.deferred_drop.take(std::mem::take(&mut self.made));
        }
    }
}

impl Made {
    fn new(code: Code, bytes: Bytes, metering: Metering, prompt: bool) -> Made {
        let exports = code.exports().map(|e| Export { name: e.name().into(), kind: export_kind(&e.ty()) }).collect();
        let imports: Arc<[Import]> = code.imports().map(|wanted| import(&wanted)).collect();
        let imported = |kind| imports.iter().filter(|import| import.kind == kind).count() as u64;
        let (imported_memories, needed) = (imported("memory"), code.resources_required());
        let made = Made {
            exports,
            memories: u64::from(needed.num_memories) + imported_memories,
            tables: u64::from(needed.num_tables) + imported("table"),
            imported_memory: imported_memory(&bytes, imported_memories),
            symbols: Symbols::new(bytes.clone(), prompt),
            imports,
            bytes,
            ..Made::default()
        };
        let _ = made.cell(metering).set(Ok(code));
        made
    }

    fn cell(&self, metering: Metering) -> &OnceCell<Result<Code>> {
        match metering {
            Metering::Plain => &self.plain,
            Metering::Metered => &self.metered,
        }
    }
}
