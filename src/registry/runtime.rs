//! The runtime: modules and instances by id.

use super::admission::Refused;
use super::capacity::{Capacity, Reservation};
use super::census::Census;
use super::compiling::Compiling;
use super::instances::Instances;
use super::io::Io;
use super::resources::Resources;
use super::snapshot::{ENDED_SHOWN_MAX, ModuleStats, Snapshot};
use super::starting::Starting;
use super::{Table, machine};
use crate::actor::config::{InstanceConfig, Limits};
use crate::actor::control::StopReason;
use crate::actor::message::{Command, Outcome, Withdrawal};
use crate::actor::{Actor, Blueprint, Budget, InstanceStats, Reaper, Services, Watch, spawn};
use crate::blocking;
use crate::engine::{
    Cache, Code, CompileProcess, CoreDumps, Deadlines, Engines, Interruption, Kind, Module, Modules, Sha256, inspect,
    inspect_component, sha256,
};
use crate::error::{ErrorCode, Result, WasmError};
use crate::interface::Interface;
use crate::limits::{MAILBOX_MAX, MAPS_OF_FIRST_CALL, MAPS_PER_INSTANCE, MAPS_PER_MEMORY, MODULE_BYTES_MAX};
use crate::module_info::Info;
use crate::printable;
use crate::signals;
use crate::signature::{Export, Import};
use bytes::Bytes;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Fewer bytes are hashed within some ten microseconds.
const HASHED_HERE_BYTES_MAX: usize = 16 * 1024;

/// Names a compiled module. Never 0, never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuleId(pub u64);

/// Names an instance. Never 0, never used twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstanceId(pub u64);

/// Bounds on the whole runtime.
#[derive(Clone, Debug)]
pub struct RuntimeOptions {
    /// Instances alive at once.
    pub max_instances: usize,
    /// Bytes of one module.
    pub max_module_bytes: u64,
    /// Compilations at once; further ones wait.
    pub max_compiling: usize,
    /// Bytes that the memories of all instances may have together.
    pub max_memory_bytes: u64,
    /// The nice value of guests that run on; others have that of the process.
    pub nice: i32,
    /// What an instance gets that names no limits, and what no instance exceeds.
    pub limits: Limits,
    /// How guests are called out of their own code when they are stopped.
    pub interruption: Interruption,
    /// The folder for a core dump of each trap, if any.
    pub core_dumps: Option<PathBuf>,
    /// Where compiled code is kept for other processes, if anywhere.
    pub cache: Option<Cache>,
    /// The program that modules are compiled in, and its bounds; `None` compiles on threads of this process.
    pub compile_process: Option<CompileProcess>,
    /// Do errors wait for the lines of a guest's stack for as long as finding them takes? Otherwise for some milliseconds.
    pub wait_for_lines: bool,
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        RuntimeOptions {
            max_instances: 10_000,
            max_module_bytes: MODULE_BYTES_MAX,
            max_compiling: cores().max(4),
            max_memory_bytes: machine::memory_bytes() / 2,
            nice: 10,
            limits: Limits::default(),
            interruption: Interruption::default(),
            core_dumps: None,
            cache: None,
            compile_process: None,
            wait_for_lines: false,
        }
    }
}

/// Hosts guests. Share it in an `Arc`; every method takes `&self` and none blocks, but for [`Runtime::shutdown`].
pub struct Runtime {
    options: RuntimeOptions,
    services: Arc<Services>,
    modules: Table<Arc<Module>>,
    instances: Instances,
    census: Arc<Census>,
    since: Instant,
    capacity: Arc<Capacity>,
    compiling: Compiling,
    by_bytes: Modules,
    /// Last, since it is what the services wait on.
    _io: Io,
}

