//! Two ways to stop a guest, and but for the time that it takes nothing tells which.

#[path = "common/interruption.rs"]
mod interruption;

use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{Cause, InstanceConfig, Limits, RestartPolicy};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{Cache, Interruption, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::fs;
use std::path::Path;
use std::process::{Command as Process, Output};
use std::sync::Arc;
use std::time::Duration;

fn options(interruption: Interruption) -> RuntimeOptions {
    RuntimeOptions { interruption, ..interruption::options() }
}

async fn made(runtime: &Runtime, wat: &str, config: InstanceConfig) -> Result<Arc<Actor>, WasmError> {
    let bytes = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"));
    let module = runtime.compile("a guest".into(), bytes).await?;
    runtime.instantiate(module, config).await
}

async fn call_within(actor: &Actor, timeout: Option<Duration>) -> Result<Vec<Value>, WasmError> {
    let call = Call { name: "f".into(), timeout, ..Call::default() };
    match actor.ask(Command::Call(call)).await? {
        Answer::Values(values) => Ok(values),
        other => panic!("{other:?}"),
    }
}

/// Functions that run on, each in its own way.
fn endless() -> Vec<(&'static str, String)> {
    let tree = |calls: &str| -> String {
        let functions = (0..64).map(|n| format!("(func $f{n} {})", calls.replace('@', &format!("$f{}", n + 1))));
        format!("(module {} (func $f64) (func (export \"f\") call $f0))", functions.collect::<String>())
    };
    let deep = "(block ".repeat(200) + "(br_if 200 (i32.const 1))" + &")".repeat(200);
    let nested = "(loop ".repeat(50) + "(br_if 49 (i32.const 1))" + &" (br 0))".repeat(50);
    let locals = "(local i64)".repeat(300);
    let table = format!("(br_table {} (i32.const 7))", "0 ".repeat(5000));
    let func = |body: &str| format!("(module (func (export \"f\") {body}))");
    let recursive = |body: &str| format!("(module (func $f (export \"f\") {body}) (func $g (param i32) {body}))");
    vec![
        ("loop", func("(loop br 0)")),
        ("loop by a condition", func("(loop (br_if 0 (i32.const 1)))")),
        ("loop through many blocks", func(&format!("(loop {deep})"))),
        ("loop by a table", func(&format!("(loop {table})"))),
        ("loops in loops", func(&nested)),
        ("loop with many locals", func(&format!("{locals} (loop (local.set 7 (i64.add (local.get 7) (i64.const 1))) br 0)"))),
        ("tail call of itself", recursive("return_call $f")),
        (
            "tail calls in a circle",
            "(module (func $f (export \"f\") return_call $g) (func $g return_call $h) (func $h return_call $f))".to_owned(),
        ),
        (
            "tail call by a table",
            "(module (table funcref (elem $f)) (func $f (export \"f\") (return_call_indirect (i32.const 0))))".to_owned(),
        ),
        (
            "tail call by a reference",
            "(module (type $t (func)) (elem declare func $f) (func $f (export \"f\") (return_call_ref $t (ref.func $f))))".to_owned(),
        ),
        ("a tree of calls", tree("(call @) (call @)")),
        ("a tree of tail calls", tree("(call @) (return_call @)")),
        (
            "a tree of calls by a table",
            "(module (table funcref (elem $f)) (global $depth (mut i32) (i32.const 0))
              (func $f (export \"f\")
                (if (i32.lt_u (global.get $depth) (i32.const 60)) (then
                  (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
                  (call_indirect (i32.const 0)) (call_indirect (i32.const 0))
                  (global.set $depth (i32.sub (global.get $depth) (i32.const 1)))))))"
                .to_owned(),
        ),
        (
            "a loop by exceptions",
            "(module (tag $t) (func (export \"f\") (loop $l (try_table (catch_all $l) (throw $t)))))".to_owned(),
        ),
        (
            "a loop by exceptions of another function",
            "(module (tag $t) (func $g (throw $t)) (func (export \"f\") (loop $l (block $b (try_table (catch $t $b) (call $g))) br $l)))".to_owned(),
        ),
        (
            "a loop with a memory of its own",
            "(module (memory 1) (memory i64 1) (func (export \"f\") (loop (i64.store 1 (i64.const 8) (i64.load (i32.const 8))) br 0)))".to_owned(),
        ),
        (
            "a loop of atomic instructions",
            "(module (memory 1) (func (export \"f\") (loop (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1))) br 0)))".to_owned(),
        ),
        (
            "a loop of allocations",
            "(module (type $s (struct (field i32))) (func (export \"f\") (loop (drop (struct.new $s (i32.const 1))) br 0)))".to_owned(),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_runs_on_is_stopped_and_says_where_it_was() {
    for kind in Interruption::ALL {
        let runtime = Arc::new(Runtime::new(options(kind)).unwrap());
        let mut running = Vec::new();
        for (what, wat) in endless() {
            for fuel in [None, Some(u64::MAX / 2)] {
                let (runtime, wat) = (runtime.clone(), wat.clone());
                running.push(tokio::spawn(async move {
                    let limits = Limits { fuel, ..Limits::default() };
                    let actor = made(&runtime, &wat, InstanceConfig { limits, ..InstanceConfig::default() }).await;
                    let actor = actor.unwrap_or_else(|error| panic!("{what}: {error}"));
                    let error = call_within(&actor, Some(Duration::from_millis(50))).await.unwrap_err();
                    assert_eq!(error.code, ErrorCode::FuelExhausted, "{what} by {kind:?}, fuel {fuel:?}: {error}");
                    let gone = tokio::time::timeout(Duration::from_secs(30), actor.gone()).await;
                    assert!(gone.is_ok(), "{what} by {kind:?}, fuel {fuel:?} runs on");
                }));
            }
        }
        for ended in running {
            ended.await.unwrap();
        }
        assert_eq!(runtime.alive(), 0);
    }
}

#[tokio::test]
async fn a_start_function_is_stopped_and_what_is_made_after_it_has_a_page_of_its_own() {
    for kind in Interruption::ALL {
        let runtime = Runtime::new(options(kind)).unwrap();
        for _ in 0..10 {
            let limits = Limits { timeout: Some(Duration::from_millis(5)), ..Limits::default() };
            let config = InstanceConfig { limits, ..InstanceConfig::default() };
            let error = made(&runtime, "(module (func $s (loop br 0)) (start $s))", config).await.err().unwrap();
            assert_eq!(error.code, ErrorCode::FuelExhausted, "{error}");
            let counts = "(module (func (export \"f\") (result i32) (local i32)
                (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000))))
                (local.get 0)))";
            let actor = made(&runtime, counts, InstanceConfig::default()).await.unwrap();
            assert_eq!(call_within(&actor, None).await.unwrap(), [Value::I32(1000)]);
            actor.stop(StopReason::Dropped);
            actor.gone().await;
        }
    }
}

