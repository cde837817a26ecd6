//! Programs of preview 1, as components.

#[path = "../../../../../../tests/common/components.rs"]
mod components;

use super::*;
use crate::actor::protocol::config::{Stdin, Stdout};
use crate::actor::protocol::pipe::{Available, pipe};
use components::component;
use std::fs;
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store};
use wasmtime_wasi::I32Exit;

struct State(WasiGuest);

impl HasPreview2 for State {
    fn preview2(&mut self) -> &mut Preview2 {
        self.0.preview2().unwrap()
    }
}

/// Runs a command, and gives its exit code and what it has printed.
async fn run(module: &[u8], mut config: WasiConfig) -> (i32, String) {
    let (writer, reader) = pipe();
    config.stdout = Stdout::Pipe(Arc::new(writer));
    let engine = Engine::default();
    let component = Component::new(&engine, component(module)).unwrap();
    let imported: Vec<String> = component.component_type().imports(&engine).map(|(name, _)| name.to_owned()).collect();
    let mut linker = Linker::new(&engine);
    link_preview2(&mut linker, &imported).unwrap();
    let mut store = Store::new(&engine, State(wasi(config)));
    let instance = linker.instantiate_async(&mut store, &component).await.unwrap();
    let interface = component.component_type().exports(&engine).next().unwrap().0.to_owned();
    let interface = instance.get_export_index(&mut store, None, &interface).unwrap();
    let function = instance.get_export_index(&mut store, Some(&interface), "run").unwrap();
    let function = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut store, function).unwrap();
    let ended = async {
        let called = function.call_async(&mut store, ()).await;
        store.data_mut().preview2().settled().await;
        drop(store.data().0.program());
        called
    };
    let printed = async {
        let mut printed = Vec::new();
        loop {
            reader.ready().await;
            match reader.try_read(usize::MAX) {
                Available::Bytes(bytes) => printed.extend_from_slice(&bytes),
                Available::Nothing => {}
                Available::End => return String::from_utf8(printed).unwrap(),
            }
        }
    };
    let (ended, printed) = tokio::join!(ended, printed);
    let code = match ended {
        Ok((result,)) => i32::from(result.is_err()),
        Err(error) => error.downcast_ref::<I32Exit>().unwrap_or_else(|| panic!("{error:?}")).0,
    };
    (code, printed)
}

/// Copies its input to its output, and a file to another.
const COPIES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2)
    (data (i32.const 100) "from")
    (data (i32.const 110) "to")
    (func $copy (param $from i32) (param $to i32)
        (loop $more
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const 60000))
            (if (call $read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 3))))
            (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (loop $rest
                (if (call $write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 12))
                    (then (call $exit (i32.const 4))))
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 12))))
                (i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.load (i32.const 12))))
                (br_if $rest (i32.load (i32.const 4))))
            (br $more)))
    (func (export "_start")
        (call $copy (i32.const 0) (i32.const 1))
        (if (call $open (i32.const 3) (i32.const 1) (i32.const 100) (i32.const 4) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 20))
            (then (call $exit (i32.const 5))))
        (if (call $open (i32.const 3) (i32.const 1) (i32.const 110) (i32.const 2) (i32.const 9)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 24))
            (then (call $exit (i32.const 6))))
        (call $copy (i32.load (i32.const 20)) (i32.load (i32.const 24)))))"#;

#[tokio::test]
async fn a_program_copies_its_input_and_a_file() {
    let temp = tempfile::tempdir().unwrap();
    let text = "a line\n".repeat(30_000);
    fs::write(temp.path().join("from"), &text).unwrap();
    let module = wat::parse_str(COPIES).unwrap();
    let config = WasiConfig { stdin: Stdin::Bytes(text.clone().into_bytes()), ..with_folder(temp.path(), true) };
    let (code, printed) = run(&module, config).await;
    assert_eq!(code, 0);
    assert!(printed == text && fs::read_to_string(temp.path().join("to")).unwrap() == text);
    // What it may not change, it may still read.
    fs::remove_file(temp.path().join("to")).unwrap();
    assert_eq!(run(&module, with_folder(temp.path(), false)).await, (1, String::new()));
}

/// Waits for a moment by poll, tells the length of its arguments, and ends with a code of its own.
#[tokio::test]
async fn a_program_waits_and_ends_with_a_code() {
    let module = wat::parse_str(
        r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 30000000))
            (if (call $random (i32.const 1000) (i32.const 500)) (then (unreachable)))
            (if (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)) (then (unreachable)))
            (if (i32.ne (i32.load (i32.const 200)) (i32.const 1)) (then (unreachable)))
            (call $exit (i32.const 1))))"#,
    );
    let begun = std::time::Instant::now();
    assert_eq!(run(&module.unwrap(), WasiConfig::default()).await, (1, String::new()));
    assert!(begun.elapsed() >= std::time::Duration::from_millis(30));
}
