//! A stop is a stop: nothing of a guest begins after it, wherever it has got to by then.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{Cause, InstanceConfig, Limits, RestartPolicy, Stdout, WasiConfig};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::host_call::{Given, HostCall, HostEvent, HostEvents, HostImports, HostReply};
use runtime_wasm::actor::message::{Answer, Call, Command, Outcome};
use runtime_wasm::actor::pipe::pipe;
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::limits::PIPE_BYTES;
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

const ASKER: &str = r#"(module
    (import "env" "ask" (func $ask))
    (func (export "ask") (call $ask)))"#;

/// A guest that asks, and what hears it.
struct Asker {
    runtime: Arc<Runtime>,
    id: InstanceId,
    events: UnboundedReceiver<HostEvent>,
}

impl Asker {
    async fn new(restart: Option<RestartPolicy>) -> Asker {
        let runtime = Arc::new(Runtime::new(options()).unwrap());
        let module = runtime.compile("asker".into(), wat::parse_str(ASKER).unwrap()).await.unwrap();
        let (sender, events) = HostEvents::new();
        let imports = Some(HostImports { events: sender, set: 1, given: vec![Given::Function] });
        let config = InstanceConfig { restart, imports, ..InstanceConfig::default() };
        let id = InstanceId(runtime.instantiate(module, config).await.unwrap().id());
        Asker { runtime, id, events }
    }

    fn call(&self, timeout: Option<Duration>) -> JoinHandle<Outcome> {
        let (runtime, id) = (self.runtime.clone(), self.id);
        let call = Call { name: "ask".into(), timeout, ..Call::default() };
        tokio::spawn(async move { runtime.ask(id, Command::Call(call)).await })
    }

    /// What the guest has called.
    async fn asked(&mut self) -> HostCall {
        loop {
            if let HostEvent::Call(call) = self.events.recv().await.unwrap() {
                return call;
            }
        }
    }
}

#[tokio::test]
async fn a_host_function_that_was_called_before_a_stop_does_not_begin_after_it() {
    for reason in [StopReason::Dropped, StopReason::Terminated(None), StopReason::Aborted, StopReason::Shutdown] {
        let mut asker = Asker::new(None).await;
        let outcome = asker.call(None);
        let call = asker.asked().await;
        assert!(call.guest.waits());
        let actor = asker.runtime.instance(asker.id).unwrap();
        assert!(actor.stop(reason));
        assert!(!call.guest.waits());
        assert_eq!(outcome.await.unwrap().unwrap_err().code, ErrorCode::Call);
        actor.gone().await;
        assert!(!call.guest.waits());
    }
}

#[tokio::test]
async fn a_host_function_does_not_begin_once_the_request_has_run_out_of_time() {
    let mut asker = Asker::new(None).await;
    let outcome = asker.call(Some(Duration::from_secs(1)));
    let call = asker.asked().await;
    assert_eq!(outcome.await.unwrap().unwrap_err().code, ErrorCode::FuelExhausted);
    assert!(!call.guest.waits());
}

#[tokio::test]
async fn a_host_function_does_not_begin_for_the_guest_that_a_restart_has_made() {
    let (within, backoff) = (Duration::from_secs(60), Duration::ZERO);
    let mut asker = Asker::new(Some(RestartPolicy { on: vec![Cause::Timeout], max: 5, within, backoff })).await;
    let outcome = asker.call(Some(Duration::from_secs(1)));
    let late = asker.asked().await;
    assert_eq!(outcome.await.unwrap().unwrap_err().code, ErrorCode::FuelExhausted);
    assert!(!late.guest.waits());
    let outcome = asker.call(None);
    let call = asker.asked().await;
    assert!(call.guest.waits() && !late.guest.waits());
    call.replies.send(HostReply::Return(Vec::new())).unwrap();
    assert_eq!(outcome.await.unwrap(), Ok(Answer::Values(Vec::new())));
    assert!(!call.guest.waits() && !late.guest.waits());
}

/// Writes 32 MiB in one call.
const WRITER: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 513)
    (func (export "write") (result i32)
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.const 33554432))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_writes_much_writes_no_more_once_it_is_stopped_though_somebody_reads() {
    let runtime = Arc::new(Runtime::new(options()).unwrap());
    let module = runtime.compile("writer".into(), wat::parse_str(WRITER).unwrap()).await.unwrap();
    for _ in 0..10 {
        let (writer, reader) = pipe();
        let wasi = WasiConfig { stdout: Stdout::Pipe(Arc::new(writer)), ..WasiConfig::default() };
        let actor = runtime.instantiate(module, InstanceConfig { wasi, ..InstanceConfig::default() }).await.unwrap();
        let read = Arc::new(AtomicUsize::new(0));
        let reading = tokio::spawn({
            let read = read.clone();
            async move {
                while let Some(bytes) = reader.read().await {
                    read.fetch_add(bytes.len(), Ordering::SeqCst);
                }
            }
        });
        let asked = actor.clone();
        let call = Call { name: "write".into(), ..Call::default() };
        let writing = tokio::spawn(async move { asked.ask(Command::Call(call)).await });
        while read.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        actor.stop(StopReason::Dropped);
        let before = read.load(Ordering::SeqCst);
        assert_eq!(writing.await.unwrap().unwrap_err().code, ErrorCode::Call);
        actor.gone().await;
        drop(actor);
        reading.await.unwrap();
        // What was in the pipe, what was on its way out of it, and the chunk on its way in.
        let after = read.load(Ordering::SeqCst) - before;
        assert!(after <= 2 * PIPE_BYTES + 4096, "{after} bytes after the stop");
    }
}

