//! The API, statefully: operations on a runtime, one after another and some at once, each held against a model of it.

mod asks;
mod model;

use crate::block_on;
use crate::input::Input;
use asks::{Asked, FUEL, answer_all, call, some_command};
use model::{Around, GUEST, Life, PAGE, error};
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{Cause, InstanceConfig, Limits, RestartPolicy};
use runtime_wasm::actor::control::{Status, StopReason};
use runtime_wasm::actor::message::{Answer, Call, Command, Outcome};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const STEPS_MAX: usize = 60;
const INSTANCES_MAX: usize = 4;
const MODULE_BYTES_MAX: u64 = 4096;
/// Room for the smallest memories of all instances, and for some that have grown.
const MEMORY_MAX: u64 = 6 * PAGE as u64 + 1000;
/// What the guest's table costs of it at first.
const TABLE_BYTES: u64 = 2 * 16;
const RESTARTS_MAX: usize = 2;

/// Modules that cannot be instantiated, with the code that says so.
const STILLBORN: [(&str, ErrorCode); 4] = [
    ("(module (func $start unreachable) (start $start))", ErrorCode::Instantiate),
    ("(module (func $start (loop br 0)) (start $start))", ErrorCode::FuelExhausted),
    ("(module (memory 100))", ErrorCode::Instantiate),
    ("(module (import \"env\" \"none\" (func)))", ErrorCode::Instantiate),
];

/// The guest, then the others.
static BYTES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let texts = std::iter::once(GUEST).chain(STILLBORN.map(|(text, _)| text));
    texts.map(|text| wat::parse_str(text).expect("a module")).collect()
});

/// Carries out what the bytes say.
pub fn operations(data: &[u8]) {
    block_on(async {
        let mut world = World::new();
        let mut input = Input::new(data);
        for _ in 0..STEPS_MAX {
            if input.is_empty() {
                break;
            }
            world.step(&mut input).await;
            world.check();
        }
        world.end(&mut input).await;
    });
}

thread_local! {
    /// What a run has left for the next, all but empty: a runtime with modules, one of each kind at most. Making them takes longer
    /// than a run.
    static KEPT: RefCell<Option<(Runtime, BTreeMap<u64, usize>)>> = const { RefCell::new(None) };
}

/// The runtime, and what should be in it.
struct World {
    runtime: Runtime,
    /// By id: which of [`BYTES`].
    modules: BTreeMap<u64, usize>,
    living: BTreeMap<u64, Living>,
    /// All ids that were ever given, and some that were not.
    module_ids: Vec<u64>,
    instance_ids: Vec<u64>,
}

struct Living {
    actor: Arc<Actor>,
    life: Life,
    restarts: Option<usize>,
}

impl World {
    fn new() -> World {
        let (runtime, modules) = KEPT.take().unwrap_or_else(|| (new_runtime(), BTreeMap::new()));
        let module_ids = [0, u64::MAX].into_iter().chain(modules.keys().copied()).collect();
        World { runtime, modules, living: BTreeMap::new(), module_ids, instance_ids: vec![0, u64::MAX] }
    }

    async fn step(&mut self, input: &mut Input<'_>) {
        match input.below(16) {
            0 => self.compile(input).await,
            1 => self.drop_module(input),
            2 => self.module_exports(input).await,
            3..6 => self.instantiate(input).await,
            6 => self.end_one(input).await,
            7 => self.stop_while_it_spins(input).await,
            8 => self.time_out(input).await,
            9 => self.burst(input).await,
            _ => self.ask(input).await,
        }
    }

    /// What can be seen from outside is what should be there.
    fn check(&self) {
        let seen: Vec<_> = self.runtime.stats();
        let ids: Vec<u64> = seen.iter().map(|stats| stats.id).collect();
        assert_eq!(ids, self.living.keys().copied().collect::<Vec<_>>());
        assert_eq!(self.runtime.alive(), self.living.len());
        for (stats, living) in seen.iter().zip(self.living.values()) {
            let life = &living.life;
            assert_eq!((stats.state, stats.mailbox_depth), (Status::Idle, 0));
            assert_eq!((stats.calls, stats.memory_bytes), (life.calls, life.bytes()));
            assert_eq!(stats.fuel_used.is_some(), life.is_metered());
            assert!(stats.fuel_used.is_none_or(|used| life.may_have_used(used)), "{:?}", stats.fuel_used);
        }
    }

