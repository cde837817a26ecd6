//! What a Rust program has of the crate: the names at its root.

use runtime_wasm::{
    Access, CallLimits, Caller, Caps, Cause, ErrorCode, HostRef, Input, InstanceBuilder, InstanceId, Limits, Module,
    Output, ReachedLimit, RestartPolicy, Runtime, Status, Value, WasmError,
};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LONG: Duration = Duration::from_secs(60);

async fn compiled(text: &str) -> Module {
    Runtime::new().unwrap().compile(wat::parse_str(text).unwrap()).await.unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, WasmError>) -> ErrorCode {
    result.unwrap_err().code
}

const BASIC: &str = r#"(module
    (memory (export "memory") 1 4)
    (table (export "table") 2 externref)
    (global (export "g") (mut i64) (i64.const 7))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "two") (result i32 f64) (i32.const 1) (f64.const 2.5))
    (func (export "self") (result funcref) (ref.func $twice))
    (func $twice (export "twice") (param i64) (result i64) (i64.mul (i64.const 2) (local.get 0)))
    (func (export "same") (param externref) (result externref) (local.get 0))
    (func (export "spin") (loop (br 0)))
    (func (export "trap") unreachable))"#;

#[tokio::test]
async fn exports_are_called_with_rusts_own_types() {
    let instance = compiled(BASIC).await.instantiate().await.unwrap();
    assert_eq!(instance.call::<i32>("add", (5, 3)).await.unwrap(), 8);
    assert_eq!(instance.call::<(i32, f64)>("two", ()).await.unwrap(), (1, 2.5));
    assert_eq!(
        instance.call::<Vec<Value>>("add", &[Value::I32(1), Value::I32(-1)][..]).await.unwrap(),
        [Value::I32(0)]
    );
    let wrong = instance.call::<i64>("add", (5, 3)).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Type);
    assert!(wrong.message.contains("\"add\" are (i32), and are read as (i64)"), "{wrong}");
    assert_eq!(code(instance.call::<i32>("add", (5, 3i64)).await), ErrorCode::Type);
    assert_eq!(code(instance.call::<i32>("add", 5).await), ErrorCode::Type);
    assert_eq!(code(instance.call::<()>("nothing", ()).await), ErrorCode::ExportNotFound);
    let Value::Func(func) = instance.call::<Vec<Value>>("self", ()).await.unwrap()[0].clone() else { panic!() };
    assert_eq!(instance.call_func::<i64>(func, 21i64).await.unwrap(), 42);
    let (results, end) = instance.call_batch([("twice", 1i64), ("twice", 2), ("add", 3), ("twice", 4)]).await.unwrap();
    assert_eq!(results, [[Value::I64(2)], [Value::I64(4)]]);
    assert_eq!(code(end), ErrorCode::Type);
    assert_eq!(instance.exports().len(), 10);
}

#[tokio::test]
async fn memory_globals_tables_and_fuel_are_at_hand() {
    let module = compiled(BASIC).await;
    let instance = module.instance().limits(Limits::new().fuel(1_000)).start().await.unwrap();
    instance.write_memory(65_530, *b"hello").await.unwrap();
    assert_eq!(instance.read_memory(65_530, 5).await.unwrap(), b"hello");
    assert_eq!(code(instance.read_memory(65_530, 7).await), ErrorCode::Memory);
    assert_eq!((instance.grow_memory(2).await.unwrap(), instance.memory_pages().await.unwrap()), (1, 3));
    instance.set_global("g", 9i64).await.unwrap();
    assert_eq!(instance.global("g").await.unwrap(), Value::I64(9));
    assert_eq!(code(instance.set_global("g", 9).await), ErrorCode::Type);
    let value = HostRef::new(vec![1, 2, 3]);
    instance.set_table_element("table", 1, value.clone()).await.unwrap();
    assert_eq!(instance.table_element("table", 1).await.unwrap(), value.into());
    assert_eq!(instance.grow_table("table", 3, Value::Null).await.unwrap(), 2);
    assert_eq!(instance.table_elements("table").await.unwrap(), 5);
    let same: HostRef = instance.call("same", HostRef::new("text")).await.unwrap();
    assert_eq!(same.downcast_ref::<&str>(), Some(&"text"));
    let spent = instance.call_with::<()>("spin", (), &CallLimits::new().fuel(100)).await.unwrap_err();
    assert_eq!((spent.code, spent.limit), (ErrorCode::FuelExhausted, Some(ReachedLimit::Fuel)));
}

