//! What runs inside an actor: a wasmtime store with one instance, behind limits, and the requests it answers.

mod answer;
mod component;
mod core;
mod core_dump;
mod ending;
mod fuel;
mod limiter;
#[cfg(test)]
mod limiter_model;
mod serving;
mod state;
mod trap;
mod wasi;

#[cfg(feature = "internals")]
pub use component::both;
#[cfg(feature = "host")]
pub(crate) use component::wire;

use self::core::state::CoreState;
use super::blueprint::Blueprint;
use super::protocol::message::{Command, Outcome};
use crate::engine::{Code, Compiled, Metering, Module};
use crate::error::{ErrorCode, Result, WasmError};
use answer::answer;
use ending::StoppedByHost;
use limiter::Limiter;
use state::GuestState;
use wasi::HostOutput;
use wasmtime::{AsContextMut, CallHook, RootScope, Store, UpdateDeadline};

/// A guest: used by one thread only.
pub(super) struct Guest {
    store: Store<GuestState>,
    linked: Linked,
}

/// How its instance is made.
enum Linked {
    Core(core::Linked),
    Component(component::Linked),
}

/// What instances of its code share.
enum Links<'a> {
    Core(&'a wasmtime::Module, &'a core::Links),
    Component(&'a component::Links),
}

impl<'a> Links<'a> {
    /// Found out once for all instances of the code, and kept beside it.
    fn of(module: &'a Module, code: &'a Code, metering: Metering) -> Result<Self> {
        let kept = module.kept(metering);
        match (code.compiled(), module.interface()) {
            (Compiled::Core(compiled), _) => {
                Ok(Links::Core(compiled, kept.get_or_try_init(|| core::Links::of(compiled))?))
            }
            (Compiled::Component(compiled), Some(interface)) => {
                Ok(Links::Component(kept.get_or_try_init(|| component::Links::of(compiled, interface))?))
            }
            (Compiled::Component(_), None) => {
                let text = format!("{} has no interface that is known", module.name());
                Err(WasmError::new(ErrorCode::Instantiate, text))
            }
        }
    }

    fn wanted_of_wasi(&self) -> wasi::Wanted {
        match self {
            Links::Core(_, links) if links.wants_wasi => wasi::Wanted::Preview1,
            Links::Component(links) if links.wants_wasi => wasi::Wanted::Preview2,
            _ => wasi::Wanted::Nothing,
        }
    }
}

impl Guest {
    /// Makes the store and checks everything that can be checked before guest code runs.
    ///
    /// # Errors
    /// 5010 for an unusable WASI configuration, 5001 for imports that nothing provides.
    pub(super) async fn prepare(blueprint: Blueprint) -> Result<Guest> {
        let Blueprint { actor, code, module, config, services } = blueprint;
        let of_module = module.clone();
        let links = Links::of(&of_module, &code, config.limits.metering())?;
        let core = match &links {
            Links::Core(compiled, _) => CoreState::of(compiled, config.limits.fuel.is_some()),
            Links::Component(_) => CoreState::default(),
        };
        let state = GuestState {
            wasi: wasi::context(config.wasi, &actor, links.wanted_of_wasi())?,
            limiter: Limiter::new(&config.limits, &services.memory, actor.counters.memory_bytes.clone()),
            actor,
            module,
            code: code.clone(),
            engines: services.engines.clone(),
            core,
            component: None,
            fuel_given: config.limits.fuel,
            fuel_aside: 0,
            fuel_seen: state::FuelSeen::default(),
            depth: 0,
            ended: None,
            stopped_at: Vec::new(),
        };
        let mut store = Store::new(code.engine(), state);
        prepare_stops(&mut store);
        if let Some(fuel) = config.limits.fuel {
            fuel::fill(&mut store, fuel)
                .map_err(|error| WasmError::new(ErrorCode::Instantiate, format!("{error:#}")))?;
        }
        let (given, unknown) = (config.imports, config.unknown_imports);
        let linked = match links {
            Links::Core(compiled, links) => {
                Linked::Core(core::Linked::new(&mut store, compiled, links, given, unknown).await?)
            }
            Links::Component(links) => Linked::Component(component::Linked::new(&mut store, links, given, unknown)?),
        };
        Ok(Guest { store, linked })
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
            Linked::Core(linked) => linked.instantiate(&mut self.store).await,
            Linked::Component(linked) => linked.instantiate(&mut self.store).await,
        };
        drop(lent);
        self.inherited().for_each(HostOutput::end_request);
        match instantiated {
            Ok(()) => Ok(()),
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
        core::collect(&mut self.store.as_context_mut()).await;
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

/// Bounds, and all the places at which a running guest looks for a stop.
fn prepare_stops(store: &mut Store<GuestState>) {
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
}