    /// An id that names something, named something, or never did.
    fn some_id(input: &mut Input, ids: &[u64]) -> u64 {
        // The latest first: most of the others are gone.
        ids[ids.len() - 1 - input.below(ids.len())]
    }

    fn room(&self) -> u64 {
        let taken: u64 = self.living.values().map(|living| living.life.bytes() + living.life.table_bytes()).sum();
        MEMORY_MAX - taken
    }

    async fn compile(&mut self, input: &mut Input<'_>) {
        let which = input.below(BYTES.len() + 2);
        let bytes = match BYTES.get(which) {
            Some(bytes) => bytes.clone(),
            None if which == BYTES.len() => b"\0asm\x01\0\0\0\x01".to_vec(),
            None => vec![0; MODULE_BYTES_MAX as usize + 1],
        };
        match self.runtime.compile("module".into(), bytes).await {
            Ok(ModuleId(id)) => {
                assert!(which < BYTES.len(), "compiled");
                assert!(self.module_ids[2..].iter().all(|known| *known < id), "{id} was given before");
                self.module_ids.push(id);
                self.modules.insert(id, which);
            }
            Err(error) => assert!(which >= BYTES.len() && error.code == ErrorCode::Compile, "{error}"),
        }
    }

    fn drop_module(&mut self, input: &mut Input) {
        let id = Self::some_id(input, &self.module_ids);
        let dropped = self.runtime.drop_module(ModuleId(id)).map_err(|error| error.code);
        assert_eq!(dropped, self.modules.remove(&id).map(drop).ok_or(ErrorCode::InvalidModuleHandle));
    }

    async fn module_exports(&mut self, input: &mut Input<'_>) {
        let id = Self::some_id(input, &self.module_ids);
        let exports = self.runtime.module_exports(ModuleId(id)).map_err(|error| error.code);
        let info = self.runtime.inspect(ModuleId(id)).await.map_err(|error| error.code);
        match self.modules.get(&id) {
            None => {
                assert_eq!(exports, Err(ErrorCode::InvalidModuleHandle));
                assert_eq!(info, Err(ErrorCode::InvalidModuleHandle));
            }
            Some(which) => {
                assert_eq!(exports.expect("there").len(), if *which == 0 { 12 } else { 0 });
                assert_eq!(info.expect("there").module().expect("a module").bytes, BYTES[*which].len() as u64);
            }
        }
    }

    async fn instantiate(&mut self, input: &mut Input<'_>) {
        // The first step of most sequences would have nothing to work on.
        if self.modules.is_empty() && !input.once_in(8) {
            let ModuleId(id) = self.runtime.compile("module".into(), BYTES[0].clone()).await.expect("it is valid");
            self.module_ids.push(id);
            self.modules.insert(id, 0);
        }
        let id = Self::some_id(input, &self.module_ids);
        let restart = input.once_in(3).then(|| RestartPolicy {
            on: vec![Cause::Trap, Cause::Fuel, Cause::Timeout],
            max: RESTARTS_MAX,
            within: Duration::from_secs(3600),
            backoff: Duration::ZERO,
        });
        let mut limits = Limits { mailbox: 1 + input.below(3), ..Limits::default() };
        limits.fuel = (!input.once_in(2)).then_some(FUEL);
        limits.memory_bytes = [u64::MAX, 2 * PAGE as u64, 2 * PAGE as u64 - 1, 100][input.below(4)];
        let which = self.modules.get(&id).copied();
        if which == Some(2) && limits.fuel.is_none() {
            // It would spin for ever.
            limits.fuel = Some(FUEL);
        }
        let (limit, fuel, restarts) = (limits.memory_bytes, limits.fuel, restart.as_ref().map(|_| 0));
        let config = InstanceConfig { limits, restart, ..InstanceConfig::default() };
        let made = self.runtime.instantiate(ModuleId(id), config).await;
        let full = self.living.len() == INSTANCES_MAX;
        let expected = match which {
            None => Err(ErrorCode::InvalidModuleHandle),
            Some(_) if full => Err(ErrorCode::Instantiate),
            Some(0) if limit < PAGE as u64 || self.room() < PAGE as u64 + TABLE_BYTES => Err(ErrorCode::Instantiate),
            Some(0) => Ok(()),
            Some(other) => Err(STILLBORN[other - 1].1),
        };
        assert_eq!(made.as_ref().map(drop).map_err(|error| error.code), expected);
        let Ok(actor) = made else { return };
        let id = actor.id();
        assert!(self.instance_ids[2..].iter().all(|known| *known < id), "{id} was given before");
        self.instance_ids.push(id);
        self.living.insert(id, Living { actor, life: Life::new(limit, fuel), restarts });
    }