#[tokio::test]
async fn bytes_and_text_go_in_and_come_out_in_one_call() {
    let module = compiled(include_str!("js/wat/bytes.wat")).await;
    let instance = module.instance().limits(Limits::new().fuel(100_000)).start().await.unwrap();
    assert_eq!(instance.call_bytes("copy", [1, 2, 255]).await.unwrap(), [1, 2, 255]);
    assert!(instance.call_bytes("same", []).await.unwrap().is_empty());
    assert_eq!(instance.call_text("copy", "grüße").await.unwrap(), "grüße");
    assert_eq!(instance.global("live").await.unwrap(), Value::I32(0));
    let spent = instance.call_text_with("spin", "text", &CallLimits::new().fuel(100)).await.unwrap_err();
    assert_eq!((spent.code, spent.limit), (ErrorCode::FuelExhausted, Some(ReachedLimit::Fuel)));
    assert_eq!(code(instance.call_bytes("add", [1]).await), ErrorCode::Type);
    assert_eq!(code(instance.call_bytes("trap", [1]).await), ErrorCode::Call);
    assert_eq!(code(instance.call_bytes("copy", vec![0; 70_000]).await), ErrorCode::Memory);
}

/// What is dropped last of all that stands for a value tells of it.
struct Told(mpsc::Sender<()>);

impl Drop for Told {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_value_that_a_guest_held_goes_with_the_guest() {
    let instance = compiled(BASIC).await.instantiate().await.unwrap();
    let (tell, told) = mpsc::channel();
    instance.set_table_element("table", 0, HostRef::new(Told(tell))).await.unwrap();
    assert!(told.try_recv().is_err());
    instance.close().await;
    told.recv_timeout(LONG).unwrap();
}

const CALLS: &str = r#"(module
    (import "env" "plain" (func $plain (param i32 i32) (result i32)))
    (import "env" "waits" (func $waits (param i64) (result i64)))
    (import "env" "base" (global $base i32))
    (memory (export "memory") 1) (data (i32.const 8) "some text")
    (func (export "plain") (result i32) (call $plain (i32.const 8) (i32.const 9)))
    (func (export "waits") (param i64) (result i64) (call $waits (local.get 0)))
    (func (export "base") (result i32) (global.get $base))
    (func (export "deep") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 100))
            (else (i64.add (i64.const 1) (call $waits (i64.sub (local.get 0) (i64.const 1))))))))"#;

/// Both host functions do what they are for.
fn with_functions(module: &Module) -> InstanceBuilder {
    module
        .instance()
        .global("env", "base", 40)
        .function("env", "plain", |caller: &mut Caller<'_>, (at, length): (u32, u32)| {
            let text = caller.read_memory(at.into(), length.into())?.to_vec();
            caller.write_memory(100, &text.to_ascii_uppercase())?;
            caller.memory()?[200] = 1;
            Ok(text.len() as i32)
        })
        .async_function("env", "waits", |caller, n: i64| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            caller.write_memory(300, *b"was here").await?;
            caller.call::<i64>("deep", n).await.map_err(Into::into)
        })
}

#[tokio::test]
async fn host_functions_reach_the_guest_that_calls_them() {
    let module = compiled(CALLS).await;
    let instance = with_functions(&module).start().await.unwrap();
    assert_eq!(instance.call::<i32>("base", ()).await.unwrap(), 40);
    assert_eq!(instance.call::<i32>("plain", ()).await.unwrap(), 9);
    assert_eq!(instance.read_memory(100, 9).await.unwrap(), b"SOME TEXT");
    assert_eq!(instance.read_memory(200, 1).await.unwrap(), [1]);
    assert_eq!(instance.call::<i64>("waits", 4i64).await.unwrap(), 104);
    assert_eq!(instance.read_memory(300, 8).await.unwrap(), b"was here");
    assert_eq!(instance.stats().host_calls, 6);
    // Guest and host call each other 16 deep, and no deeper.
    let error = instance.call::<i64>("waits", 40i64).await.unwrap_err();
    assert!(error.code == ErrorCode::Call && root_of(&error).contains("16 deep"), "{error}: {}", root_of(&error));
}