#[tokio::test]
async fn a_fresh_guest_after_a_time_limit_runs_on_until_its_own() {
    let restart = RestartPolicy {
        on: vec![Cause::Timeout, Cause::Trap],
        max: 100,
        within: Duration::from_secs(600),
        backoff: Duration::ZERO,
    };
    for kind in Interruption::ALL {
        let runtime = Runtime::new(options(kind)).unwrap();
        let guest = "(module (global $runs (mut i32) (i32.const 0))
            (func $spin (loop br 0))
            (func (export \"f\") (result i32) (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
                (if (i32.eq (global.get $runs) (i32.const 2)) (then (call $spin)))
                (global.get $runs)))";
        let config = InstanceConfig { restart: Some(restart.clone()), ..InstanceConfig::default() };
        let actor = made(&runtime, guest, config).await.unwrap();
        for _ in 0..20 {
            assert_eq!(call_within(&actor, None).await.unwrap(), [Value::I32(1)], "{kind:?}");
            let error = call_within(&actor, Some(Duration::from_millis(3))).await.unwrap_err();
            assert_eq!((error.code, actor.reason()), (ErrorCode::FuelExhausted, None), "{error}");
        }
    }
}

/// A guest that traps below a loop and calls, with memories that nobody must miss and none to be added.
const TRAPPING: &str = r#"(module $guest
    (import "env" "memory" (memory 1))
    (memory $own (export "memory") 2 3)
    (data (memory $own) (i32.const 16) "found in the dump")
    (global $g (mut i64) (i64.const 7))
    (func $inner (param i32) (loop (br_if 0 (i32.const 0)) (if (local.get 0) (then unreachable))) (call $other))
    (func $other nop)
    (func $middle (param i32) (call $other) (call $inner (local.get 0)) (call $inner (i32.const 0)))
    (func (export "f") (loop (call $middle (i32.const 0)) (call $middle (i32.const 1)) (br 0))))"#;

