//! What is granted, and the runtime that does the work.

use crate::actor::config::Limits;
use crate::caps::{self, CacheChoice, Caps, ManifestLimits, Priority};
use crate::registry::{Cache, CompileProcess, CompileWatch, Interruption, Runtime, RuntimeOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The grants and the runtime behind one `runtime:wasm`. Cloning shares both.
#[derive(Clone)]
pub struct WasmHost {
    pub(super) caps: Caps,
    pub(super) runtime: Arc<Runtime>,
    pub(super) assemble: Option<Assemble>,
}

/// Makes a module of a file's bytes, if its name says that they are something else: text. The error is a sentence, and may go on below it.
pub type Assemble = fn(&Path, Vec<u8>) -> Result<Vec<u8>, String>;

/// What a program decides beside the manifest. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    /// Each trap of a guest leaves a core dump in this folder.
    pub core_dumps: Option<PathBuf>,
    /// Where compiled code is kept for other processes.
    pub cache: Option<Cache>,
    /// The program that modules are compiled in: this one, where it hands [`COMPILE_MODULE`](crate::registry::COMPILE_MODULE) and what follows on to
    /// [`compile_module`](crate::registry::compile_module). The bounds are the manifest's.
    pub compile_program: Option<PathBuf>,
    /// Who is told of modules that take long to compile in that program.
    pub compile_watch: Option<CompileWatch>,
    /// How guests that run on are stopped, whatever the manifest says.
    pub interruption: Option<Interruption>,
    /// Files that the app may load may be text, which this assembles.
    pub assemble: Option<Assemble>,
}

impl WasmHost {
    /// A host with what `caps` grants, within the limits it sets. Compiled code is kept where the manifest says so.
    ///
    /// # Errors
    /// If the machine has no threads to give, or guests cannot be stopped here as the manifest has it.
    pub fn new(caps: Caps) -> std::io::Result<Self> {
        let cache = Self::granted_cache(&caps);
        Self::with(caps, HostOptions { cache, ..HostOptions::default() })
    }

    /// The cache that the grants name, if they do.
    pub fn granted_cache(caps: &Caps) -> Option<Cache> {
        match caps.cache() {
            CacheChoice::At(folder) => Some(cache_in(folder.clone(), caps)),
            CacheChoice::Unsaid | CacheChoice::Off => None,
        }
    }

    /// The same, with what the program itself decides.
    ///
    /// # Errors
    /// As for [`WasmHost::new`].
    pub fn with(caps: Caps, options: HostOptions) -> std::io::Result<Self> {
        let HostOptions { core_dumps, cache, compile_program, compile_watch, interruption, assemble } = options;
        let compile_process = compile_program
            .map(|program| CompileProcess { watch: compile_watch, ..compile_process(program, caps.limits()) });
        let of_manifest = runtime_options(&caps);
        let interruption = interruption.unwrap_or(of_manifest.interruption);
        let options = RuntimeOptions { core_dumps, cache, compile_process, interruption, ..of_manifest };
        Ok(WasmHost { caps, runtime: Arc::new(Runtime::new(options)?), assemble })
    }

    /// The runtime, for instance to shut it down.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// What is granted.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }
}

/// A cache in this folder, of the size that the manifest allows.
pub fn cache_in(folder: PathBuf, caps: &Caps) -> Cache {
    let cache = Cache::new(folder);
    match caps.limits().max_cache_bytes {
        Some(bytes) => cache.with_bytes_max(bytes),
        None => cache,
    }
}

fn compile_process(program: PathBuf, manifest: &ManifestLimits) -> CompileProcess {
    let defaults = CompileProcess::new(program);
    CompileProcess {
        memory_bytes: manifest.max_compile_memory_bytes.unwrap_or(defaults.memory_bytes),
        time: manifest.max_compile_ms.map_or(defaults.time, Duration::from_millis),
        ..defaults
    }
}

/// The runtime's bounds, as far as the manifest sets them.
fn runtime_options(caps: &Caps) -> RuntimeOptions {
    let manifest = caps.limits();
    let defaults = RuntimeOptions::default();
    let limits = Limits {
        fuel: manifest.fuel,
        timeout: manifest.timeout_ms.map(Duration::from_millis),
        cpu: manifest.cpu_ms.map(Duration::from_millis),
        memory_bytes: manifest.memory_bytes.unwrap_or(defaults.limits.memory_bytes),
        table_elements: manifest.table_elements.unwrap_or(defaults.limits.table_elements),
        mailbox: manifest.mailbox.unwrap_or(defaults.limits.mailbox),
    };
    RuntimeOptions {
        max_instances: manifest.max_instances.unwrap_or(defaults.max_instances),
        max_module_bytes: manifest.max_module_bytes.unwrap_or(defaults.max_module_bytes),
        max_memory_bytes: manifest.max_memory_bytes.unwrap_or(defaults.max_memory_bytes),
        nice: nice(manifest.priority),
        interruption: match manifest.interruption {
            None => defaults.interruption,
            Some(caps::Interruption::Epoch) => Interruption::Epoch,
            Some(caps::Interruption::Protection) => Interruption::Protection,
        },
        limits,
        ..defaults
    }
}

/// How far a guest that runs on stands behind.
fn nice(priority: Priority) -> i32 {
    match priority {
        Priority::Background => 19,
        Priority::Low => 10,
        Priority::Normal => 0,
    }
}
