//! What runs inside an actor: a wasmtime store with one instance, behind limits, and the requests it answers.

mod call;
mod core_dump;
mod folder;
mod fuel;
mod global;
mod imports;
mod limiter;
#[cfg(test)]
mod limiter_model;
mod lines;
mod memory;
mod open;
mod outlet;
mod pipes;
mod preopen;
mod printer;
mod readdir;
mod sleep;
mod stdio;
mod terminal;
mod trap;
mod values;
mod wasi;

use super::budget::Budget;
use super::config::InstanceConfig;
use super::handle::Actor;
use super::message::{Answer, Ask, Outcome};
use crate::engine::{Code, Engines, Metering, Module};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::HOSTCALL_BYTES_MAX;
use limiter::Limiter;
use pipes::Pipes;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use stdio::HostOutput;
use wasmtime::{AsContextMut, CallHook, Extern, Instance, Linker, RootScope, Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::p1::WasiP1Ctx;

/// The import module of WASI preview 1.
const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// What a guest is made of.
pub(super) struct GuestParts {
    pub actor: Arc<Actor>,
    pub code: Code,
    pub module: Arc<Module>,
    pub config: InstanceConfig,
    pub engines: Arc<Engines>,
    pub metering: Metering,
    pub memory: Arc<Budget>,
}

/// The store, as seen by whoever works on it: the worker between calls, or a host function within one.
type Context<'a> = StoreContextMut<'a, GuestState>;

/// What host functions of a store can reach.
struct GuestState {
    /// Present where the module imports WASI.
    wasi: Option<WasiGuest>,
    limiter: Limiter,
    actor: Arc<Actor>,
    module: Arc<Module>,
    engines: Arc<Engines>,
    /// None until the module is instantiated.
    instance: Option<Instance>,
    /// All fuel it ever had; `None` without metering.
    fuel_given: Option<u64>,
    /// What of it the call under way must leave alone.
    fuel_aside: u64,
    /// What the store had of it when that was looked at last.
    fuel_seen: fuel::Seen,
    /// How many host functions wait inside each other.
    depth: usize,
    /// What has gone out as a funcref.
    functions: values::Functions,
    /// How many host values the store holds.
    externs: Arc<AtomicUsize>,
    /// A WASI command that has ended, for as long as its caller has not heard of that.
    ended: Option<Program>,
}

impl GuestState {
    /// Asked for too early only by a host function that a start function calls.
    fn instance(&self) -> Result<Instance> {
        self.instance.ok_or_else(|| {
            let text = format!("the instance {} is still being made: its start function is running", self.actor.id());
            WasmError::new(ErrorCode::InvalidInstanceHandle, text)
        })
    }

    /// WASI, for a call of it.
    fn wasi_for_a_call(&mut self) -> Option<&mut WasiP1Ctx> {
        self.actor.counters.host_calls.add_one();
        self.wasi.as_mut().map(|wasi| &mut wasi.context)
    }

    /// What closes the pipes once a WASI command has run to its end, whatever ends it.
    fn program(&self) -> Option<Program> {
        self.wasi.as_ref().map(|wasi| Program(wasi.pipes.clone()))
    }
}

struct WasiGuest {
    context: WasiP1Ctx,
    folders: readdir::Folders,
    pipes: Arc<Pipes>,
    /// The host's streams that it prints to.
    inherited: Vec<HostOutput>,
}

/// A run of a WASI command. When it is over, nothing reads or writes its pipes any more.
struct Program(Arc<Pipes>);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The trap that ends host calls and growth after a stop. Never seen by a caller: the stopper has answered.
#[derive(Debug)]
struct StoppedByHost;

impl std::fmt::Display for StoppedByHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the instance has been stopped")
    }
}

impl std::error::Error for StoppedByHost {}

/// A guest: used by one thread only.
pub(super) struct Guest {
    store: Store<GuestState>,
    /// One for each import of `code`, in its order.
    imports: Vec<Extern>,
    code: Code,
}