#[tokio::test]
async fn a_core_dump_is_the_same() {
    use runtime_wasm::actor::host_call::{Given, HostEvents, HostImports};
    let mut dumps = Vec::new();
    for kind in Interruption::ALL {
        let folder = tempfile::tempdir().unwrap();
        let core_dumps = Some(folder.path().to_owned());
        let runtime = Runtime::new(RuntimeOptions { core_dumps, ..options(kind) }).unwrap();
        let (events, _receiver) = HostEvents::new();
        let imports = Some(HostImports { events, set: 1, given: vec![Given::Fresh] });
        let config = InstanceConfig { imports, name: "guest".into(), ..InstanceConfig::default() };
        let actor = made(&runtime, TRAPPING, config).await.unwrap();
        let error = call_within(&actor, None).await.unwrap_err();
        assert_eq!((error.trap, error.guest_stack.len()), (Some("unreachable"), 3));
        // It lives on, and traps again.
        assert_eq!(call_within(&actor, None).await.unwrap_err().trap, Some("unreachable"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        dumps.push(fs::read(file).unwrap());
    }
    assert!(dumps[0].windows(17).any(|part| part == b"found in the dump"));
    assert_eq!(dumps[0], dumps[1]);
}

#[tokio::test]
async fn limits_and_statistics_know_nothing_of_the_page() {
    let mut seen = Vec::new();
    for kind in Interruption::ALL {
        let runtime = Runtime::new(options(kind)).unwrap();
        let mut of_kind = Vec::new();
        let guest = "(module (memory 1 2) (func (export \"f\") (result i32) (loop (br_if 0 (i32.const 0)))
            (memory.grow (i32.const 1))))";
        for memory_bytes in [65_535, 65_536, 131_072] {
            let limits = Limits { memory_bytes, ..Limits::default() };
            of_kind.push(match made(&runtime, guest, InstanceConfig { limits, ..InstanceConfig::default() }).await {
                Ok(actor) => {
                    let grown = call_within(&actor, None).await;
                    format!("{grown:?} {}", actor.stats().memory_bytes)
                }
                Err(error) => error.message,
            });
        }
        let nothing = "(module (func (export \"f\") (loop (br_if 0 (i32.const 0)))))";
        let limits = Limits { memory_bytes: 0, ..Limits::default() };
        let actor = made(&runtime, nothing, InstanceConfig { limits, ..InstanceConfig::default() }).await.unwrap();
        of_kind.push(format!("{} {:?}", actor.stats().memory_bytes, call_within(&actor, None).await));
        let exports = runtime.compile("m".into(), wat::parse_str(TRAPPING).unwrap()).await.unwrap();
        of_kind.push(format!("{:?}", runtime.module_exports(exports).unwrap()));
        of_kind.push(format!("{:?}", runtime.inspect(exports).await.unwrap()));
        // Fuel is what the guest's own instructions cost.
        let limits = Limits { fuel: Some(1_000_000), ..Limits::default() };
        let counts = "(module (func (export \"f\") (local i32)
            (loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000))))))";
        let actor = made(&runtime, counts, InstanceConfig { limits, ..InstanceConfig::default() }).await.unwrap();
        call_within(&actor, None).await.unwrap();
        of_kind.push(format!("{:?}", actor.stats().fuel_used));
        seen.push(of_kind);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn the_page_is_within_nobodys_reach() {
    let runtime = Runtime::new(options(Interruption::Protection)).unwrap();
    // The memory that is added would be the one of this number.
    for (memories, index) in [("", 0), ("(memory 1)", 1), ("(memory 1) (memory 1)", 2)] {
        for use_of_it in [
            format!("(func (export \"f\") (loop (drop (i32.load {index} (i32.const 0))) br 0))"),
            format!("(func (export \"f\") (loop (i32.store {index} (i32.const 0) (i32.const 0)) br 0))"),
            format!("(func (export \"f\") (result i32) (loop br 0) (memory.size {index}))"),
            format!("(func (loop br 0)) (export \"page\" (memory {index}))"),
            format!("(func (loop br 0)) (data (memory {index}) (i32.const 0) \"x\")"),
        ] {
            let error =
                made(&runtime, &format!("(module {memories} {use_of_it})"), InstanceConfig::default()).await.err();
            let error = error.unwrap_or_else(|| panic!("{memories} {use_of_it}"));
            assert!(error.code == ErrorCode::Compile && error.message.contains("unknown memory"), "{error}");
        }
    }
    // Nor do guests get what its memory needs.
    let small_pages = "(module (memory 1 (pagesize 1)) (func (loop br 0)))";
    let error = made(&runtime, small_pages, InstanceConfig::default()).await.err().unwrap();
    assert!(error.message.contains("page size"), "{error}");
    let shared = "(module (memory 1 1 shared) (func (loop br 0)))";
    assert!(made(&runtime, shared, InstanceConfig::default()).await.err().unwrap().message.contains("shared memory"));
    let most = |memories: usize| format!("(module {} (func (export \"f\") (loop)))", "(memory 0)".repeat(memories));
    assert!(made(&runtime, &most(100), InstanceConfig::default()).await.is_ok(), "it does not look");
    let most = |memories: usize| {
        format!("(module {} (func (export \"f\") (loop (br_if 0 (i32.const 0)))))", "(memory 0)".repeat(memories))
    };
    let actor = made(&runtime, &most(99), InstanceConfig::default()).await.unwrap();
    assert_eq!(call_within(&actor, None).await.unwrap(), []);
    let error = made(&runtime, &most(100), InstanceConfig::default()).await.err().unwrap();
    assert!(error.code == ErrorCode::Compile && error.message.contains("has 100 memories"), "{error}");
}