impl Runtime {
    /// A runtime with no modules and no instances.
    ///
    /// A guest that writes a file beyond the process's limit (`ulimit -f`) is to get an error, and the system's way to say so ends the
    /// process: where nothing else is set for the signal SIGXFSZ, a handler is, which does nothing. Programs that are started are
    /// not affected.
    ///
    /// # Errors
    /// If the machine has no threads to give, or guests cannot be stopped here as `options` have it.
    pub fn new(options: RuntimeOptions) -> std::io::Result<Self> {
        signals::survive_the_limit_of_files();
        let instances = Instances::default();
        let reaper = Reaper::new()?;
        let counting = reaper.counting();
        let capacity = Arc::new(Capacity::new(machine::limits(), instances.alive.clone(), counting));
        let io = Io::start()?;
        let engines = Engines::with_core_dumps(options.core_dumps.clone().map(CoreDumps::new))
            .waiting_for_lines(options.wait_for_lines)
            .with_cache(options.cache.clone())
            .with_compile_process(options.compile_process.clone())
            .with_interruption(options.interruption);
        engines.check()?;
        let engines = Arc::new(engines);
        Ok(Runtime {
            compiling: Compiling::new(options.max_compiling, cores(), capacity.clone()),
            by_bytes: Modules::default(),
            services: Arc::new(Services {
                engines: engines.clone(),
                deadlines: Deadlines::default(),
                watch: Watch::new(options.nice, engines),
                memory: Arc::new(Budget::new(options.max_memory_bytes)),
                reaper,
                io: io.handle().clone(),
            }),
            options,
            modules: Table::default(),
            instances,
            census: Arc::default(),
            since: Instant::now(),
            capacity,
            _io: io,
        })
    }

    /// The bounds this runtime was made with.
    pub fn options(&self) -> &RuntimeOptions {
        &self.options
    }

    /// An event loop for what waits where the caller has none.
    pub fn io(&self) -> &tokio::runtime::Handle {
        &self.services.io
    }

    /// Compiles a module. `name` is what messages call it.
    ///
    /// # Errors
    /// 5000 if the bytes are no valid module or too many.
    pub async fn compile(&self, name: String, bytes: Vec<u8>) -> Result<ModuleId> {
        let name = printable::sentence(&name);
        self.check_size(&name, bytes.len() as u64)?;
        let length = bytes.len();
        let hashed = hashed(&name, bytes).await?;
        let (metering, engines) = (self.options.limits.metering(), &self.services.engines);
        let turn = || self.compiling.turn(&name, length);
        let module = self.by_bytes.compile(engines, metering, name.clone(), hashed, turn).await?;
        let id = self.modules.reserve();
        self.modules.put(id, Arc::new(module));
        Ok(ModuleId(id))
    }

    /// Is a module of this many bytes small enough? To be asked before reading them.
    ///
    /// # Errors
    /// 5000, naming the limit.
    pub fn check_size(&self, name: &str, bytes: u64) -> Result<()> {
        let limit = self.options.max_module_bytes;
        if bytes <= limit {
            return Ok(());
        }
        let text = format!("{name} has {bytes} bytes, more than the limit of {limit} (max_module_bytes)");
        Err(WasmError::new(ErrorCode::Compile, text))
    }

    /// Forgets a module. Instances of it live on.
    ///
    /// # Errors
    /// 5004 if there is none.
    pub fn drop_module(&self, id: ModuleId) -> Result<()> {
        self.modules.remove(id.0).map(drop).ok_or_else(|| WasmError::no_module(id.0))
    }

    /// What a module exports.
    ///
    /// # Errors
    /// 5004 if there is none.
    pub fn module_exports(&self, id: ModuleId) -> Result<Arc<[Export]>> {
        Ok(self.module(id)?.exports().clone())
    }

    /// What a module wants to import.
    ///
    /// # Errors
    /// 5004 if there is none.
    pub fn module_imports(&self, id: ModuleId) -> Result<Arc<[Import]>> {
        Ok(self.module(id)?.imports().clone())
    }

    /// What a component imports and exports; none for a module.
    ///
    /// # Errors
    /// 5004 if there is none.
    pub fn module_interface(&self, id: ModuleId) -> Result<Option<Arc<Interface>>> {
        Ok(self.module(id)?.interface().cloned())
    }

    /// What a module declares and needs. Reads the whole module, off the caller's thread.
    ///
    /// # Errors
    /// 5004 if there is none.
    pub async fn inspect(&self, id: ModuleId) -> Result<Info> {
        let module = self.module(id)?;
        let read = blocking::run(move || match Kind::of(module.bytes()) {
            Kind::Core => inspect(module.name(), module.bytes()).map(|info| Info::Module(Box::new(info))),
            Kind::Component => {
                inspect_component(module.name(), module.bytes()).map(|info| Info::Component(Box::new(info)))
            }
        });
        read.await.unwrap_or_else(|error| {
            Err(WasmError::new(ErrorCode::Compile, format!("the module {} cannot be inspected: {error}", id.0)))
        })
    }

