//! Traps of guests whose debug sections are made to hurt: the error comes soon, has names, and nothing of the machine is lost.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Call, Command};
use runtime_wasm::error::WasmError;
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use std::fs;
use std::sync::Arc;

/// Traps 20 calls deep: more frames wasmtime does not tell of.
const GUEST: &str = r#"(module
    (func $down (export "down") (param i32)
        (if (i32.eqz (local.get 0)) (then unreachable))
        (call $down (i32.sub (local.get 0) (i32.const 1))))
    (func $top (export "f") (call $down (i32.const 18))))"#;
/// Far less than one trap took when each frame was looked up in all of the sections: half a gigabyte and more.
const GROWTH_KIB_MAX: usize = 128 << 10;

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn guest_with(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut module = wat::parse_str(GUEST).unwrap();
    for (name, content) in sections {
        let section = [&leb(name.len()), name.as_bytes(), content].concat();
        module.extend([vec![0], leb(section.len()), section].concat());
    }
    module
}

/// A unit of version 4, its length before it.
fn unit(entries: &[u8]) -> Vec<u8> {
    let unit = [&4u16.to_le_bytes()[..], &0u32.to_le_bytes(), &[4], entries].concat();
    [&(unit.len() as u32).to_le_bytes()[..], &unit].concat()
}

/// 100 KB: 2,500 units that say nothing of their addresses and share a line program of 60 KB, of which each byte makes a row.
fn shared_line_program() -> Vec<u8> {
    // DW_TAG_compile_unit, no children, DW_AT_stmt_list as DW_FORM_sec_offset.
    let abbrev = vec![1, 0x11, 0, 0x10, 0x17, 0, 0, 0];
    let info = unit(&[1, 0, 0, 0, 0]).repeat(2500);
    let header = [&[1, 1, 1, 0xfb, 14, 1][..], b"\0a.c\0\0\0\0\0"].concat();
    let program = vec![0x20; 60_000];
    let head = [&4u16.to_le_bytes()[..], &(header.len() as u32).to_le_bytes(), &header, &program].concat();
    let line = [&(head.len() as u32).to_le_bytes()[..], &head].concat();
    guest_with(&[(".debug_abbrev", abbrev), (".debug_info", info), (".debug_line", line)])
}

/// 100 KB: 25,000 entries of a byte, each with 30,000 attributes that take none.
fn attributes_of_no_bytes() -> Vec<u8> {
    // The unit has nothing but children; a variable is external, and external, and so on.
    let abbrev = [&[1, 0x11, 1, 0, 0, 2, 0x34, 0][..], &[0x3f, 0x19].repeat(30_000), &[0, 0, 0]].concat();
    let info = unit(&[&[1][..], &[2; 25_000], &[0]].concat());
    guest_with(&[(".debug_abbrev", abbrev), (".debug_info", info)])
}

/// The most that this process ever had of memory.
fn peak_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn instance(runtime: &Runtime, module: Vec<u8>) -> Arc<Actor> {
    let module = runtime.compile("hostile".into(), module).await.unwrap();
    runtime.instantiate(module, InstanceConfig::default()).await.unwrap()
}

async fn trap(actor: &Actor) -> WasmError {
    actor.ask(Command::Call(Call { name: "f".into(), ..Call::default() })).await.unwrap_err()
}

fn assert_is_whole(error: &WasmError) {
    assert_eq!(error.trap, Some("unreachable"), "{error}");
    assert_eq!(error.guest_stack.len(), 20);
    assert!(error.guest_stack[..19].iter().all(|frame| frame.starts_with("down")), "{:?}", error.guest_stack);
    assert!(error.guest_stack[19].starts_with("top"));
}

#[tokio::test]
async fn hostile_debug_sections_cost_neither_memory_nor_the_error() {
    for wait_for_lines in [false, true] {
        let runtime = Runtime::new(RuntimeOptions { wait_for_lines, ..options() }).unwrap();
        for module in [shared_line_program(), attributes_of_no_bytes()] {
            assert!(module.len() < 120_000, "{}", module.len());
            let actor = instance(&runtime, module).await;
            let before = peak_kib();
            for _ in 0..50 {
                assert_is_whole(&trap(&actor).await);
            }
            // The system counts it in parts, one for each processor, so it may say less than before.
            let grown = peak_kib().saturating_sub(before);
            assert!(grown < GROWTH_KIB_MAX, "{grown} KiB");
        }
    }
}

/// Whether its lines are being looked up or not, a stopped guest is gone.
#[tokio::test]
async fn a_stop_does_not_wait_for_lines() {
    let options = RuntimeOptions { wait_for_lines: true, ..options() };
    let runtime = Arc::new(Runtime::new(options).unwrap());
    for _ in 0..10 {
        let actor = instance(&runtime, attributes_of_no_bytes()).await;
        let id = InstanceId(actor.id());
        let call = tokio::spawn(async move { trap(&actor).await });
        tokio::task::yield_now().await;
        runtime.end(id, StopReason::Terminated(None)).await.unwrap();
        let error = call.await.unwrap();
        assert!(
            error.message.contains("was terminated") || error.trap.is_some() || error.message.contains("no instance"),
            "{error}"
        );
    }
    assert_eq!(runtime.alive(), 0);
}