/// The innermost error, as a text.
fn root_of(error: &WasmError) -> String {
    let mut error: &dyn Error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Without a tokio runtime of the program's own a host function has the crate's.
#[test]
fn host_functions_wait_without_a_runtime_of_the_programs() {
    let (give, take) = mpsc::channel();
    // Whatever polls: this thread only parks.
    let answered = std::thread::spawn(move || {
        let sum = pollster(async {
            let instance = with_functions(&compiled(CALLS).await).start().await?;
            instance.call::<i64>("waits", 1i64).await
        });
        give.send(sum).unwrap();
    });
    assert_eq!(take.recv_timeout(LONG).unwrap().unwrap(), 101);
    answered.join().unwrap();
}

/// The smallest executor.
fn pollster<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

const ONE: &str = r#"(module (import "env" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $f (local.get 0))))"#;

#[tokio::test]
async fn what_a_host_function_fails_with_is_the_source_of_the_error() {
    #[derive(Debug, PartialEq)]
    struct OutOfStock(i32);
    impl std::fmt::Display for OutOfStock {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "article {} is out of stock", self.0)
        }
    }
    impl Error for OutOfStock {}
    let module = compiled(ONE).await;
    let plain =
        module.instance().function("env", "f", |_: &mut Caller<'_>, n: i32| Err::<i32, _>(OutOfStock(n).into()));
    let waits =
        module.instance().async_function("env", "f", |_, n: i32| async move { Err::<i32, _>(OutOfStock(n).into()) });
    for builder in [plain, waits] {
        let error = builder.start().await.unwrap().call::<i32>("f", 7).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::Call);
        assert!(
            error.message.ends_with("the host function \"env\" \"f\" failed: article 7 is out of stock"),
            "{error}"
        );
        let source = error.source().unwrap().downcast_ref::<OutOfStock>();
        assert_eq!(source, Some(&OutOfStock(7)));
        assert_eq!(error.import.map(|import| import.name), Some("f".to_owned()));
        assert_eq!(error.call.map(|call| call.args), Some(vec![Value::I32(7)]));
    }
}

