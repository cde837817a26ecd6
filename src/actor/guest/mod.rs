//! What runs inside an actor: a wasmtime store with one instance, behind limits, and the requests it answers.

mod answer;
mod call;
mod core_dump;
mod ending;
mod exported;
mod extern_types;
mod fresh;
mod fuel;
mod functions;
mod global;
mod host_function;
mod imported;
mod imports;
mod in_place;
mod limiter;
#[cfg(test)]
mod limiter_model;
mod links;
mod memory;
mod native_function;
mod state;
mod table;
mod trap;
mod unknown_import;
mod values;
mod wasi;

use super::blueprint::Blueprint;
use super::protocol::host_call::HostImports;
use super::protocol::message::{Command, Outcome};
use crate::engine::Code;
use crate::error::{ErrorCode, Result, WasmError};
use answer::answer;
use ending::StoppedByHost;
use exported::ExportedFunctions;
use imports::Imports;
use limiter::Limiter;
use links::Links;
use state::GuestState;
use std::sync::Arc;
use wasi::HostOutput;
use wasmtime::{AsContextMut, CallHook, Extern, Instance, InstancePre, RootScope, Store, UpdateDeadline};

/// A guest: used by one thread only.
pub(super) struct Guest {
    store: Store<GuestState>,
    linked: Linked,
}

/// What its instance is made of.
enum Linked {
    /// What all instances of the code are.
    Prepared(InstancePre<GuestState>),
    /// One for each import of the code, in its order.
    Own(Code, Vec<Extern>),
}

impl Guest {
    /// Makes the store and checks everything that can be checked before guest code runs.
    ///
    /// # Errors
    /// 5010 for an unusable WASI configuration, 5001 for imports that nothing provides.
    pub(super) async fn prepare(blueprint: Blueprint) -> Result<Guest> {
        let Blueprint { actor, code, module, config, services } = blueprint;
        let engine = services.engines.get(config.limits.metering())?;
        let of_module = module.clone();
        let links = of_module.kept(config.limits.metering()).get_or_try_init(|| Links::of(&code))?;
        let state = GuestState {
            wasi: wasi::context(config.wasi, &actor, links.wants_wasi)?,
            limiter: Limiter::new(&config.limits, &services.memory, actor.counters.memory_bytes.clone()),
            actor,
            module,
            code: code.clone(),
            engines: services.engines.clone(),
            fresh: state::Fresh::default(),
            instance: None,
            fuel_given: config.limits.fuel,
            fuel_aside: 0,
            fuel_seen: state::FuelSeen::default(),
            depth: 0,
            functions: functions::Functions::default(),
            exported: ExportedFunctions::of(&code, config.limits.fuel.is_some()),
            externs: Arc::default(),
            ended: None,
            stopped_at: Vec::new(),
        };
        let mut store = Store::new(engine, state);
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
            let actor = &context.data().actor;
            let mut stopped = actor.control.is_stopped_by_now();
            // Looked for once more: a stop that comes while others have their turns bumps the epoch before the next deadline is set.
            if !stopped && actor.thread.make_way() {
                stopped = actor.control.is_stopped_by_now();
            }
            Ok(if stopped { UpdateDeadline::Interrupt } else { UpdateDeadline::Continue(1) })
        });
        if let Some(fuel) = config.limits.fuel {
            fuel::fill(&mut store, fuel)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("{error:#}")))?;
        }
        let prepared = links.prepared().filter(|_| config.imports.as_ref().is_none_or(HostImports::are_none));
        if let Some(prepared) = prepared {
            return Ok(Guest { store, linked: Linked::Prepared(prepared) });
        }
        let given = Imports { given: config.imports, linker: &links.linker, unknown: config.unknown_imports };
        let mut scope = RootScope::new(&mut store);
        let imports = given.resolve(&mut scope.as_context_mut(), code.imports()).await?;
        drop(scope);
        Ok(Guest { store, linked: Linked::Own(code, imports) })
    }

    /// Runs the start function, segments and all. To be armed before.
    ///
    /// # Errors
    /// 5001 for a trap, 5011 for spent fuel.
    pub(super) async fn instantiate(&mut self) -> Result<()> {
        self.inherited().for_each(HostOutput::begin_request);
        fuel::cut(&mut self.store.as_context_mut());
        let actor = self.store.data().actor.clone();
        let lent = actor.control.page().lend();
        let instantiated = match &self.linked {
            Linked::Prepared(prepared) => prepared.instantiate_async(&mut self.store).await,
            Linked::Own(code, imports) => Instance::new_async(&mut self.store, code, imports).await,
        };
        drop(lent);
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

    /// Answers one request, all of which is there.
    pub(super) async fn answer(&mut self, command: &Command) -> Outcome {
        self.inherited().for_each(HostOutput::begin_request);
        let mut scope = RootScope::new(&mut self.store);
        let outcome = answer(&mut scope.as_context_mut(), command).await;
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