const BULK: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "fill")
        (loop
            (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))
            (br 0))))"#;

/// A stop waits for the one instruction that the guest's thread is at, so by default there is not much that it could be at.
#[tokio::test]
async fn a_guest_that_fills_all_the_memory_it_has_by_default_is_answered_for_at_once_and_gone_soon() {
    let runtime = Arc::new(Runtime::new(options()).unwrap());
    let module = runtime.compile("bulk".into(), wat::parse_str(BULK).unwrap()).await.unwrap();
    let actor = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
    let call = |name: &str, args| Command::Call(Call { name: name.into(), args, ..Call::default() });
    for (pages, before) in [(4095, 1), (1, -1)] {
        let grown = actor.ask(call("grow", vec![Value::I32(pages).into()])).await;
        assert_eq!(grown, Ok(Answer::Values(vec![Value::I32(before)])));
    }
    let mut filling: Pin<Box<dyn Future<Output = Outcome> + '_>> = Box::pin(actor.ask(call("fill", Vec::new())));
    assert!(matches!(poll_once(&mut filling).await, Poll::Pending));
    while actor.stats().cpu < Duration::from_millis(5) {
        tokio::task::yield_now().await;
    }
    actor.stop(StopReason::Dropped);
    // It is there already, though the thread is not gone.
    let Poll::Ready(outcome) = poll_once(&mut filling).await else {
        panic!("the call is not answered by who stops it")
    };
    assert_eq!(outcome.unwrap_err().code, ErrorCode::Call);
    actor.gone().await;
}

/// A module whose compilation takes some time: so many functions, of a hundred additions each.
fn large_module(functions: usize) -> Vec<u8> {
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(100);
    wat::parse_str(format!("(module {})", format!("(func (param i32) {body})\n").repeat(functions))).unwrap()
}

type Made = Result<Arc<Actor>, WasmError>;

/// Polls once: what it waits for is under way then.
async fn poll_once<T>(future: &mut Pin<Box<dyn Future<Output = T> + '_>>) -> Poll<T> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// What nobody polls any more, at the end of an app, is an instantiation that waits for its code.
#[tokio::test]
async fn a_shutdown_does_not_wait_for_an_instance_that_has_no_thread_yet() {
    let runtime = Runtime::new(RuntimeOptions { max_compiling: 1, ..options() }).unwrap();
    let module = runtime.compile("guest".into(), large_module(50)).await.unwrap();
    // With fuel it has to be compiled anew.
    let limits = Limits { fuel: Some(1), ..Limits::default() };
    let config = InstanceConfig { limits, ..InstanceConfig::default() };
    let mut waiting: Vec<_> = (0..3)
        .map(|_| Box::pin(runtime.instantiate(module, config.clone())) as Pin<Box<dyn Future<Output = Made> + '_>>)
        .collect();
    for instance in &mut waiting {
        assert!(matches!(poll_once(instance).await, Poll::Pending));
    }
    assert_eq!(runtime.alive(), 0);
    assert_eq!(runtime.shutdown(Duration::from_secs(60)), 0);
    for instance in waiting {
        let refused = instance.await.map(|actor| actor.id()).unwrap_err();
        assert!(refused.message.contains("shut down"), "{refused}");
    }
}

#[cfg(feature = "host")]
#[test]
fn an_app_ends_at_once_while_an_instance_waits_for_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("manifest.app.toml", b"[capabilities.wasm]\nload = [\"./*.wasm\"]\n");
    file("large.wasm", &large_module(5000));
    file("small.wasm", &wat::parse_str("(module)").unwrap());
    let source = r#"
        import { exit } from "runtime:app";
        import { compileFile, instantiate } from "runtime:wasm";
        const small = await compileFile("./small.wasm");
        for (let i = 0; i < 50; i++) compileFile("./large.wasm").then(() => console.log("compiled"));
        // Until they have been read, and wait for their turn.
        for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
        for (let i = 0; i < 10; i++) instantiate(small, { limits: { fuel: 1 } }).then(() => console.log("made"));
        await null;
        exit(7);
    "#;
    file("main.js", source.as_bytes());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    let output = command.arg("run").arg(folder.path().join("main.js")).output().unwrap();
    let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert_eq!((output.status.code(), stderr.as_str()), (Some(7), ""), "{stdout}");
}