#[tokio::test]
async fn a_panic_in_a_host_function_is_an_error_of_that_call() {
    let module = compiled(ONE).await;
    let panics = |n: i32| if n > 0 { panic!("on purpose") } else { n };
    let at_once = module.instance().function("env", "f", move |_: &mut Caller<'_>, n| Ok(panics(n)));
    let before_it_waits = module.instance().async_function("env", "f", move |_, n: i32| {
        let result = panics(n);
        async move { Ok(result) }
    });
    let while_it_waits = module.instance().async_function("env", "f", move |_, n: i32| async move {
        tokio::task::yield_now().await;
        Ok(panics(n))
    });
    for builder in [at_once, before_it_waits, while_it_waits] {
        let instance = builder.start().await.unwrap();
        assert_eq!(instance.call::<i32>("f", 0).await.unwrap(), 0);
        let error = instance.call::<i32>("f", 1).await.unwrap_err();
        assert!(error.code == ErrorCode::Call && error.message.ends_with("it panicked: on purpose"), "{error}");
    }
}

#[tokio::test]
async fn what_a_host_function_returns_must_be_of_the_type() {
    let module = compiled(ONE).await;
    let wrong_type = module.instance().function("env", "f", |_: &mut Caller<'_>, n: i32| Ok(i64::from(n)));
    let wrong_count = module.instance().function("env", "f", |_: &mut Caller<'_>, _: i32| Ok((1, 2)));
    for builder in [wrong_type, wrong_count] {
        let error = builder.start().await.unwrap().call::<i32>("f", 7).await.unwrap_err();
        assert!(error.code == ErrorCode::Type && error.message.contains("the host function \"env\" \"f\""), "{error}");
    }
    let other_args = module.instance().function("env", "f", |_: &mut Caller<'_>, _: (i32, i32)| Ok(1));
    let error = other_args.start().await.unwrap().call::<i32>("f", 7).await.unwrap_err();
    assert!(error.message.contains("its arguments are (i32), and are read as (i32, i32)"), "{error}");
    assert_eq!(code(module.instantiate().await.map(drop)), ErrorCode::Instantiate);
    let trapping = module.instance().trap_unknown_imports().start().await.unwrap();
    assert_eq!(code(trapping.call::<i32>("f", 7).await), ErrorCode::Call);
}

/// A guest that waits in a host function is stopped as one that spins; what the function held is dropped, and asks nobody any more.
#[tokio::test]
async fn a_stop_drops_the_host_function_that_is_waited_for() {
    let (tell, told) = mpsc::channel();
    let (began, begun) = tokio::sync::oneshot::channel();
    let began = std::sync::Mutex::new(Some(began));
    let module = compiled(ONE).await;
    let builder = module.instance().async_function("env", "f", move |caller, _: i32| {
        let held = Told(tell.clone());
        let began = began.lock().unwrap().take().unwrap();
        async move {
            began.send(caller).unwrap();
            std::future::pending::<()>().await;
            drop(held);
            Ok(0)
        }
    });
    let instance = builder.start().await.unwrap();
    let ending = async {
        let caller = begun.await.unwrap();
        instance.terminate("enough");
        caller
    };
    let (called, caller) = tokio::join!(instance.call::<i32>("f", 1), ending);
    assert!(called.unwrap_err().message.contains("enough"));
    told.recv_timeout(LONG).unwrap();
    assert_eq!(code(caller.call::<i32>("f", 1).await), ErrorCode::InvalidInstanceHandle);
    let ended = instance.closed().await;
    assert_eq!((ended.reason, ended.message.as_deref()), ("terminated", Some("enough")));
}

#[tokio::test]
async fn a_handle_that_is_dropped_ends_its_guest_and_a_detached_one_does_not() {
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(wat::parse_str(BASIC).unwrap()).await.unwrap();
    let spins = module.instantiate().await.unwrap();
    let id = spins.id();
    let spinning = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.call::<()>(id, "spin", ()).await }
    });
    while spins.stats().calls == 0 {
        tokio::task::yield_now().await;
    }
    drop(spins);
    assert_eq!(code(spinning.await.unwrap()), ErrorCode::Call);
    let gone = runtime.call::<i32>(id, "add", (1, 2)).await.unwrap_err();
    assert_eq!(gone.ended.map(|ended| ended.reason), Some("dropped"));
    let id = module.instantiate().await.unwrap().detach();
    assert_eq!(runtime.call::<i32>(id, "add", (1, 2)).await.unwrap(), 3);
    assert_eq!(runtime.stats().iter().map(|stats| stats.id).collect::<Vec<_>>(), [id.0]);
    runtime.end(id).await.unwrap();
    assert_eq!(code(runtime.end(id).await), ErrorCode::InvalidInstanceHandle);
    assert_eq!(code(runtime.end(InstanceId(u64::MAX)).await), ErrorCode::InvalidInstanceHandle);
    // The handles hold the runtime, whichever goes last.
    let last = module.instantiate().await.unwrap();
    drop((module, runtime));
    assert_eq!(last.call::<i32>("add", (1, 2)).await.unwrap(), 3);
    assert_eq!(last.close().await.reason, "dropped");
}

#[tokio::test]
async fn a_snapshot_shows_a_guest_that_spins_and_its_sums_never_fall() {
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(wat::parse_str(BASIC).unwrap()).await.unwrap();
    let limits = Limits::new().fuel(1 << 40).memory_bytes(1 << 20).mailbox(3);
    let spins = module.instance().name("spins").limits(limits).start().await.unwrap();
    let id = spins.id();
    assert_eq!(code(spins.call::<()>("nowhere", ()).await), ErrorCode::ExportNotFound);
    let spinning = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.call::<()>(id, "spin", ()).await }
    });
    let seen = loop {
        let snapshot = runtime.snapshot();
        if snapshot.instances[0].busy_for > Some(Duration::from_millis(5)) {
            break snapshot;
        }
        tokio::task::yield_now().await;
    };
    let [of] = &seen.instances[..] else { panic!("{seen:?}") };
    assert_eq!(
        (of.id, &*of.name, of.state, of.doing.as_deref()),
        (id.0, "spins", Status::Running, Some("the call of \"spin\""))
    );
    assert_eq!((of.memory_limit, of.mailbox_limit, of.failed, of.restart_count), (1 << 20, 3, 1, 0));
    assert_eq!(of.last_error.as_ref().map(|error| error.code), Some(ErrorCode::ExportNotFound));
    assert!(of.cpu >= Duration::from_millis(1) && of.started <= seen.at && seen.uptime >= of.busy_for.unwrap());
    // With its table.
    assert_eq!(seen.memory_bytes, of.memory_bytes + 2 * 16);
    assert_eq!((seen.modules.len(), seen.modules[0].id), (1, of.module));
    assert_eq!((seen.totals.started, seen.totals.ended.len(), seen.ended.len()), (1, 0, 0));

    drop(spins);
    assert_eq!(code(spinning.await.unwrap()), ErrorCode::Call);
    // Those that have been told to end are there until their threads are gone.
    let gone = loop {
        let snapshot = runtime.snapshot();
        assert!(snapshot.totals.calls >= 1 && snapshot.totals.cpu >= seen.totals.cpu, "{snapshot:?}");
        match &snapshot.instances[..] {
            [] => break snapshot,
            [of] => assert!(matches!(of.state, Status::Stopping | Status::Dead), "{of:?}"),
            _ => panic!("{snapshot:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(gone.totals.ended.iter().collect::<Vec<_>>(), [(&"dropped", &1)]);
    assert_eq!((gone.ended[0].id, gone.ended[0].reason, gone.memory_bytes), (id.0, "dropped", 0));
    assert_eq!((gone.failed(ErrorCode::ExportNotFound), gone.failed(ErrorCode::Call)), (1, 1));
    let text = gone.to_prometheus();
    assert!(text.contains("runtime_wasm_instances_ended_total{reason=\"dropped\"} 1\n"), "{text}");
}

#[tokio::test]
async fn limits_hold_and_an_instance_may_be_made_anew() {
    let module = compiled(BASIC).await;
    let policy = RestartPolicy::new(1, LONG).on([Cause::Timeout]);
    let limits = Limits::new().timeout(Duration::from_millis(20)).memory_bytes(65_536 * 2).mailbox(3);
    let instance = module.instance().name("again").limits(limits).restart(policy).start().await.unwrap();
    assert_eq!(code(instance.grow_memory(2).await), ErrorCode::Memory);
    let error = instance.call::<()>("spin", ()).await.unwrap_err();
    assert_eq!((error.code, error.limit), (ErrorCode::FuelExhausted, Some(ReachedLimit::Time)));
    assert_eq!(instance.call::<i32>("add", (1, 2)).await.unwrap(), 3);
    let short = CallLimits::new().cpu(Duration::from_millis(10)).timeout(LONG);
    assert!(instance.call_with::<()>("spin", (), &short).await.is_err());
    assert_eq!(instance.closed().await.reason, "timeout");
    assert_eq!(code(module.instance().limits(Limits::new().mailbox(100_000)).start().await.map(drop)), ErrorCode::Type);
}

const CAT: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 1024))
        (loop $more
            (i32.store (i32.const 4) (i32.const 4096))
            (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)) (then (call $exit (i32.const 3))))
            (if (i32.load (i32.const 4)) (then
                (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 4))))
                (br $more))))
        (call $exit (i32.const 7))))"#;