impl Guest {
    /// Makes the store and checks everything that can be checked before guest code runs.
    ///
    /// # Errors
    /// 5010 for an unusable WASI configuration, 5001 for imports that nothing provides.
    pub(super) async fn prepare(parts: GuestParts) -> Result<Guest> {
        let GuestParts { actor, code, module, config, engines, metering, memory } = parts;
        let engine = engines.get(metering)?;
        let mut linker = Linker::new(engine);
        let wants_wasi = code.imports().any(|import| import.module() == WASI_MODULE);
        let wasi = wasi::context(config.wasi, &actor)?;
        if !wants_wasi {
            // What it was given is reached by nobody.
            wasi.pipes.close();
        } else {
            wasi::link(&mut linker)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("WASI cannot be linked: {error:#}")))?;
        }
        let state = GuestState {
            wasi: wants_wasi.then_some(wasi),
            limiter: Limiter::new(&config.limits, &memory, actor.counters.memory_bytes.clone()),
            actor,
            module,
            engines: engines.clone(),
            instance: None,
            fuel_given: config.limits.fuel,
            fuel_aside: 0,
            fuel_seen: fuel::Seen::default(),
            depth: 0,
            functions: values::Functions::default(),
            externs: Arc::default(),
            ended: None,
        };
        let mut store = Store::new(engine, state);
        store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
        store.limiter(|state| &mut state.limiter);
        // Called around wasmtime's own functions too, such as that which grows a memory.
        store.call_hook(|mut context, hook| {
            match hook {
                CallHook::CallingHost if context.data().actor.control.is_stopped() => return Err(StoppedByHost.into()),
                CallHook::CallingHost => fuel::calls_out(&mut context),
                CallHook::ReturningFromHost => fuel::goes_on(&mut context),
                CallHook::ReturningFromWasm => fuel::publish(&context),
                CallHook::CallingWasm => {}
            }
            Ok(())
        });
        store.epoch_deadline_callback(|context| {
            let stopped = context.data().actor.control.is_stopped_by_now();
            Ok(if stopped { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        if let Some(fuel) = config.limits.fuel {
            fuel::fill(&mut store, fuel)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("{error:#}")))?;
        }
        let given = config.imports;
        let imports = imports::resolve(&mut store.as_context_mut(), &linker, code.imports(), given).await?;
        Ok(Guest { store, imports, code })
    }

    /// Runs the start function, segments and all. To be armed before.
    ///
    /// # Errors
    /// 5001 for a trap, 5011 for spent fuel.
    pub(super) async fn instantiate(&mut self) -> Result<()> {
        self.inherited().for_each(HostOutput::begin_request);
        fuel::cut(&mut self.store.as_context_mut());
        let instantiated = Instance::new_async(&mut self.store, &self.code, &self.imports).await;
        self.inherited().for_each(HostOutput::end_request);
        match instantiated {
            Ok(instance) => {
                self.store.data_mut().instance = Some(instance);
                Ok(())
            }
            Err(error) => {
                let what = format!("the instantiation of {}", self.store.data().module.name());
                let mut error = trap::describe(&mut self.store.as_context_mut(), &what, error).await;
                if error.code == ErrorCode::Call {
                    error.code = ErrorCode::Instantiate;
                }
                if let Some(bound) = self.store.data_mut().limiter.take_refusal().filter(|_| error.trap.is_none()) {
                    error = error.clone().saying(format!("{}; {bound}", error.message));
                }
                Err(error)
            }
        }
    }

    /// Sets the epoch deadline to the next bump. To be done before the control cell is told of a request, or looked at once more.
    pub(super) fn arm(&mut self) {
        self.store.set_epoch_deadline(1);
    }

    /// Answers one request.
    pub(super) async fn answer(&mut self, ask: Ask) -> Outcome {
        self.inherited().for_each(HostOutput::begin_request);
        let mut scope = RootScope::new(&mut self.store);
        let outcome = answer(&mut scope.as_context_mut(), ask).await;
        drop(scope);
        self.inherited().for_each(HostOutput::end_request);
        values::collect(&mut self.store.as_context_mut()).await;
        outcome
    }

    /// The request has been answered. Only now does the output of a command end, so that whoever takes that for the end of the
    /// command may drop the instance.
    pub(super) fn answered(&mut self) {
        self.store.data_mut().ended = None;
    }

    /// The host's streams that it prints to.
    fn inherited(&self) -> impl Iterator<Item = &HostOutput> {
        self.store.data().wasi.iter().flat_map(|wasi| &wasi.inherited)
    }
}

/// Answers one request, between calls or from within one.
async fn answer(store: &mut Context<'_>, ask: Ask) -> Outcome {
    #[cfg(test)]
    super::faults::panic_if_asked(&ask);
    // Between calls the worker has waited for this already.
    match ask.complete().await? {
        Ask::Call(call) => call::call(store, call).await.map(Answer::Values),
        Ask::Batch(calls) => Ok(call::batch(store, calls).await),
        Ask::CallRef { func, args } => call::call_ref(store, func, args).await.map(Answer::Values),
        Ask::Exports => Ok(Answer::Exports(store.data().module.exports().clone())),
        Ask::MemoryRead { offset, length } => memory::read(store, offset, length).map(Answer::Bytes),
        Ask::MemoryWrite { offset, bytes } => memory::write(store, offset, &bytes).map(|()| Answer::Done),
        Ask::MemoryWriteLater { .. } => Err(WasmError::new(ErrorCode::Memory, "the bytes to write have not come")),
        Ask::MemorySize => memory::size(store).map(Answer::Pages),
        Ask::MemoryGrow { pages } => memory::grow(store, pages).await.map(Answer::Pages),
        Ask::GlobalGet(name) => global::get(store, &name).map(|value| Answer::Values(vec![value])),
        Ask::GlobalSet { name, value } => global::set(store, &name, value).await.map(|()| Answer::Done),
        Ask::AddFuel(amount) => fuel::add(store, amount).map(Answer::Fuel),
    }
}
