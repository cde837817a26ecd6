//! What a module imports, as a Rust program gives it: nothing, functions that trap, memories and tables of the instance's own.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{InstanceConfig, Limits, UnknownImports};
use runtime_wasm::actor::host_call::{Given, HostEvents, HostImports};
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::path::Path;
use std::sync::Arc;

async fn make(runtime: &Runtime, wat: &str, config: InstanceConfig) -> Result<Arc<Actor>, WasmError> {
    let module = runtime.compile("a guest".into(), wat::parse_str(wat).unwrap()).await.unwrap();
    runtime.instantiate(module, config).await
}

async fn call(actor: &Actor, name: &str) -> Result<Vec<Value>, WasmError> {
    match actor.ask(Command::Call(Call { name: name.into(), ..Call::default() })).await? {
        Answer::Values(values) => Ok(values),
        other => panic!("a call was answered with {other:?}"),
    }
}

fn given(given: &[Given]) -> InstanceConfig {
    let (events, _) = HostEvents::new();
    InstanceConfig {
        imports: Some(HostImports { events, set: 0, given: given.to_vec() }),
        limits: Limits { memory_bytes: 1 << 20, ..Limits::default() },
        ..InstanceConfig::default()
    }
}

#[tokio::test]
async fn what_nobody_has_is_refused_or_traps_when_it_is_called() {
    let runtime = Runtime::new(options()).unwrap();
    let wat = r#"(module
        (import "env" "abort" (func $abort (param i32 i64) (result f64)))
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (import "wasi_snapshot_preview1" "none" (func $none))
        (import "evil\1b[2J" "\n" (func $odd))
        (memory (export "memory") 1)
        (table funcref (elem $none))
        (func (export "fine") (result i32) (i32.const 7))
        (func (export "abort") (drop (call $abort (i32.const 1) (i64.const 2))))
        (func (export "none") (call_indirect (i32.const 0)))
        (func (export "odd") (call $odd)))"#;
    let refused = make(&runtime, wat, InstanceConfig::default()).await.map(drop).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Instantiate);
    assert!(refused.message.contains("\"env\" \"abort\" is missing"), "{refused}");
    for limits in [Limits::default(), Limits { fuel: Some(1_000_000), ..Limits::default() }] {
        let config = InstanceConfig { unknown_imports: UnknownImports::Trap, limits, ..InstanceConfig::default() };
        let actor = make(&runtime, wat, config).await.unwrap();
        for (name, import) in [
            ("abort", "\"env\" \"abort\""),
            ("none", "\"wasi_snapshot_preview1\" \"none\""),
            ("odd", "\"evil\\u{1b}[2J\" \"\\n\""),
        ] {
            let error = call(&actor, name).await.unwrap_err();
            assert_eq!(error.code, ErrorCode::Call, "{error}");
            assert!(error.message.contains(&format!("the import {import} was called, which nobody has")), "{error}");
            assert_eq!(error.import.unwrap().to_string(), import);
            assert_eq!(error.guest_stack.len(), 1);
            assert_eq!(call(&actor, "fine").await, Ok(vec![Value::I32(7)]));
        }
    }
    // What is there, but of another type, stays an error, and so does what is no function.
    for wat in [
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func)) (memory (export "memory") 1))"#,
        r#"(module (import "env" "global" (global i32)))"#,
        r#"(module (import "env" "memory" (memory 1)))"#,
        r#"(module (import "env" "table" (table 1 funcref)))"#,
    ] {
        let config = InstanceConfig { unknown_imports: UnknownImports::Trap, ..InstanceConfig::default() };
        assert_eq!(make(&runtime, wat, config).await.map(drop).unwrap_err().code, ErrorCode::Instantiate, "{wat}");
    }
}