#[tokio::test]
async fn streams_are_tokios_own_traits_with_back_pressure() {
    let module = compiled(CAT).await;
    let mut instance = module.instance().stdin(Input::Piped).stdout(Output::Piped).start().await.unwrap();
    let (mut stdin, mut stdout) = (instance.take_stdin().unwrap(), instance.take_stdout().unwrap());
    assert!(instance.take_stdin().is_none() && instance.take_stdout().is_none() && instance.take_stderr().is_none());
    // More than both pipes and the guest hold at once.
    let sent: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
    let mut received = Vec::new();
    let writing = async {
        stdin.write_all(&sent).await.unwrap();
        stdin.shutdown().await.unwrap();
        assert_eq!(stdin.write(b"x").await.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    };
    let (code, (), read) = tokio::join!(instance.run(), writing, stdout.read_to_end(&mut received));
    assert_eq!((code.unwrap(), read.unwrap()), (7, sent.len()));
    assert!(received == sent);
    let bytes = module.instance().stdin(Input::Bytes(b"given".to_vec())).stdout(Output::Piped);
    let mut instance = bytes.start().await.unwrap();
    let (mut stdout, mut text) = (instance.take_stdout().unwrap(), String::new());
    let (code, _) = tokio::join!(instance.run(), stdout.read_to_string(&mut text));
    assert_eq!((code.unwrap(), text.as_str()), (7, "given"));
    // Whose reader has gone is told so.
    let mut instance = module.instance().stdin(Input::Bytes(vec![1])).stdout(Output::Piped).start().await.unwrap();
    drop(instance.take_stdout());
    assert_eq!(instance.run().await.unwrap(), 4);
}

/// An end of a pipe that is dropped closes it, also after it has waited.
#[tokio::test]
async fn a_writer_that_has_waited_closes_the_pipe_when_it_is_dropped() {
    let module = compiled(CAT).await;
    let mut instance = module.instance().stdin(Input::Piped).start().await.unwrap();
    let mut stdin = instance.take_stdin().unwrap();
    // Nobody reads yet: it fills up, and the write that waits is given up.
    let full = tokio::time::timeout(Duration::from_millis(20), stdin.write_all(&vec![0; 1 << 20])).await;
    assert!(full.is_err());
    drop(stdin);
    assert_eq!(instance.run().await.unwrap(), 7);
}

#[tokio::test]
async fn what_is_not_granted_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.wasm"), wat::parse_str(BASIC).unwrap()).unwrap();
    fs::write(at("b.wasm"), wat::parse_str(CAT).unwrap()).unwrap();
    fs::create_dir(at("data")).unwrap();
    let plain = Runtime::new().unwrap();
    assert_eq!(code(plain.compile_file(at("a.wasm").to_str().unwrap()).await.map(drop)), ErrorCode::PermissionDenied);
    let caps =
        Caps::builder().base(folder.path()).load("a.wasm").load_pinned("b.wasm", [0; 32]).preopen("data", Access::Read);
    let runtime = Runtime::builder().caps(caps.max_instances(1).build().unwrap()).build().unwrap();
    let module = runtime.compile_file("a.wasm").await.unwrap();
    assert_eq!(code(runtime.compile_file("b.wasm").await.map(drop)), ErrorCode::PermissionDenied);
    assert_eq!(code(runtime.compile_file("../a.wasm").await.map(drop)), ErrorCode::PermissionDenied);
    for (path, access, expected) in [
        ("data", Access::ReadWrite, ErrorCode::PermissionDenied),
        (".", Access::Read, ErrorCode::PermissionDenied),
        ("data/none", Access::Read, ErrorCode::Wasi),
    ] {
        assert_eq!(code(module.instance().preopen("/d", path, access).start().await.map(drop)), expected, "{path}");
    }
    let one = module.instance().preopen("/d", "data", Access::Read).start().await.unwrap();
    assert_eq!(code(module.instantiate().await.map(drop)), ErrorCode::Instantiate);
    one.close().await;
    let opened = fs::File::open(at("data")).unwrap();
    module.instance().preopen_opened("/d", opened, Access::ReadWrite).start().await.unwrap();
}