#[tokio::test]
async fn out_of_bounds_of_ones_own_memory_is_what_it_was() {
    for kind in Interruption::ALL {
        let runtime = Runtime::new(options(kind)).unwrap();
        for (memory, at) in
            [("", "i32.const 65536"), ("", "i32.const -4"), ("i64", "i64.const 65536"), ("i64", "i64.const -4")]
        {
            let guest =
                format!("(module (memory {memory} 1) (func (export \"f\") (loop (br_if 0 (i32.load ({at}))))))");
            let actor = made(&runtime, &guest, InstanceConfig::default()).await.unwrap();
            for _ in 0..2 {
                let error = call_within(&actor, None).await.unwrap_err();
                assert_eq!(error.trap, Some("memory out of bounds"), "{kind:?} {memory} {at}");
            }
        }
        // A memory that is moved as it grows beyond what is reserved keeps what is in it.
        let moves = "(module (memory i64 1 100000) (func (export \"f\") (result i64)
            (i64.store (i64.const 8) (i64.const 7)) (drop (memory.grow (i64.const 66000)))
            (i64.store (i64.const 4325376000) (i64.const 1)) (loop (br_if 0 (i32.const 0)))
            (i64.add (i64.load (i64.const 8)) (i64.load (i64.const 4325376000)))))";
        let limits = Limits { memory_bytes: 5 << 30, ..Limits::default() };
        let runtime = Runtime::new(RuntimeOptions { max_memory_bytes: 8 << 30, ..options(kind) }).unwrap();
        let actor = made(&runtime, moves, InstanceConfig { limits, ..InstanceConfig::default() }).await;
        assert_eq!(call_within(&actor.unwrap(), None).await.unwrap(), [Value::I64(8)]);
    }
}

