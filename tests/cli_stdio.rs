//! What `exec` takes of its standard input, which is no more than the guest reads; and what guests are told of output that fails.

#![cfg(feature = "host")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Reads once, at most 8 bytes, goes back by `BACK`, and prints what it has read. Ends with the errno of what went wrong.
const TAKES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\40\00\00\00\03\00\00\00\43\00\00\00\05\00\00\00")
    (func (export "_start")
        (call $exit_with (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 16)))
        (i32.store (i32.const 4) (i32.load (i32.const 16)))
        (call $exit_with (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
        (if (i64.ne (i64.const BACK) (i64.const 0))
            (then (call $exit_with (call $seek (i32.const 0) (i64.const BACK) (i32.const 1) (i32.const 24))))))
    (func $exit_with (param i32) (if (local.get 0) (then (call $exit (local.get 0))))))"#;

/// Writes 100,000 bytes, in three buffers, until all of it is written or there is an error: ends with that, and says on stderr, in
/// four bytes, how much was written.
const GIVES: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 4)
    (func (export "_start") (local $done i32) (local $errno i32) (local $half i32)
        (memory.fill (i32.const 1024) (i32.const 120) (i32.const 100000))
        (i32.store8 (i32.const 51023) (i32.const 10))
        (loop $again
            (local.set $half (i32.div_u (i32.sub (i32.const 100000) (local.get $done)) (i32.const 2)))
            (i32.store (i32.const 0) (i32.add (i32.const 1024) (local.get $done)))
            (i32.store (i32.const 4) (local.get $half))
            (i32.store (i32.const 16) (i32.add (i32.load (i32.const 0)) (local.get $half)))
            (i32.store (i32.const 20) (i32.sub (i32.sub (i32.const 100000) (local.get $done)) (local.get $half)))
            (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 3) (i32.const 32)))
            (if (i32.eqz (local.get $errno))
                (then (local.set $done (i32.add (local.get $done) (i32.load (i32.const 32))))
                    (br_if $again (i32.lt_u (local.get $done) (i32.const 100000))))))
        (i32.store (i32.const 40) (local.get $done))
        (i32.store (i32.const 0) (i32.const 40)) (i32.store (i32.const 4) (i32.const 4))
        (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))
        (call $exit (local.get $errno))))"#;

/// Waits for input, and as long for a clock of 20 s: exits with the type of the first event, and 100 where it is told of two.
const WAITS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store8 (i32.const 8) (i32.const 1))
        (i64.store (i32.const 72) (i64.const 20000000000))
        (if (call $poll (i32.const 0) (i32.const 512) (i32.const 2) (i32.const 128)) (then (unreachable)))
        (call $exit (i32.add (i32.load8_u (i32.const 522))
            (i32.mul (i32.const 100) (i32.sub (i32.load (i32.const 128)) (i32.const 1)))))))"#;

const FBIG: i32 = 22;
const NOSPC: i32 = 51;
const PIPE: i32 = 64;
const SPIPE: i32 = 70;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), wat::parse_str(text).unwrap()).unwrap();
    put("takes.wasm", &TAKES.replace("BACK", "0"));
    put("goes_back.wasm", &TAKES.replace("BACK", "-3"));
    put("gives.wasm", GIVES);
    put("waits.wasm", WAITS);
    fs::write(folder.path().join("input"), "one two three four five six").unwrap();
    folder
}

/// Runs a line of bash in the folder, where `e` is `exec`.
fn bash(folder: &Path, line: &str) -> Output {
    let line = format!("e() {{ timeout 60 \"$0\" exec \"$@\"; }}; {line}");
    Command::new("bash").current_dir(folder).args(["-c", &line, env!("CARGO_BIN_EXE_runtime-wasm")]).output().unwrap()
}

