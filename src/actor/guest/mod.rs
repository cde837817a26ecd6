//! What runs inside an actor: a wasmtime store with one instance, behind limits, and the requests it answers.

mod call;
mod fuel;
mod global;
mod limiter;
mod lines;
mod memory;
mod open;
mod pipes;
mod sleep;
mod stdio;
mod terminal;
mod trap;
mod wasi;

use super::budget::Budget;
use super::config::InstanceConfig;
use super::handle::Actor;
use super::message::{Answer, Ask, Outcome};
use crate::engine::{Code, Engines, Metering, Module};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::HOSTCALL_BYTES_MAX;
use limiter::Limiter;
use std::sync::Arc;
use wasmtime::{AsContextMut, CallHook, Instance, Linker, Store, StoreContextMut, UpdateDeadline};
use wasmtime_wasi::p1::WasiP1Ctx;

/// A module can ask for a million imports, each with a name of 100 kB; a message stays one.
const IMPORTS_NAMED_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 200;

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
}

impl GuestState {
    fn instance(&self) -> Result<Instance> {
        self.instance.ok_or_else(|| WasmError::no_instance(self.actor.id()))
    }

    /// A WASI command has run to its end: nothing reads or writes its pipes any more.
    fn program_ended(&self) {
        if let Some(wasi) = &self.wasi {
            wasi.pipes.close();
        }
    }
}

struct WasiGuest {
    context: WasiP1Ctx,
    pipes: pipes::Pipes,
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
    linker: Linker<GuestState>,
    code: Code,
}

impl Guest {
    /// Makes the store and checks everything that can be checked before guest code runs.
    ///
    /// # Errors
    /// 5010 for an unusable WASI configuration, 5001 for imports that nothing provides.
    pub(super) fn prepare(parts: GuestParts) -> Result<Guest> {
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
        };
        let mut store = Store::new(engine, state);
        store.set_hostcall_fuel(HOSTCALL_BYTES_MAX);
        store.limiter(|state| &mut state.limiter);
        store.call_hook(|context, hook| match hook {
            CallHook::CallingHost if context.data().actor.control.is_stopped() => Err(StoppedByHost.into()),
            CallHook::CallingHost => {
                context.data().actor.counters.host_calls.add_one();
                Ok(())
            }
            _ => Ok(()),
        });
        store.epoch_deadline_callback(|context| {
            let stopped = context.data().actor.control.is_stopped();
            Ok(if stopped { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        if let Some(fuel) = config.limits.fuel {
            store.set_fuel(fuel).map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("{error:#}")))?;
        }
        let mut guest = Guest { store, linker, code };
        guest.check_imports()?;
        guest.arm();
        Ok(guest)
    }

    /// Lists every import that is missing or has another type, with the type it should have.
    fn check_imports(&mut self) -> Result<()> {
        let mut wrong = Vec::new();
        for import in self.code.imports() {
            let found = self.linker.get_by_import(&mut self.store, &import);
            let state = match found {
                None => "missing",
                Some(found) if !call::import_matches(&import.ty(), &found.ty(&self.store)) => "of another type",
                Some(_) => continue,
            };
            let expected = call::describe(&import.ty());
            let (from, name) = (shortened(import.module()), shortened(import.name()));
            wrong.push(format!("\"{from}\" \"{name}\" is {state}: expected {}", shortened(&expected)));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let more = wrong.len().saturating_sub(IMPORTS_NAMED_MAX);
        wrong.truncate(IMPORTS_NAMED_MAX);
        if more > 0 {
            wrong.push(format!("and {more} more"));
        }
        let text = format!("{} cannot be instantiated, imports: {}", self.store.data().module.name(), wrong.join("; "));
        Err(WasmError::new(ErrorCode::Instantiate, text))
    }

    /// Runs the start function, segments and all.
    ///
    /// # Errors
    /// 5001 for a trap, 5011 for spent fuel.
    pub(super) async fn instantiate(&mut self) -> Result<()> {
        let instantiated = self.linker.instantiate_async(&mut self.store, &self.code).await;
        self.publish();
        match instantiated {
            Ok(instance) => {
                self.store.data_mut().instance = Some(instance);
                Ok(())
            }
            Err(error) => {
                let what = format!("the instantiation of {}", self.store.data().module.name());
                let mut error = trap::describe(&mut self.store.as_context_mut(), &what, error);
                if error.code == ErrorCode::Call {
                    error.code = ErrorCode::Instantiate;
                }
                if let Some(bound) = self.store.data_mut().limiter.take_refusal().filter(|_| error.trap.is_none()) {
                    error.message = format!("{}; {bound}", error.message);
                }
                Err(error)
            }
        }
    }

    /// Sets the epoch deadline to the next bump. To be done before the control cell is told of a request.
    pub(super) fn arm(&mut self) {
        self.store.set_epoch_deadline(1);
    }

    /// Answers one request.
    pub(super) async fn answer(&mut self, ask: Ask) -> Outcome {
        let outcome = answer(&mut self.store.as_context_mut(), ask).await;
        self.publish();
        outcome
    }

    /// Lets statistics see what only the store knows.
    fn publish(&mut self) {
        let store = self.store.as_context_mut();
        if let Some(used) = fuel::used(&store) {
            store.data().actor.counters.fuel_now.set(used);
        }
    }
}

/// Answers one request, between calls or from within one.
async fn answer(store: &mut Context<'_>, ask: Ask) -> Outcome {
    #[cfg(test)]
    super::faults::panic_if_asked(&ask);
    match ask {
        Ask::Call(call) => call::call(store, call).await.map(Answer::Values),
        Ask::Batch(calls) => Ok(call::batch(store, calls).await),
        Ask::Exports => Ok(Answer::Exports(store.data().module.exports().to_vec())),
        Ask::MemoryRead { offset, length } => memory::read(store, offset, length).map(Answer::Bytes),
        Ask::MemoryWrite { offset, bytes } => memory::write(store, offset, &bytes).map(|()| Answer::Done),
        Ask::MemorySize => memory::size(store).map(Answer::Pages),
        Ask::MemoryGrow { pages } => memory::grow(store, pages).await.map(Answer::Pages),
        Ask::GlobalGet(name) => global::get(store, &name).map(|value| Answer::Values(vec![value])),
        Ask::GlobalSet { name, value } => global::set(store, &name, &value).map(|()| Answer::Done),
        Ask::AddFuel(amount) => fuel::add(store, amount).map(Answer::Fuel),
    }
}

/// A guest's name for something, at a length that a message can hold.
fn shortened(name: &str) -> std::borrow::Cow<'_, str> {
    match name.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}