#[test]
fn a_grant_that_cannot_be_names_what_is_wrong() {
    let wrong = |error: WasmError, says: &str| {
        assert!(error.code == ErrorCode::Type && error.message.contains(says), "{error}");
    };
    wrong(Caps::builder().load("").build().unwrap_err(), "load(\"\")");
    wrong(Caps::builder().preopen("~someone/x", Access::Read).build().unwrap_err(), "~user");
    wrong(Caps::builder().load("a[").build().unwrap_err(), "load(\"a[\")");
    wrong(Caps::builder().fetch("nonsense").build().unwrap_err(), "fetch(\"nonsense\")");
    wrong(Caps::builder().limits(Limits::new().mailbox(0)).build().unwrap_err(), "mailbox");
}

/// Errors of the system are below those of the crate.
#[tokio::test]
async fn an_error_says_what_the_system_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = Runtime::new().unwrap().compile(b"no module".to_vec()).await.map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::Compile);
    let caps =
        Caps::from_file(&folder.path().join("manifest.app.toml")).map(drop).map_err(WasmError::from).unwrap_err();
    assert!(caps.source().is_some_and(|source| source.to_string().contains("cannot be read")), "{caps}");
}

/// Dropping a request that has not begun takes it back.
#[tokio::test]
async fn a_request_that_is_dropped_before_its_turn_never_runs() {
    let module = compiled(ONE).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counts = calls.clone();
    let (go, gone) = tokio::sync::watch::channel(false);
    let builder = module.instance().async_function("env", "f", move |_, n: i32| {
        counts.fetch_add(1, Ordering::SeqCst);
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|gone| *gone).await?;
            Ok(n)
        }
    });
    let instance = Arc::new(builder.start().await.unwrap());
    let first = tokio::spawn({
        let instance = instance.clone();
        async move { instance.call::<i32>("f", 1).await }
    });
    while calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    {
        let mut second = std::pin::pin!(instance.call::<i32>("f", 2));
        assert!(futures_now(second.as_mut()).is_none());
    }
    go.send(true).unwrap();
    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert_eq!(instance.call::<i32>("f", 3).await.unwrap(), 3);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// Polls once.
fn futures_now<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

/// The crate's root is all that a program has, unless it asks for what is inside.
#[tokio::test]
async fn a_component_is_called_with_numbers() {
    let component = r#"(component
        (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
        (core instance $i (instantiate $m))
        (func (export "add") (param "a" u32) (param "b" u8) (result u32) (canon lift (core func $i "add"))))"#;
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(wat::parse_str(component).unwrap()).await.unwrap();
    let instance = module.instance().start().await.unwrap();
    assert_eq!(instance.call::<u32>("add", (4_000_000_000u32, 5)).await.unwrap(), 4_000_000_005);
    let error = instance.call::<u32>("add", (1, 256)).await.unwrap_err();
    assert!(error.message.contains("function of a component"), "{error}");
}