#[tokio::test]
async fn code_out_of_the_cache_is_that_of_its_kind_and_knows_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(folder.path().join("cache"));
    let guest = "(module (func $inner (loop (br_if 0 (i32.const 0))) unreachable) (func $outer (export \"f\") call $inner call $inner))";
    let mut stacks = Vec::new();
    for _ in 0..2 {
        for kind in Interruption::ALL {
            let runtime = Runtime::new(RuntimeOptions { cache: Some(cache.clone()), ..options(kind) }).unwrap();
            let actor = made(&runtime, guest, InstanceConfig::default()).await.unwrap();
            stacks.push(call_within(&actor, None).await.unwrap_err().guest_stack);
        }
    }
    assert_eq!(cache.held().unwrap().entries, 2);
    assert_eq!(stacks[0], ["inner", "outer"]);
    assert!(stacks.iter().all(|stack| *stack == stacks[0]), "{stacks:?}");
}

fn program(folder: &Path, args: &[&str]) -> Output {
    Process::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .current_dir(folder)
        .env("RUNTIME_WASM_CACHE", folder.join("cache"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_command_line_and_the_manifest_choose() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // It is refused where guests are stopped by protection, and so tells which way it is.
    let telling =
        format!("(module {} (func (export \"_start\") (loop (br_if 0 (i32.const 0)))))", "(memory 0)".repeat(100));
    fs::write(at("telling.wasm"), wat::parse_str(telling).unwrap()).unwrap();
    fs::write(at("spin.wasm"), wat::parse_str("(module (func (export \"_start\") (loop br 0)))").unwrap()).unwrap();
    let refused = |args: &[&str]| {
        let output = program(folder.path(), args);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), !stderr.contains("has 100 memories"), "{stderr}");
        !output.status.success()
    };
    assert!(!refused(&["exec", "telling.wasm"]) && !refused(&["exec", "--interruption", "epoch", "telling.wasm"]));
    assert!(refused(&["exec", "--interruption", "protection", "telling.wasm"]));
    assert!(refused(&["cache", "warm", "--interruption", "protection", "telling.wasm"]));
    let output = program(folder.path(), &["exec", "--interruption", "protection", "--timeout-ms", "20", "spin.wasm"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(134) && stderr.contains("limit of 20 ms"), "{stderr}");
    let output = program(folder.path(), &["exec", "--interruption", "signal", "spin.wasm"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && stderr.contains("epoch, protection"), "{stderr}");
    fs::write(at("main.js"), "import { compileFile, instantiate } from \"runtime:wasm\"; await instantiate(await compileFile(\"telling.wasm\"));").unwrap();
    for (said, flags, expected) in [
        ("", &[][..], false),
        ("interruption = \"protection\"", &[], true),
        ("interruption = \"protection\"", &["--interruption", "epoch"], false),
        ("interruption = \"epoch\"", &["--interruption", "protection"], true),
    ] {
        fs::write(at("manifest.app.toml"), format!("[capabilities.wasm]\nload = [\"*.wasm\"]\n{said}\n")).unwrap();
        let args: Vec<&str> = ["run"].iter().chain(flags).chain(&["main.js"]).copied().collect();
        assert_eq!(refused(&args), expected, "{said} {flags:?}");
    }
}