    fn module(&self, id: ModuleId) -> Result<Arc<Module>> {
        self.modules.get(id.0).ok_or_else(|| WasmError::no_module(id.0))
    }

    /// Makes an instance, on a thread of its own.
    ///
    /// # Errors
    /// 5004 for an unknown module, 5001 if it cannot be instantiated or there is no room, 5010 for an unusable WASI
    /// configuration, 5011 if its start function reaches a limit. Dropping the future ends what has started.
    pub async fn instantiate(&self, module: ModuleId, config: InstanceConfig) -> Result<Arc<Actor>> {
        self.start(module, config).await?.finish().await
    }

    /// The first half of [`instantiate`](Self::instantiate): the thread is started, and can be stopped.
    ///
    /// # Errors
    /// Those that are known before guest code runs on the thread.
    pub async fn start(&self, module_id: ModuleId, mut config: InstanceConfig) -> Result<Starting> {
        let module = self.module(module_id)?;
        check(&config.limits)?;
        self.instances.alive.check(self.options.max_instances).map_err(|refused| self.no_room(refused))?;
        let metering = config.limits.metering();
        let turn = || self.compiling.turn(module.name(), module.bytes().len());
        let code = module.code(&self.services.engines, metering, turn).await?;
        let [starting, first_call] = self.room_for(&module, &code, &config).await?;
        let page = self.services.engines.page(&code)?;
        // From here on nothing is waited for until the thread has the permit: whoever waits for the alive to end, at a shutdown, must not
        // wait for a future that nobody polls any more.
        let permit = self.instances.alive.enter(self.options.max_instances).map_err(|refused| self.no_room(refused))?;
        let id = self.instances.by_id.reserve();
        if config.name.is_empty() {
            config.name = format!("wasm-{id}");
        }
        let unregister = self.instances.unregister();
        let name = config.name.as_str().into();
        let (of, engines) = ((module_id.0, module.exports().clone()), self.services.engines.clone());
        let actor = Arc::new(Actor::new(id, name, of, &config.limits, (engines, page), unregister));
        self.instances.register(&actor);
        let blueprint = Blueprint { actor: actor.clone(), code, module, config, services: self.services.clone() };
        let counted = self.census.enter(&actor);
        let started = spawn(blueprint, first_call, move || drop((counted, permit)))?;
        Ok(Starting::new(actor, started, starting))
    }

    /// Sees that the machine has room for an instance, counting again what there is before it says no.
    async fn room_for(&self, module: &Module, code: &Code, config: &InstanceConfig) -> Result<[Reservation; 2]> {
        let most = Resources {
            maps: MAPS_PER_INSTANCE
                + MAPS_PER_MEMORY * module.memories()
                + module.tables()
                + self.services.engines.maps_per_page(code),
            threads: 1,
            // The granted handle, and the guest's own.
            files: 2 * config.wasi.preopens.len() as u64,
        };
        let later = Resources { maps: MAPS_OF_FIRST_CALL, ..Resources::default() };
        let entered = self.capacity.enter_or_count("another instance", most, later).await;
        entered.map_err(|why| WasmError::new(ErrorCode::Instantiate, why))
    }

    fn no_room(&self, refused: Refused) -> WasmError {
        let limit = self.options.max_instances;
        let text = match refused {
            Refused::Full => {
                format!("no room for another instance: {limit} are alive, the limit that max_instances sets")
            }
            Refused::Closed => "no instance is made any more: the runtime has shut down".to_owned(),
        };
        WasmError::new(ErrorCode::Instantiate, text)
    }

    /// The handle of an instance.
    ///
    /// # Errors
    /// 5005 if there is none; of the last that have ended it says how.
    pub fn instance(&self, id: InstanceId) -> Result<Arc<Actor>> {
        self.instances.get(id.0)
    }