#[tokio::test]
async fn what_is_given_beyond_the_imports_or_in_the_wrong_place_is_no_matter_or_an_error() {
    let runtime = Runtime::new(options()).unwrap();
    let wat = r#"(module (import "a" "f" (func)) (import "a" "m" (memory 1)) (import "a" "g" (global i32)))"#;
    let number = || Given::Value(Value::I32(1).into());
    let fits = [Given::Function, Given::Fresh, number(), Given::Fresh, Given::Function, Given::Nothing];
    make(&runtime, wat, given(&fits)).await.map(drop).unwrap();
    make(&runtime, wat, given(&fits[..3])).await.map(drop).unwrap();
    let wrong = [number(), Given::Function, Given::Fresh];
    let error = make(&runtime, wat, given(&wrong)).await.map(drop).unwrap_err();
    assert_eq!(error.code, ErrorCode::Instantiate);
    for text in ["\"a\" \"f\" is a value", "\"a\" \"m\" is a function", "\"a\" \"g\" is neither a memory nor a table"] {
        assert!(error.message.contains(text), "{error}");
    }
    for few in 0..3 {
        let error = make(&runtime, wat, given(&fits[..few])).await.map(drop).unwrap_err();
        assert_eq!(error.message.matches("is missing").count(), 3 - few, "{error}");
    }
}

#[tokio::test]
async fn memories_and_tables_that_are_imported_count_toward_what_all_have_and_are_given_back() {
    let options = RuntimeOptions { max_memory_bytes: 10 * 65_536, ..options() };
    let runtime = Runtime::new(options).unwrap();
    let wat = r#"(module (import "a" "m" (memory 3)) (import "a" "t" (table 4096 externref)))"#;
    for _ in 0..20 {
        // Three and one each.
        let first = make(&runtime, wat, given(&[Given::Fresh, Given::Fresh])).await.unwrap();
        let second = make(&runtime, wat, given(&[Given::Fresh, Given::Fresh])).await.unwrap();
        let error = make(&runtime, wat, given(&[Given::Fresh, Given::Fresh])).await.map(drop).unwrap_err();
        assert_eq!(error.code, ErrorCode::Instantiate);
        assert!(error.message.contains("\"a\" \"m\" cannot be made: all guests together may have"), "{error}");
        for actor in [first, second] {
            let reason = runtime_wasm::actor::control::StopReason::Dropped;
            runtime.end(InstanceId(actor.id()), reason).await.unwrap();
        }
    }
    // No size overflows anything.
    for wat in [
        r#"(module (import "a" "m" (memory 65536)))"#,
        r#"(module (import "a" "m" (memory i64 0x1_0000_0000_0000)))"#,
        r#"(module (import "a" "m" (memory i64 0x1_0000_0000_0000 0x1_0000_0000_0000)))"#,
        r#"(module (import "a" "t" (table 0xffff_ffff funcref)))"#,
        r#"(module (import "a" "t" (table i64 0xffff_ffff_ffff_ffff funcref)))"#,
    ] {
        let error = make(&runtime, wat, given(&[Given::Fresh])).await.map(drop).unwrap_err();
        assert_eq!(error.code, ErrorCode::Instantiate, "{wat}: {error}");
        assert!(error.message.contains("cannot be made"), "{error}");
    }
}

fn dumps(folder: &Path) -> Vec<Vec<u8>> {
    std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[tokio::test]
async fn a_core_dump_has_the_memory_that_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let core_dumps = Some(folder.path().to_owned());
    let runtime = Runtime::new(RuntimeOptions { core_dumps, ..options() }).unwrap();
    let wat = r#"(module
        (import "a" "m" (memory 1)) (import "a" "t" (table 1 externref)) (import "a" "g" (global (mut externref)))
        (global $mine (mut externref) (ref.null extern))
        (data (i32.const 64) "what the guest wrote")
        (func (export "f")
            (global.set $mine (extern.convert_any (ref.i31 (i32.const 5))))
            (table.set (i32.const 0) (global.get $mine))
            unreachable))"#;
    let config = given(&[Given::Fresh, Given::Fresh, Given::Value(Value::Null.into())]);
    let actor = make(&runtime, wat, config).await.unwrap();
    assert_eq!(call(&actor, "f").await.unwrap_err().trap, Some("unreachable"));
    let [dump] = dumps(folder.path()).try_into().unwrap();
    assert!(dump.windows(20).any(|bytes| bytes == b"what the guest wrote"));
}
