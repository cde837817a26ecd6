//! The runtime as a plain Rust library: no JavaScript.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::config::{InstanceConfig, Limits, Stdin, WasiConfig};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command, Withdrawal};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime};
use runtime_wasm::value::Value;
use std::sync::Arc;
use std::time::Duration;

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable)
    (func (export "spin") (loop br 0))
    (func $deep (export "deep") (call $deep)))"#;

const SLEEPER: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "sleep_an_hour") (result i32)
        ;; one subscription: clock, monotonic, 3600 s
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (call $poll (i32.const 0) (i32.const 256) (i32.const 1) (i32.const 512))))"#;

const READER: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "read") (result i32)
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 100))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.load (i32.const 8)))
    (func (export "exit") (param i32) (call $exit (local.get 0))))"#;

fn runtime() -> Arc<Runtime> {
    Arc::new(Runtime::new(options()).unwrap())
}

async fn compile(runtime: &Runtime, wat: &str) -> ModuleId {
    runtime.compile("test module".into(), wat::parse_str(wat).unwrap()).await.unwrap()
}

async fn instance(runtime: &Runtime, wat: &str, config: InstanceConfig) -> InstanceId {
    let module = compile(runtime, wat).await;
    InstanceId(runtime.instantiate(module, config).await.unwrap().id())
}

async fn call(runtime: &Runtime, id: InstanceId, name: &str, args: &[Value]) -> Result<Vec<Value>, WasmError> {
    let args = args.iter().cloned().map(Into::into).collect();
    match runtime.ask(id, Command::Call(Call { name: name.into(), args, ..Call::default() })).await? {
        Answer::Values(values) => Ok(values),
        other => panic!("a call was answered with {other:?}"),
    }
}

#[tokio::test]
async fn calls_traps_and_overflows_leave_the_instance_callable() {
    let runtime = runtime();
    let id = instance(&runtime, GUEST, InstanceConfig::default()).await;
    for _ in 0..3 {
        assert_eq!(call(&runtime, id, "add", &[Value::I32(2), Value::I32(3)]).await, Ok(vec![Value::I32(5)]));
        let trapped = call(&runtime, id, "trap", &[]).await.unwrap_err();
        assert_eq!((trapped.code, trapped.trap), (ErrorCode::Call, Some("unreachable")));
        let deep = call(&runtime, id, "deep", &[]).await.unwrap_err();
        assert_eq!((deep.trap, deep.guest_stack.is_empty()), (Some("stack overflow"), false));
    }
    assert_eq!(call(&runtime, id, "none", &[]).await.unwrap_err().code, ErrorCode::ExportNotFound);
    assert_eq!(call(&runtime, id, "memory", &[]).await.unwrap_err().code, ErrorCode::ExportNotFound);
}

/// Ends an instance while `name` runs, and checks what everybody is told.
async fn stop_during(wat: &str, name: &'static str, config: InstanceConfig) {
    let runtime = runtime();
    let id = instance(&runtime, wat, config).await;
    let running = tokio::spawn({
        let runtime = runtime.clone();
        async move { call(&runtime, id, name, &[]).await }
    });
    let actor = runtime.instance(id).unwrap();
    while actor.status().name() != "running" {
        tokio::task::yield_now().await;
    }
    let waiting = tokio::spawn({
        let runtime = runtime.clone();
        async move { call(&runtime, id, name, &[]).await }
    });
    while actor.mailbox_depth() == 0 {
        tokio::task::yield_now().await;
    }
    runtime.end(id, StopReason::Dropped).await.unwrap();
    assert_eq!(runtime.alive(), 0);
    assert_eq!(running.await.unwrap().unwrap_err().code, ErrorCode::Call);
    assert_eq!(waiting.await.unwrap().unwrap_err().code, ErrorCode::InvalidInstanceHandle);
    assert_eq!(runtime.end(id, StopReason::Dropped).await.unwrap_err().code, ErrorCode::InvalidInstanceHandle);
}

#[tokio::test]
async fn a_spinning_guest_is_stopped() {
    stop_during(GUEST, "spin", InstanceConfig::default()).await;
}

#[tokio::test]
async fn a_sleeping_guest_is_stopped() {
    stop_during(SLEEPER, "sleep_an_hour", InstanceConfig::default()).await;
}