    /// How each instance is doing, by id.
    pub fn stats(&self) -> Vec<InstanceStats> {
        let mut all: Vec<_> = self.instances.by_id.all().iter().map(|actor| actor.stats()).collect();
        all.sort_by_key(|stats| stats.id);
        all
    }

    /// How the runtime is doing, with all its instances. Asks no guest's thread, so it answers while guests run on.
    pub fn snapshot(&self) -> Snapshot {
        let (here, mut totals) = self.census.look();
        let mut instances = Vec::with_capacity(here.len());
        for actor in here {
            totals.add(&actor);
            instances.push(actor.stats());
        }
        let memory = &self.services.memory;
        Snapshot {
            at: SystemTime::now(),
            uptime: self.since.elapsed(),
            instances,
            max_instances: self.options.max_instances,
            memory_bytes: memory.used(),
            max_memory_bytes: memory.limit(),
            modules: self.module_stats(),
            ended: self.instances.ended.latest(ENDED_SHOWN_MAX),
            totals,
        }
    }

    fn module_stats(&self) -> Vec<ModuleStats> {
        let of = |(id, module): (u64, Arc<Module>)| ModuleStats {
            id,
            name: module.name().to_owned(),
            bytes: module.bytes().len() as u64,
        };
        let mut all: Vec<_> = self.modules.entries().into_iter().map(of).collect();
        all.sort_by_key(|module| module.id);
        all
    }

    /// Asks an instance. Once polled, the request has its place in the instance's order.
    ///
    /// # Errors
    /// 5005 if there is none or it ends; else what the request comes to.
    pub async fn ask(&self, id: InstanceId, command: Command) -> Outcome {
        self.ask_unless(id, command, None).await
    }

    /// The same for a request that can be taken back as long as it has not begun.
    ///
    /// # Errors
    /// As for [`Runtime::ask`]; 5005 if it is taken back.
    pub async fn ask_unless(&self, id: InstanceId, command: Command, withdrawal: Option<Withdrawal>) -> Outcome {
        self.instance(id)?.ask_unless(command, withdrawal).await
    }

    /// Ends an instance, at once, and waits until its thread is gone.
    ///
    /// # Errors
    /// 5005 if there is none, or something else ended it first.
    pub async fn end(&self, id: InstanceId, reason: StopReason) -> Result<()> {
        let actor = self.instance(id)?;
        let Some(wake) = actor.stop_asleep(reason) else { return Err(actor.gone_error()) };
        // Who awaits the request that ran, on the caller's thread, hears of its end meanwhile. Twice, since an op is polled once before
        // the event loop gets to see it.
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
        drop(wake);
        actor.gone().await;
        Ok(())
    }

    /// Instances that are alive, also those that are still ending.
    pub fn alive(&self) -> usize {
        self.instances.alive.count()
    }

    /// Ends every instance and waits for their threads, at most this long. Blocks. None is made afterwards.
    ///
    /// Returns how many threads did not end in time; they hold nothing that anybody waits for.
    pub fn shutdown(&self, patience: Duration) -> usize {
        self.instances.stop_all();
        // Beyond what a clock has, a century is as good.
        let now = Instant::now();
        self.instances.alive.wait_for_none(now.checked_add(patience).unwrap_or(now + CENTURY))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.instances.stop_all();
    }
}

/// Bytes with their hash; many of them are hashed elsewhere.
async fn hashed(name: &str, bytes: Vec<u8>) -> Result<(Bytes, Sha256)> {
    let bytes = Bytes::from(bytes);
    if bytes.len() < HASHED_HERE_BYTES_MAX {
        let hash = sha256(&bytes);
        return Ok((bytes, hash));
    }
    let shared = bytes.clone();
    let hash = blocking::run(move || sha256(&shared)).await.map_err(|error| {
        WasmError::new(ErrorCode::Compile, format!("cannot compile {name}: no thread for it: {error}"))
    })?;
    Ok((bytes, hash))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What no instance can have, whoever asks for it.
fn check(limits: &Limits) -> Result<()> {
    if limits.mailbox <= MAILBOX_MAX {
        return Ok(());
    }
    let text = format!("a mailbox for {} requests: there are {MAILBOX_MAX} places at most", limits.mailbox);
    Err(WasmError::new(ErrorCode::Instantiate, text))
}
