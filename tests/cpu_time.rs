//! The limit on processor time, from Rust: what counts, and how exactly.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{InstanceConfig, Limits};
use runtime_wasm::actor::control::{Clock, StopReason};
use runtime_wasm::actor::message::{Call, Command};
use runtime_wasm::error::{ErrorCode, ReachedLimit};
use runtime_wasm::registry::{Runtime, RuntimeOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "spin") (loop (br 0)))
    ;; Sleeps for so many nanoseconds, and then spins.
    (func (export "sleep_and_spin") (param i64)
        (i64.store (i32.const 24) (local.get 0))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
        (loop (br 0)))
    (func (export "sleep") (param i64)
        (i64.store (i32.const 24) (local.get 0))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;

async fn guest(runtime: &Runtime, cpu: Option<Duration>) -> Arc<Actor> {
    let module = runtime.compile("guest".into(), wat::parse_str(GUEST).unwrap()).await.unwrap();
    let limits = Limits { cpu, ..Limits::default() };
    runtime.instantiate(module, InstanceConfig { limits, ..InstanceConfig::default() }).await.unwrap()
}

fn call(name: &str, nanos: &[i64]) -> Command {
    let args = nanos.iter().map(|nanos| runtime_wasm::value::Arg::from(runtime_wasm::value::Value::I64(*nanos)));
    Command::Call(Call { name: name.into(), args: args.collect(), ..Call::default() })
}

/// Threads that keep every processor busy, until it is dropped.
struct Busy(Arc<AtomicBool>, Vec<std::thread::JoinHandle<()>>);

impl Busy {
    fn new() -> Busy {
        let over = Arc::new(AtomicBool::new(false));
        let count = 3 * std::thread::available_parallelism().map_or(2, usize::from);
        let spin = || {
            let over = over.clone();
            std::thread::spawn(move || while !over.load(Ordering::Relaxed) {})
        };
        let threads = (0..count).map(|_| spin()).collect();
        Busy(over, threads)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

#[tokio::test]
async fn a_guest_has_all_of_its_processor_time_and_little_more() {
    // Guests that run on keep their place, so that the test ends soon on a busy machine.
    let runtime = Runtime::new(RuntimeOptions { nice: 0, ..options() }).unwrap();
    let limit = Duration::from_millis(80);
    for busy in [false, true] {
        let _busy = busy.then(Busy::new);
        let actor = guest(&runtime, Some(limit)).await;
        let before = actor.stats().cpu;
        let error = actor.ask(call("spin", &[])).await.unwrap_err();
        assert_eq!((error.code, error.limit), (ErrorCode::FuelExhausted, Some(ReachedLimit::Cpu)));
        assert!(error.message.contains("used more processor time than its limit of 80 ms"), "{error}");
        actor.gone().await;
        let used = actor.stats().cpu - before;
        assert!(used >= limit, "it had no more than {used:?}");
        // The end of the thread is in it, and how long the system takes to notice.
        assert!(used < 20 * limit, "it had {used:?}");
        assert_eq!(actor.reason(), Some(StopReason::TimedOut { limit, of: Clock::Cpu }));
    }
}

#[tokio::test]
async fn a_guest_that_waits_and_then_runs_on_is_found() {
    let runtime = Runtime::new(RuntimeOptions { nice: 0, ..options() }).unwrap();
    let actor = guest(&runtime, Some(Duration::from_millis(20))).await;
    // Longer than any pause between two looks, and than the limit.
    let began = Instant::now();
    let error = actor.ask(call("sleep_and_spin", &[300_000_000])).await.unwrap_err();
    assert_eq!(error.limit, Some(ReachedLimit::Cpu));
    assert!(began.elapsed() >= Duration::from_millis(320), "{:?}", began.elapsed());
}

#[tokio::test]
async fn sleeping_uses_nothing_and_each_request_begins_anew() {
    let runtime = Runtime::new(options()).unwrap();
    let _busy = Busy::new();
    let actor = guest(&runtime, Some(Duration::from_millis(500))).await;
    for _ in 0..4 {
        actor.ask(call("sleep", &[200_000_000])).await.unwrap();
    }
}

#[tokio::test]
async fn the_limit_of_a_call_is_tighter_than_that_of_its_instance_or_none() {
    let runtime = Runtime::new(RuntimeOptions { nice: 0, ..options() }).unwrap();
    for (of_instance, of_call) in [(None, 30), (Some(60_000), 30), (Some(30), 60_000)] {
        let actor = guest(&runtime, of_instance.map(Duration::from_millis)).await;
        let bounded = Call { name: "spin".into(), cpu: Some(Duration::from_millis(of_call)), ..Call::default() };
        let error = actor.ask(Command::Call(bounded)).await.unwrap_err();
        assert!(error.message.contains(" 30 ms"), "{error}");
    }
}
