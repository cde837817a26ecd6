//! Soak: random instances, calls, kills, drops, traps, host errors, restarts, pipes, timeouts and spent fuel, from a seed.
//! Afterwards nothing is left: the process has the threads, maps and files that it had after a warm-up, no id names anything,
//! and every promise has settled.
//!
//! A short one is part of the tests, bounded by its operations (in each of four rounds; `SOAK_OPERATIONS`); `SOAK_SECONDS`, for all
//! rounds, and `SOAK_SEED` make another, see `make soak`.

#[path = "common/held.rs"]
mod held;

use held::{Held, held};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const ROUNDS: usize = 4;
/// What the allocator may keep more than after the warm-up, in KiB.
const RSS_GROWTH_KIB_MAX: usize = if cfg!(feature = "v8") { 48 * 1024 } else { 16 * 1024 };
/// Maps that the allocator's arenas may add; an instance that stays behind has six.
const MAPS_GROWTH_MAX: usize = 24;

const GUEST: &str = r#"(module
    (memory (export "memory") 1 64)
    (global (export "global") (mut i64) (i64.const 0))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "trap") unreachable)
    (func (export "spin") (loop br 0))
    (func $deep (export "deep") (call $deep))
    (func (export "grow") (drop (memory.grow (i32.const 8)))))"#;

const ASKING: &str = r#"(module
    (import "env" "ask" (func $ask (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "ask") (param i32) (result i32) (call $ask (local.get 0)))
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "trap") unreachable))"#;

const OWNING: &str = r#"(module
    (import "env" "memory" (memory 1 2))
    (import "env" "functions" (table $functions 3 8 funcref))
    (import "env" "values" (table 4 100 externref))
    (import "env" "held" (global (mut externref)))
    (elem (table $functions) (i32.const 1) func $trap)
    (func (export "notify") (param i32) (drop (memory.atomic.notify (local.get 0) (i32.const 1))))
    (func $trap (export "trap") unreachable))"#;

const STDIO: &str = include_str!("js/wat/stdio.wat");

const GATE: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "wait")
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 1))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// Looks again while there are more threads than there should be: those that compiled a module end by themselves.
fn held_after_settling(pid: u32, threads_max: usize) -> Held {
    for _ in 0..1000 {
        if held(pid).threads.len() <= threads_max {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    held(pid)
}

fn setting(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

#[test]
fn nothing_is_left_of_many_short_lives() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/soak");
    let app = tempfile::tempdir().unwrap();
    for file in ["soak.js", "manifest.app.toml"] {
        fs::copy(source.join(file), app.path().join(file)).unwrap();
    }
    let guests = [
        ("guest.wasm", GUEST),
        ("asking.wasm", ASKING),
        ("owning.wasm", OWNING),
        ("stdio.wasm", STDIO),
        ("gate.wasm", GATE),
    ];
    for (file, wat) in guests {
        fs::write(app.path().join(file), wat::parse_str(wat).unwrap()).unwrap();
    }
    let seed = setting("SOAK_SEED", "1");
    let (unit, amount) = match std::env::var("SOAK_SECONDS") {
        Ok(seconds) => ("seconds", (seconds.parse::<f64>().unwrap() / ROUNDS as f64).to_string()),
        Err(_) => ("operations", setting("SOAK_OPERATIONS", "500")),
    };
    println!("seed {seed}, {amount} {unit} in each of {ROUNDS} rounds");
    let mut child = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("run")
        .arg(app.path().join("soak.js"))
        .args([unit, &amount, &ROUNDS.to_string(), &seed])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = Vec::new();
    for _ in 0..ROUNDS {
        let counts = lines.next().expect("the script ended early").unwrap();
        assert!(counts.contains("\"unsettled\":0,\"alive\":0"), "{counts}");
        let threads_max = seen.get(1).map_or(usize::MAX, |first: &Held| first.threads.len());
        let now = held_after_settling(child.id(), threads_max);
        println!("{counts} {now:?}");
        seen.push(now);
        stdin.write_all(b"x").unwrap();
    }
    assert!(child.wait().unwrap().success());
    // The second: the thread that reads the standard input starts after the first was looked at.
    let (first, last) = (&seen[1], &seen[ROUNDS - 1]);
    assert!(last.threads.len() <= first.threads.len(), "threads are left: {seen:?}");
    assert!(last.files <= first.files, "files are left: {seen:?}");
    assert!(last.maps <= first.maps + MAPS_GROWTH_MAX, "maps are left: {seen:?}");
    assert!(last.rss_kib <= first.rss_kib + RSS_GROWTH_KIB_MAX, "memory is left: {seen:?}");
}