#[tokio::test]
async fn time_and_fuel_run_out_with_5011() {
    let runtime = runtime();
    let limits = Limits { timeout: Some(Duration::from_millis(20)), ..Limits::default() };
    let timed = instance(&runtime, GUEST, InstanceConfig { limits, ..Default::default() }).await;
    let expired = call(&runtime, timed, "spin", &[]).await.unwrap_err();
    assert_eq!(expired.code, ErrorCode::FuelExhausted);
    assert!(expired.message.contains("20 ms"), "{expired}");
    assert_eq!(call(&runtime, timed, "trap", &[]).await.unwrap_err().code, ErrorCode::InvalidInstanceHandle);

    let limits = Limits { fuel: Some(10_000), ..Limits::default() };
    let metered = instance(&runtime, GUEST, InstanceConfig { limits, ..Default::default() }).await;
    let spent = call(&runtime, metered, "spin", &[]).await.unwrap_err();
    assert_eq!(spent.code, ErrorCode::FuelExhausted);
    assert!(spent.message.contains("10000"), "{spent}");
    assert_eq!(runtime.ask(metered, Command::AddFuel(50)).await.map(|_| ()), Ok(()));
    assert_eq!(call(&runtime, metered, "add", &[Value::I32(1), Value::I32(1)]).await, Ok(vec![Value::I32(2)]));
}

#[tokio::test]
async fn exits_and_bytes_on_stdin() {
    let runtime = runtime();
    let wasi = WasiConfig { stdin: Stdin::Bytes(b"hello".to_vec()), ..Default::default() };
    let id = instance(&runtime, READER, InstanceConfig { wasi, ..Default::default() }).await;
    assert_eq!(call(&runtime, id, "read", &[]).await, Ok(vec![Value::I32(5)]));
    assert_eq!(call(&runtime, id, "exit", &[Value::I32(0)]).await, Ok(vec![]));
    let exited = call(&runtime, id, "exit", &[Value::I32(7)]).await.unwrap_err();
    assert_eq!((exited.code, exited.exit_code), (ErrorCode::Call, Some(7)));
}

#[tokio::test]
async fn missing_imports_are_all_listed() {
    let runtime = runtime();
    let module = compile(
        &runtime,
        r#"(module (import "env" "f" (func (param i32) (result i64))) (import "env" "g" (global (mut f32)))
            (import "wasi_snapshot_preview1" "no_such" (func)))"#,
    )
    .await;
    let Err(error) = runtime.instantiate(module, InstanceConfig::default()).await else { panic!("instantiated") };
    assert_eq!(error.code, ErrorCode::Instantiate);
    for part in ["\"env\" \"f\"", "(i32) -> (i64)", "\"g\"", "mutable global of type f32", "no_such"] {
        assert!(error.message.contains(part), "{error}");
    }
    assert_eq!(runtime.alive(), 0);
}

#[tokio::test]
async fn a_start_function_that_loops_or_traps_leaves_nothing_behind() {
    let runtime = runtime();
    for (wat, code) in [
        ("(module (func $s (loop br 0)) (start $s))", ErrorCode::FuelExhausted),
        ("(module (func $s unreachable) (start $s))", ErrorCode::Instantiate),
    ] {
        let module = compile(&runtime, wat).await;
        let limits = Limits { timeout: Some(Duration::from_millis(20)), ..Limits::default() };
        let Err(error) = runtime.instantiate(module, InstanceConfig { limits, ..Default::default() }).await else {
            panic!("instantiated")
        };
        assert_eq!((error.code, runtime.alive()), (code, 0));
    }
}

