//! What runs inside an actor: a wasmtime store with one instance, behind limits, and the requests it answers.

mod call;
mod limiter;
mod memory;
mod stdio;
mod trap;
mod wasi;

use super::config::InstanceConfig;
use super::handle::Actor;
use super::message::{Answer, Ask, Outcome};
use crate::engine::{Code, Engines, Metering, Module};
use crate::error::{ErrorCode, Result, WasmError};
use limiter::Limiter;
use std::sync::Arc;
use wasmtime::{CallHook, Instance, Linker, Store, UpdateDeadline};
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
}

/// What host functions of a store can reach.
struct GuestState {
    /// Present where the module imports WASI.
    wasi: Option<WasiGuest>,
    limiter: Limiter,
    actor: Arc<Actor>,
}

struct WasiGuest {
    context: WasiP1Ctx,
    /// Held while this guest is the one that reads the host's standard input.
    _stdin: Option<stdio::StdinOwner>,
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
    module: Arc<Module>,
    instance: Option<Instance>,
    fuel_given: Option<u64>,
}

impl Guest {
    /// Makes the store and checks everything that can be checked before guest code runs.
    ///
    /// # Errors
    /// 5010 for an unusable WASI configuration, 5001 for imports that nothing provides.
    pub(super) fn prepare(parts: GuestParts) -> Result<Guest> {
        let GuestParts { actor, code, module, config, engines, metering } = parts;
        let engine = engines.get(metering)?;
        let mut linker = Linker::new(engine);
        let wants_wasi = code.imports().any(|import| import.module() == WASI_MODULE);
        let wasi = wasi::context(config.wasi, actor.name())?;
        if wants_wasi {
            wasmtime_wasi::p1::add_to_linker_async(&mut linker, |state: &mut GuestState| {
                &mut state.wasi.as_mut().expect("linked only where the module imports WASI").context
            })
            .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("WASI cannot be linked: {error:#}")))?;
        }
        let state = GuestState {
            wasi: wants_wasi.then_some(wasi),
            limiter: Limiter::new(&config.limits),
            actor: actor.clone(),
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        store.call_hook(|context, hook| match hook {
            CallHook::CallingHost if context.data().actor.control.is_stopped() => Err(StoppedByHost.into()),
            _ => Ok(()),
        });
        store.epoch_deadline_callback(|context| {
            let stopped = context.data().actor.control.is_stopped();
            Ok(if stopped { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        if let Some(fuel) = config.limits.fuel {
            store.set_fuel(fuel).map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("{error:#}")))?;
        }
        let mut guest = Guest { store, linker, code, module, instance: None, fuel_given: config.limits.fuel };
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
            wrong.push(format!("\"{}\" \"{}\" is {state}: expected {expected}", import.module(), import.name()));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let text = format!("{} cannot be instantiated, imports: {}", self.module.name(), wrong.join("; "));
        Err(WasmError::new(ErrorCode::Instantiate, text))
    }

    /// Runs the start function, segments and all.
    ///
    /// # Errors
    /// 5001 for a trap, 5011 for spent fuel.
    pub(super) async fn instantiate(&mut self) -> Result<()> {
        match self.linker.instantiate_async(&mut self.store, &self.code).await {
            Ok(instance) => {
                self.instance = Some(instance);
                Ok(())
            }
            Err(error) => {
                let what = format!("the instantiation of {}", self.module.name());
                let mut error = trap::describe(&mut self.store, self.fuel_given, &what, error);
                if error.code == ErrorCode::Call {
                    error.code = ErrorCode::Instantiate;
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
        match ask {
            Ask::Call(call) => self.call(call).await.map(Answer::Values),
            Ask::Exports => Ok(Answer::Exports(self.module.exports().to_vec())),
            Ask::MemoryRead { offset, length } => self.memory_read(offset, length).map(Answer::Bytes),
            Ask::MemoryWrite { offset, bytes } => self.memory_write(offset, &bytes).map(|()| Answer::Done),
            Ask::MemorySize => self.memory_size().map(Answer::Number),
            Ask::MemoryGrow { pages } => self.memory_grow(pages).await.map(Answer::Number),
            Ask::AddFuel(fuel) => self.add_fuel(fuel).map(Answer::Number),
        }
    }

    fn add_fuel(&mut self, fuel: u64) -> Result<u64> {
        let Some(given) = self.fuel_given.as_mut() else {
            let text = "this instance is not metered: give it `limits.fuel` when it is made".to_owned();
            return Err(WasmError::new(ErrorCode::Type, text));
        };
        let left = self.store.get_fuel().unwrap_or(0);
        let filled = left.saturating_add(fuel);
        *given = given.saturating_add(fuel);
        self.store.set_fuel(filled).map_err(|error| WasmError::new(ErrorCode::Call, format!("{error:#}")))?;
        Ok(filled)
    }

    fn instance(&self) -> Result<Instance> {
        self.instance.ok_or_else(|| WasmError::no_instance(self.store.data().actor.id()))
    }
}