    /// One request to an instance, alive or not.
    async fn ask(&mut self, input: &mut Input<'_>) {
        let id = Self::some_id(input, &self.instance_ids);
        // What spins must end soon.
        let may_spin =
            self.living.get(&id).and_then(|living| living.life.given()).is_some_and(|given| given < 20 * FUEL);
        let command = some_command(input, may_spin);
        let expected = match self.living.contains_key(&id) {
            true => self.expected(id, &command),
            false => Err(error(ErrorCode::InvalidInstanceHandle)),
        };
        let found = bare(self.runtime.ask(InstanceId(id), command).await);
        assert_eq!(found, expected);
        self.after(id, &found).await;
    }

    /// What the model says, which changes by it.
    fn expected(&mut self, id: u64, command: &Command) -> Outcome {
        let room = self.room();
        let living = self.living.get_mut(&id).expect("it is alive");
        let used = living.actor.stats().fuel_used.unwrap_or(0);
        living.life.answer(command, Around { room, used })
    }

    /// Deaths: an instance with a policy is made anew, until that has happened too often.
    async fn after(&mut self, id: u64, outcome: &Outcome) {
        let code = match outcome {
            Err(error) | Ok(Answer::Batch(_, Some(error))) => error.code,
            Ok(_) => return,
        };
        let Some(living) = self.living.get_mut(&id) else { return };
        let (ErrorCode::Call | ErrorCode::FuelExhausted, Some(restarts)) = (code, living.restarts.as_mut()) else {
            return;
        };
        *restarts += 1;
        if *restarts > RESTARTS_MAX {
            living.actor.gone().await;
            self.living.remove(&id);
            return;
        }
        // Answered by the next life, which has used nothing yet.
        let size = living.actor.ask(Command::MemorySize).await;
        assert_eq!(size, Ok(Answer::Pages(1)));
        let stats = living.actor.stats();
        assert_eq!(stats.restarts.len(), *restarts);
        living.life.renew(stats.fuel_used.unwrap_or(0));
    }

    async fn end_one(&mut self, input: &mut Input<'_>) {
        let id = Self::some_id(input, &self.instance_ids);
        let ended = self.runtime.end(InstanceId(id), some_reason(input)).await.map_err(|error| error.code);
        assert_eq!(ended, self.living.remove(&id).map(drop).ok_or(ErrorCode::InvalidInstanceHandle));
    }

    /// An instance without metering, if there is one.
    fn unmetered(&self) -> Option<u64> {
        self.living.iter().find(|(_, living)| !living.life.is_metered()).map(|(id, _)| *id)
    }

    /// Ends an instance while it runs, with other requests in line behind.
    async fn stop_while_it_spins(&mut self, input: &mut Input<'_>) {
        let Some(id) = self.unmetered() else { return };
        let Living { actor, .. } = self.living.remove(&id).expect("it is alive");
        let spinning = Asked::new(&actor, call("spin", &[]));
        while actor.status() != Status::Running {
            std::thread::yield_now();
        }
        let waiting: Vec<Asked> = (0..input.below(6)).map(|_| Asked::new(&actor, some_command(input, false))).collect();
        assert_eq!(self.runtime.end(InstanceId(id), some_reason(input)).await, Ok(()));
        assert_eq!(bare(spinning.outcome().await), Err(error(ErrorCode::Call)));
        for request in waiting {
            assert_eq!(bare(request.outcome().await), Err(error(ErrorCode::InvalidInstanceHandle)));
        }
    }