#[tokio::test]
async fn an_instance_that_nobody_waits_for_does_not_start() {
    let runtime = runtime();
    let module = compile(&runtime, "(module (func $s (loop br 0)) (start $s))").await;
    let alive = async |count| {
        while runtime.alive() != count {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        made = runtime.instantiate(module, InstanceConfig::default()) => panic!("instantiated: {}", made.is_ok()),
        () = alive(1) => {}
    }
    alive(0).await;
    assert_eq!(runtime.stats().len(), 0);
}

#[tokio::test]
async fn shutdown_ends_every_guest() {
    let runtime = runtime();
    let module = compile(&runtime, GUEST).await;
    for _ in 0..4 {
        let actor = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
        tokio::spawn({
            let runtime = runtime.clone();
            async move { call(&runtime, InstanceId(actor.id()), "spin", &[]).await }
        });
    }
    let left = tokio::task::spawn_blocking(move || runtime.shutdown(Duration::from_secs(30))).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_not_begun() {
    let runtime = runtime();
    let id = instance(&runtime, GUEST, InstanceConfig::default()).await;
    let (bytes, coming) = tokio::sync::oneshot::channel();
    // It has its turn, and keeps it until the bytes come.
    let mut first = Box::pin(runtime.ask(id, Command::MemoryWriteLater { offset: 8, coming }));
    let write = |at, byte| Command::MemoryWrite { offset: at, bytes: vec![byte] };
    let withdrawal = Withdrawal::default();
    let mut forgotten = Box::pin(runtime.ask(id, write(0, 1)));
    let mut withdrawn = Box::pin(runtime.ask_unless(id, write(1, 1), Some(withdrawal.clone())));
    let mut wanted = Box::pin(runtime.ask(id, write(2, 1)));
    for asked in [&mut first, &mut forgotten, &mut wanted] {
        assert!(poll_once(asked).is_none());
    }
    assert!(poll_once(&mut withdrawn).is_none());
    drop(forgotten);
    withdrawal.withdraw();
    bytes.send(Ok(vec![1])).unwrap();
    assert_eq!((first.await, wanted.await), (Ok(Answer::Done), Ok(Answer::Done)));
    assert_eq!(withdrawn.await.unwrap_err().code, ErrorCode::InvalidInstanceHandle);
    let read = runtime.ask(id, Command::MemoryRead { offset: 0, length: 9 }).await;
    assert_eq!(read, Ok(Answer::Bytes(vec![0, 0, 1, 0, 0, 0, 0, 0, 1])));
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[tokio::test]
async fn what_has_ended_says_how_to_rust_programs_too() {
    let runtime = runtime();
    let config = InstanceConfig { name: "resize".into(), ..InstanceConfig::default() };
    let id = instance(&runtime, GUEST, config).await;
    let actor = runtime.instance(id).unwrap();
    runtime.end(id, StopReason::Terminated(Some("enough".into()))).await.unwrap();
    let by_id = call(&runtime, id, "add", &[]).await.unwrap_err();
    let by_handle = actor.ask(Command::MemorySize).await.unwrap_err();
    let again = runtime.end(id, StopReason::Dropped).await.unwrap_err();
    for error in [by_id, by_handle, again] {
        assert!(error.message.starts_with(&format!("the instance \"resize\" ({}) ended ", id.0)), "{error}");
        assert!(error.message.ends_with(" ago: it was terminated: enough"), "{error}");
        let ended = error.ended.unwrap();
        assert_eq!((ended.id, &*ended.name, ended.reason), (id.0, "resize", "terminated"));
    }
    let never = runtime.ask(InstanceId(1 << 40), Command::MemorySize).await.unwrap_err();
    assert!(never.message.contains("it was never made, or has ended") && never.ended.is_none(), "{never}");
}

/// Calls of numbers run on the worker's own stack, those of a guest that imports functions on another: both come to the same.
#[tokio::test]
async fn a_call_comes_to_the_same_on_whichever_stack_it_runs() {
    const BODY: &str = r#"
        (memory (export "memory") 1)
        (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
            (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
        (func (export "more") (param i32) (result i32 i32 i32) (local.get 0) (local.get 0) (local.get 0))
        (func (export "grow") (result i32) (drop (memory.grow (i32.const 1))) (memory.size))
        (func (export "bounds") (result i32) (i32.load (i32.const -1)))
        (func $deep (export "deep") (param i32) (result i32) (call $deep (local.get 0)) (i32.const 1) (i32.add))
        (func $down (export "down") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
                (else (i32.const 0))))"#;
    let runtime = runtime();
    let plain = format!("(module {BODY})");
    let importing =
        format!(r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))) {BODY})"#);
    let mut told = Vec::new();
    for wat in [plain, importing] {
        let id = instance(&runtime, &wat, InstanceConfig::default()).await;
        let all = [
            Value::I32(-1),
            Value::I64(i64::MIN),
            Value::F32(0x7f80_0001),
            Value::F64(0xfff0_0000_0000_0001),
            Value::V128(u128::MAX - 1),
        ];
        let mut outcomes = Vec::new();
        // Beyond a trap and a stack that has overflowed the guest goes on, with all of its stack.
        for _ in 0..3 {
            outcomes.push(call(&runtime, id, "all", &all).await);
            outcomes.push(call(&runtime, id, "more", &[Value::I32(7)]).await);
            outcomes.push(call(&runtime, id, "grow", &[]).await);
            outcomes.push(call(&runtime, id, "bounds", &[]).await);
            outcomes.push(call(&runtime, id, "deep", &[Value::I32(1)]).await);
            outcomes.push(call(&runtime, id, "down", &[Value::I32(5000)]).await);
            outcomes.push(call(&runtime, id, "down", &[Value::I64(1)]).await);
            outcomes.push(call(&runtime, id, "down", &[]).await);
        }
        let reversed: Vec<_> = all.into_iter().rev().collect();
        assert_eq!(outcomes[0], Ok(reversed));
        assert_eq!(outcomes[4].as_ref().unwrap_err().trap, Some("stack overflow"));
        assert_eq!(outcomes[5], Ok(vec![Value::I32(5000)]));
        let told_of = |outcome: Result<Vec<Value>, WasmError>| {
            outcome.map_err(|error| {
                (error.code, error.message.replace(&format!("wasm-{}", id.0), ""), error.trap, error.call)
            })
        };
        told.push(outcomes.into_iter().map(told_of).collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
}