fn stdout(folder: &Path, line: &str) -> String {
    let Output { status, stdout, stderr } = bash(folder, line);
    assert!(status.success(), "{line}: {status} {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn no_more_input_is_taken_than_the_guest_reads() {
    let folder = folder();
    let thrice = "(e takes.wasm; echo; e takes.wasm; echo; cat)";
    let expected = "one two \nthree fo\nur five six";
    for line in [
        format!("{thrice} < input"),
        format!("cat input | {thrice}"),
        format!("{thrice} < <(cat input)"),
        format!("mkfifo fifo; cat input > fifo & {thrice} < fifo"),
    ] {
        assert_eq!(stdout(folder.path(), &line), expected, "{line}");
    }
    // What comes in pieces is read as it comes.
    let pieces = "(printf 'one '; sleep 0.3; printf 'two three') | (e takes.wasm; cat)";
    assert_eq!(stdout(folder.path(), pieces), "one two three");
    for nothing in ["e takes.wasm < /dev/null", "e takes.wasm <&-", ": | e takes.wasm"] {
        assert_eq!(stdout(folder.path(), nothing), "", "{nothing}");
    }
    assert_eq!(stdout(folder.path(), "e takes.wasm < /dev/zero"), "\0".repeat(8));
}

#[test]
fn what_a_guest_has_read_too_much_of_a_file_it_can_give_back() {
    let folder = folder();
    let given_back = stdout(folder.path(), "(e goes_back.wasm; echo; e takes.wasm; echo; cat) < input");
    assert_eq!(given_back, "one two \nwo three\n four five six");
    let pipe = bash(folder.path(), "cat input | e goes_back.wasm");
    assert_eq!(pipe.status.code(), Some(SPIPE));
}

#[test]
fn a_guest_of_an_app_takes_no_more_either() {
    let folder = folder();
    let path = |name| folder.path().join(name);
    fs::write(path("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    let script = r#"import { compileFile, instantiate } from "runtime:wasm";
        const module = await compileFile("./takes.wasm");
        for (let i = 0; i < 2; i++) {
            const instance = await instantiate(module, { inheritStdin: true, inheritStdout: true });
            await instance.run();
            await instance.drop();
        }"#;
    fs::write(path("main.js"), script).unwrap();
    for input in ["< input", "< <(cat input)"] {
        let line = format!("(\"$0\" run main.js; echo; cat) {input}");
        assert_eq!(stdout(folder.path(), &line), "one two three fo\nur five six", "{input}");
    }
}

#[test]
fn a_wait_for_input_ends_when_there_is_some() {
    let folder = folder();
    for (line, code) in [
        ("e waits.wasm < input", 1),
        ("e waits.wasm < /dev/null", 1),
        ("echo | e waits.wasm", 1),
        ("(sleep 0.3; echo) | e waits.wasm", 1),
        (": | e waits.wasm", 1),
    ] {
        assert_eq!(bash(folder.path(), line).status.code(), Some(code), "{line}");
    }
    // Nothing has been taken of it.
    assert_eq!(stdout(folder.path(), "cat input | (e waits.wasm; cat)"), "one two three four five six");
}

#[test]
fn a_guest_that_waits_for_input_is_stopped() {
    let folder = folder();
    // Both ends stay open, and nothing comes.
    for guest in ["takes.wasm", "waits.wasm"] {
        let line = format!("mkfifo {guest}.fifo; exec 9<> {guest}.fifo; e --timeout-ms 200 {guest} <&9");
        let Output { status, stderr, .. } = bash(folder.path(), &line);
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.code() == Some(134) && stderr.contains("200 ms"), "{guest}: {status} {stderr}");
    }
}

/// How much was written as the guest was told, and its exit code.
fn told(folder: &Path, line: &str) -> (usize, i32) {
    let Output { status, stderr, .. } = bash(folder, line);
    let written: [u8; 4] = stderr[..].try_into().unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&stderr)));
    (u32::from_le_bytes(written) as usize, status.code().unwrap())
}

#[test]
fn output_that_fails_does_so_by_its_own_error_and_what_is_told_as_written_is() {
    let folder = folder();
    let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len() as usize;
    assert_eq!(told(folder.path(), "e gives.wasm > all"), (100_000, 0));
    assert_eq!(size("all"), 100_000);
    assert_eq!(told(folder.path(), "e gives.wasm > /dev/null"), (100_000, 0));
    assert_eq!(told(folder.path(), "e gives.wasm > /dev/full"), (0, NOSPC));
    assert_eq!(told(folder.path(), "exec 9> >(:); wait $!; e gives.wasm >&9"), (0, PIPE));
    for blocks in [1, 7, 48] {
        let line = format!("(ulimit -f {blocks}; e gives.wasm > part{blocks})");
        assert_eq!(told(folder.path(), &line), (blocks * 1024, FBIG), "{line}");
        assert_eq!(size(&format!("part{blocks}")), blocks * 1024);
    }
}

/// With a file system of 40 KiB, mounted where only the guest sees it.
#[test]
fn a_disk_that_is_full_is_told_as_such() {
    let folder = folder();
    let mounted = "mount -t tmpfs -o size=40k none /mnt";
    if !bash(folder.path(), &format!("unshare -Urm sh -c '{mounted}'")).status.success() {
        eprintln!("not run: the system lets this user mount nothing, not even in a namespace of its own");
        return;
    }
    let line = "e gives.wasm > /mnt/full; code=$?; stat -c %s /mnt/full; exit $code";
    let whole = format!("export -f e; unshare -Urm bash -c '{mounted}; {line}' \"$0\"");
    let Output { status, stdout, stderr } = bash(folder.path(), &whole);
    assert_eq!((status.code(), &*String::from_utf8_lossy(&stdout)), (Some(NOSPC), "40960\n"), "{stderr:?}");
    assert_eq!(u32::from_le_bytes(stderr[..].try_into().unwrap()), 40960);
}