#[test]
fn everything_else_is_inside() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut public = Vec::new();
    let mut before = "";
    let mut condition = "";
    for line in text.lines() {
        if line.starts_with("#[cfg(") {
            condition = line;
        }
        let is_inside = condition == "#[cfg(feature = \"internals\")]" && before == "#[doc(hidden)]";
        if let Some(name) = line.strip_prefix("pub mod ").filter(|_| !is_inside) {
            public.push(name.trim_end_matches([' ', ';', '{']));
        }
        if line.is_empty() {
            condition = "";
        }
        before = line;
    }
    assert_eq!(public, ["cli", "host", "ops", "info"]);
}

/// A host function may hold the runtime, and be the last to let go of it: on the guest's own thread.
#[tokio::test]
async fn a_host_function_may_be_the_last_that_holds_the_runtime() {
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(wat::parse_str(ONE).unwrap()).await.unwrap();
    let (tell, told) = mpsc::channel();
    let held = (runtime.clone(), module.clone(), Told(tell));
    let builder = module.instance().function("env", "f", move |_: &mut Caller<'_>, n: i32| {
        // All of it is captured.
        let held = &held;
        assert_eq!(held.0.alive(), 1);
        Ok(n)
    });
    let instance = builder.start().await.unwrap();
    assert_eq!(instance.call::<i32>("f", 1).await.unwrap(), 1);
    drop((runtime, module, instance));
    tokio::task::spawn_blocking(move || told.recv_timeout(LONG).unwrap()).await.unwrap();
}

struct Counting(AtomicUsize);

impl std::task::Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Who is polled for another reason, and finds nothing, is not woken by that.
#[tokio::test]
async fn a_stream_that_waits_wakes_nobody_by_being_looked_at() {
    let module = compiled(CAT).await;
    let mut instance = module.instance().stdin(Input::Piped).stdout(Output::Piped).start().await.unwrap();
    let (mut stdin, mut stdout) = (instance.take_stdin().unwrap(), instance.take_stdout().unwrap());
    let counting = Arc::new(Counting(AtomicUsize::new(0)));
    let waker = counting.clone().into();
    let mut context = std::task::Context::from_waker(&waker);
    let (mut room, full) = ([0; 10], vec![0; 1 << 20]);
    // The guest has not been called: nobody reads and nobody writes.
    while stdin.write(&full).now().is_some() {}
    for _ in 0..5 {
        let mut room = tokio::io::ReadBuf::new(&mut room);
        assert!(tokio::io::AsyncRead::poll_read(std::pin::Pin::new(&mut stdout), &mut context, &mut room).is_pending());
        assert!(tokio::io::AsyncWrite::poll_write(std::pin::Pin::new(&mut stdin), &mut context, &full).is_pending());
    }
    assert_eq!(counting.0.load(Ordering::SeqCst), 0);
    drop(instance);
    while counting.0.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
}

trait Now: Future + Sized {
    /// Polls once, and gives it up.
    fn now(self) -> Option<Self::Output> {
        futures_now(std::pin::pin!(self))
    }
}

impl<F: Future> Now for F {}

const TWO: &str = r#"(module
    (import "env" "blocks" (func $blocks (result i32))) (import "env" "yields" (func $yields))
    (global $bumped (export "bumped") (mut i32) (i32.const 0))
    (func (export "bump") (global.set $bumped (i32.add (global.get $bumped) (i32.const 1))))
    (func (export "spin") (loop (br 0)))
    (func (export "blocks") (result i32) (call $blocks))
    (func (export "yields_and_blocks") (result i32) (call $yields) (call $blocks))
    (func (export "yields") (call $yields)))"#;

/// Whatever the guest has done before.
#[test]
fn a_plain_host_function_may_wait_for_a_tokio_runtime() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let handle = tokio.handle().clone();
    tokio.block_on(async move {
        let module = compiled(TWO).await;
        let builder = module.instance().function("env", "blocks", move |_: &mut Caller<'_>, ()| {
            Ok(handle.block_on(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                7
            }))
        });
        let builder = builder.async_function("env", "yields", |_, ()| async move {
            tokio::task::yield_now().await;
            Ok(())
        });
        let instance = builder.start().await.unwrap();
        assert_eq!(instance.call::<i32>("blocks", ()).await.unwrap(), 7);
        assert_eq!(instance.call::<i32>("yields_and_blocks", ()).await.unwrap(), 7);
    });
}