    /// A call that runs longer than it may: the end of the instance, or of one of its lives.
    async fn time_out(&mut self, input: &mut Input<'_>) {
        let Some(id) = self.unmetered() else { return };
        let timeout = Some(Duration::from_micros(100 + input.below(2000) as u64));
        let spin = Command::Call(Call { name: "spin".into(), timeout, ..Call::default() });
        let outcome = bare(self.runtime.ask(InstanceId(id), spin).await);
        assert_eq!(outcome, Err(error(ErrorCode::FuelExhausted)));
        let living = self.living.get_mut(&id).expect("it is alive");
        // A restart may come before the call has begun, where the time is up at once.
        living.life.calls = living.actor.stats().calls;
        if living.restarts.is_some() {
            self.after(id, &outcome).await;
        } else {
            living.actor.gone().await;
            self.living.remove(&id);
        }
    }

    /// Requests at once, more than the mailbox holds: first in, first out.
    async fn burst(&mut self, input: &mut Input<'_>) {
        let Some((id, living)) = self.living.last_key_value() else { return };
        let (id, actor) = (*id, living.actor.clone());
        let mut requests = Vec::new();
        for _ in 0..1 + input.below(8) {
            let expected = self.expected(id, &call("next", &[]));
            if expected.is_err() {
                // Out of fuel, which may be a death: one request tells.
                let found = bare(actor.ask(call("next", &[])).await);
                assert_eq!(found, expected);
                return self.after(id, &found).await;
            }
            requests.push((Asked::new(&actor, call("next", &[])), expected));
        }
        let (mut requests, expected): (Vec<Asked>, Vec<Outcome>) = requests.into_iter().unzip();
        answer_all(&mut requests, input.once_in(2)).await;
        let found: Vec<Outcome> = requests.into_iter().filter_map(|request| request.answered).map(bare).collect();
        assert_eq!(found, expected);
    }

    /// Everything ends: one after another, or with the runtime.
    async fn end(self, input: &mut Input<'_>) {
        let gone: Vec<_> = self.living.values().map(|living| living.actor.clone()).collect();
        let shutdown = input.once_in(8);
        if shutdown {
            assert_eq!(self.runtime.shutdown(Duration::from_secs(60)), 0, "a thread does not end");
        } else {
            for actor in &gone {
                assert_eq!(self.runtime.end(InstanceId(actor.id()), StopReason::Dropped).await, Ok(()));
            }
        }
        for actor in gone {
            assert_eq!(bare(actor.ask(Command::MemorySize).await), Err(error(ErrorCode::InvalidInstanceHandle)));
        }
        assert_eq!((self.runtime.alive(), self.runtime.stats().len()), (0, 0));
        if !shutdown {
            self.keep();
        } else if let Some((id, _)) = self.modules.first_key_value() {
            let late = self.runtime.instantiate(ModuleId(*id), InstanceConfig::default()).await;
            assert_eq!(late.map(drop).map_err(|error| error.code), Err(ErrorCode::Instantiate));
        }
    }

    fn keep(mut self) {
        let mut kinds = BTreeSet::new();
        self.modules.retain(|id, which| kinds.insert(*which) || self.runtime.drop_module(ModuleId(*id)).is_err());
        KEPT.set(Some((self.runtime, self.modules)));
    }
}

fn new_runtime() -> Runtime {
    let options = RuntimeOptions {
        max_instances: INSTANCES_MAX,
        max_module_bytes: MODULE_BYTES_MAX,
        max_memory_bytes: MEMORY_MAX,
        ..RuntimeOptions::default()
    };
    Runtime::new(options).expect("a runtime")
}

/// The outcome with nothing of an error but its code.
fn bare(outcome: Outcome) -> Outcome {
    let code = |found: WasmError| error(found.code);
    match outcome {
        Ok(Answer::Batch(done, failed)) => Ok(Answer::Batch(done, failed.map(code))),
        outcome => outcome.map_err(code),
    }
}

fn some_reason(input: &mut Input) -> StopReason {
    match input.below(3) {
        0 => StopReason::Dropped,
        1 => StopReason::Terminated(None),
        _ => StopReason::Terminated(Some("a reason".into())),
    }
}