#[tokio::test]
async fn a_request_to_a_waiting_guest_that_is_given_up_never_runs() {
    let module = compiled(TWO).await;
    let builder = module.instance().function("env", "blocks", |_: &mut Caller<'_>, ()| Ok(0));
    let builder = builder.async_function("env", "yields", |caller, ()| async move {
        assert!(caller.call::<()>("bump", ()).now().is_none());
        caller.call::<()>("bump", ()).await?;
        Ok(())
    });
    let instance = builder.start().await.unwrap();
    instance.call::<()>("yields", ()).await.unwrap();
    assert_eq!(instance.global("bumped").await.unwrap(), Value::I32(1));
}

#[tokio::test]
async fn a_host_function_that_would_wait_for_its_own_instance_is_told_so() {
    let runtime = Runtime::new().unwrap();
    let module = runtime.compile(wat::parse_str(TWO).unwrap()).await.unwrap();
    let other = module.instance().trap_unknown_imports().start().await.unwrap().detach();
    let builder = module.instance().function("env", "blocks", |_: &mut Caller<'_>, ()| Ok(0));
    let builder = builder.async_function("env", "yields", move |caller, ()| {
        let runtime = runtime.clone();
        async move {
            // Of another instance it may ask anything.
            runtime.call::<()>(other, "bump", ()).await?;
            runtime.call::<()>(caller.id(), "bump", ()).await?;
            Ok(())
        }
    });
    let error = builder.start().await.unwrap().call::<()>("yields", ()).await.unwrap_err();
    assert!(error.code == ErrorCode::Call && root_of(&error).contains("would wait for itself"), "{error}");
}

/// With the runtime of one thread that nobody drives meanwhile.
#[test]
fn host_functions_wait_beside_a_runtime_of_one_thread_that_stands_still() {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instance = tokio.block_on(async { with_functions(&compiled(CALLS).await).start().await.unwrap() });
    assert_eq!(pollster(instance.call::<i64>("waits", 1i64)).unwrap(), 101);
    drop(tokio);
    assert_eq!(pollster(instance.call::<i64>("waits", 2i64)).unwrap(), 102);
}

/// Panics where it is shown, and where it is dropped.
#[derive(Debug)]
struct Nasty;

impl std::fmt::Display for Nasty {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("while it was shown")
    }
}

impl Error for Nasty {}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("while it was dropped");
    }
}

#[tokio::test]
async fn panics_of_the_programs_values_cost_no_more_than_the_call() {
    let module = compiled(TWO).await;
    let builder = module.instance().function("env", "blocks", |_: &mut Caller<'_>, ()| Err::<i32, _>(Nasty.into()));
    let builder = builder.async_function("env", "yields", |_, ()| {
        let held = PanicsWhenDropped;
        async move {
            let _held = held;
            tokio::task::yield_now().await;
            std::future::pending::<()>().await;
            Ok(())
        }
    });
    let instance = builder.start().await.unwrap();
    assert_eq!(code(instance.call::<i32>("blocks", ()).await), ErrorCode::Call);
    instance.call::<()>("bump", ()).await.unwrap();
    let (_, ended) = tokio::join!(instance.call::<()>("yields", ()), async {
        while instance.stats().host_calls < 2 {
            tokio::task::yield_now().await;
        }
        instance.terminate("enough");
        instance.closed().await
    });
    assert_eq!(ended.reason, "terminated");
    let values = compiled(BASIC).await.instantiate().await.unwrap();
    for place in 0..2 {
        values.set_table_element("table", place, HostRef::new(PanicsWhenDropped)).await.unwrap();
    }
    assert_eq!(values.close().await.reason, "dropped");
}

#[test]
fn bounds_of_the_builder_are_those_of_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let caps = Caps::builder().base(folder.path()).cache("kept").build().unwrap();
    assert_eq!(*caps.cache(), runtime_wasm::CacheChoice::At(folder.path().join("kept")));
    for (caps, name) in [
        (Caps::builder().max_instances(0), "max_instances"),
        (Caps::builder().max_module_bytes(0), "max_module_bytes"),
        (Caps::builder().limits(Limits::new().fuel(0)), "limits.fuel"),
        (Caps::builder().limits(Limits::new().memory_bytes(0)), "limits.memory_bytes"),
    ] {
        let error = caps.build().unwrap_err();
        assert!(error.code == ErrorCode::Type && error.message.contains(name), "{error}");
    }
    assert_eq!(Runtime::new().unwrap().shutdown(Duration::MAX), 0);
}
