//! What `exec` runs of a module, and what it ends with: commands, libraries, exports by name, exits of every kind.

#![cfg(feature = "host")]

use std::fs;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const WASI: &str = r#"
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $print (param i32)
        (i32.store8 (i32.const 64) (local.get 0)) (i32.store8 (i32.const 65) (i32.const 10))
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 2))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))"#;

/// Runs `exec` with these options on a module, and these words behind it.
fn exec(wat: &str, options: &[&str], words: &[&str]) -> (i32, String, String) {
    let folder: TempDir = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.wasm"), wat::parse_str(wat).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.current_dir(folder.path()).arg("exec").args(options).arg("m.wasm").args(words).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn with_wasi(rest: &str) -> String {
    format!("(module {WASI} {rest})")
}

#[test]
fn an_exit_is_the_programs_end_wherever_it_comes_and_a_parent_sees_eight_bits() {
    for (code, seen) in
        [(0_i32, 0), (1, 1), (42, 42), (126, 126), (255, 255), (256, 0), (257, 1), (1000, 232), (-1, 255)]
    {
        let body = format!("(call $exit (i32.const {code})) unreachable");
        for wat in [
            with_wasi(&format!("(func (export \"_start\") {body})")),
            with_wasi(&format!("(func (export \"_initialize\") {body})")),
            with_wasi(&format!(
                "(func $start {body}) (start $start) (func (export \"_start\") (call $print (i32.const 65)))"
            )),
            with_wasi(&format!("(func $start {body}) (start $start)  (func (export \"_initialize\"))")),
            with_wasi(&format!("(func $start {body}) (start $start)")),
        ] {
            assert_eq!(exec(&wat, &[], &[]), (seen, String::new(), String::new()), "{code} {wat}");
        }
        let named = with_wasi(&format!("(func (export \"f\") (result i32) {body})"));
        assert_eq!(exec(&named, &["--invoke", "f"], &[]), (seen, String::new(), String::new()), "{code}");
    }
}

#[test]
fn a_trap_or_a_limit_is_134_wherever_it_comes_and_what_cannot_be_run_is_1() {
    for wat in [
        "(module (func (export \"_start\") unreachable))",
        "(module (func (export \"_initialize\") unreachable))",
        "(module (func $start unreachable) (start $start) (func (export \"_start\")))",
        "(module (func (export \"_start\") (loop $l (br $l))))",
        "(module (func $start (loop $l (br $l))) (start $start) (func (export \"_start\")))",
        "(module (func $start unreachable) (start $start))",
    ] {
        let (code, stdout, stderr) = exec(wat, &["--fuel", "100000"], &[]);
        assert_eq!((code, &*stdout), (134, ""), "{wat}: {stderr}");
        assert!(stderr.starts_with("error: [50"), "{wat}: {stderr}");
    }
    let traps = exec("(module (func (export \"f\") unreachable))", &["--invoke", "f"], &[]);
    assert_eq!(traps.0, 134);
    assert!(traps.2.contains("unreachable") && traps.2.contains("\n    at f"), "{}", traps.2);
    for (wat, said) in [
        ("(module)", "no WASI command"),
        ("(module (memory (export \"_start\") 1))", "no WASI command"),
        ("(module (import \"env\" \"f\" (func)) (func (export \"_start\")))", "\"env\" \"f\" is missing"),
        ("(module (func (export \"_start\")) (memory 20000))", "memory"),
    ] {
        let (code, stdout, stderr) = exec(wat, &[], &[]);
        assert_eq!((code, &*stdout, stderr.lines().count()), (1, "", 1), "{wat}: {stderr}");
        assert!(stderr.contains(said), "{wat}: {stderr}");
    }
}

#[test]
fn a_library_is_initialized_and_a_command_is_started() {
    let initialize = "(func (export \"_initialize\") (call $print (i32.const 73)))";
    let start = "(func (export \"_start\") (call $print (i32.const 83)))";
    let begin = "(func $begin (call $print (i32.const 66))) (start $begin)";
    let other = "(func (export \"f\") (param i32) (result i32) (call $print (i32.const 70)) (local.get 0))";
    for (exports, options, words, printed) in [
        (vec![initialize, other], &[][..], &[][..], "I\n"),
        (vec![start, other], &[], &[], "S\n"),
        (vec![begin], &[], &[], "B\n"),
        (vec![begin, initialize], &[], &[], "B\nI\n"),
        (vec![begin, other], &["--invoke", "f"], &["7"], "B\nF\n7\n"),
        (vec![initialize, start], &[], &["word"], "S\n"),
        (vec![initialize, other], &["--invoke", "f"], &["7"], "I\nF\n7\n"),
        (vec![start, other], &["--invoke=f"], &["7"], "F\n7\n"),
        (vec![initialize, start], &["--invoke", "_start"], &[], "S\n"),
        (vec![initialize, other], &["--invoke", "_initialize"], &[], "I\n"),
    ] {
        let wat = with_wasi(&exports.concat());
        assert_eq!(exec(&wat, options, words), (0, printed.to_owned(), String::new()), "{exports:?} {options:?}");
    }
}

#[test]
fn an_export_takes_what_its_signature_says_and_prints_what_it_gives() {
    const ECHO: &str = r#"(module
        (func (export "i32") (param i32) (result i32) (local.get 0))
        (func (export "i64") (param i64) (result i64) (local.get 0))
        (func (export "f32") (param f32) (result f32) (local.get 0))
        (func (export "f64") (param f64) (result f64) (local.get 0))
        (func (export "v128") (param v128) (result v128) (local.get 0))
        (func (export "externref") (param externref) (result externref) (local.get 0))
        (func (export "several") (param i32 f64) (result f64 i32 i64) (local.get 1) (local.get 0) (i64.const -1))
        (func $none (export "none"))
        (elem declare func $none)
        (func (export "function") (result funcref) (ref.func $none))
        (memory (export "memory") 1))"#;
    let largest = u128::MAX.to_string();
    for (name, words, printed) in [
        ("i32", &["-7"][..], "-7\n"),
        ("i32", &["0x10"], "16\n"),
        ("i32", &["-0x10"], "-16\n"),
        ("i32", &["4294967295"], "-1\n"),
        ("i32", &["-2147483648"], "-2147483648\n"),
        ("i64", &["18446744073709551615"], "-1\n"),
        ("i64", &["-9223372036854775808"], "-9223372036854775808\n"),
        ("f32", &["1.5"], "1.5\n"),
        ("f32", &["-inf"], "-inf\n"),
        ("f64", &["0.1"], "0.1\n"),
        ("f64", &["1e300"], "1e300\n"),
        ("f64", &["nan"], "NaN\n"),
        ("f64", &["3"], "3\n"),
        ("v128", &[&largest], "340282366920938463463374607431768211455\n"),
        ("v128", &["0xff"], "255\n"),
        ("externref", &["null"], "null\n"),
        ("several", &["1", "2.5"], "2.5\n1\n-1\n"),
        ("none", &[], ""),
        ("function", &[], "<funcref>\n"),
    ] {
        let (code, stdout, stderr) = exec(ECHO, &["--invoke", name], words);
        let printed = if printed == "1e300\n" { format!("1{}\n", "0".repeat(300)) } else { printed.to_owned() };
        assert_eq!((code, stdout, &*stderr), (0, printed, ""), "{name} {words:?}");
    }
    for (name, words, said) in [
        (
            "i32",
            &["4294967296"][..],
            "argument 1 of \"i32\" must be an integer in [-2^31, 2^32) (i32), not \"4294967296\"",
        ),
        ("i32", &["-2147483649"], "must be an integer"),
        ("i32", &["+1"], "must be an integer"),
        ("i32", &["1.0"], "must be an integer"),
        ("i32", &[""], "must be an integer"),
        ("i32", &["0x"], "must be an integer"),
        ("i64", &["x"], "(i64)"),
        ("f64", &["one"], "must be a number (f64), not \"one\""),
        ("v128", &["-1"], "(v128)"),
        ("externref", &["x"], "must be `null`"),
        ("several", &["1"], "\"several\" takes 2 arguments (i32, f64), 1 were given"),
        ("none", &["1"], "takes 0 arguments (), 1 were given"),
        ("missing", &[], "the module m.wasm has no export \"missing\""),
        ("memory", &[], "the export \"memory\" of the module m.wasm is no function, but a memory"),
        ("a\u{1b}[2J", &["\u{1b}"], "\"a\\u{1b}[2J\""),
        ("i32", &["\u{1b}[2J"], "not \"\\u{1b}[2J\""),
    ] {
        let (code, stdout, stderr) = exec(ECHO, &["--invoke", name], words);
        assert_eq!((code, &*stdout, stderr.lines().count()), (1, "", 1), "{name} {words:?}: {stderr}");
        assert!(stderr.contains(said), "{name} {words:?}: {stderr}");
    }
}

#[test]
fn what_nobody_has_traps_only_when_it_is_called_where_that_is_asked_for() {
    let wat = with_wasi(
        r#"(func (export "_start") (call $print (i32.const 65)))
        (func (export "f") (call $abort (i32.const 1)))"#,
    )
    .replacen("(module", "(module (import \"env\" \"abort\" (func $abort (param i32)))", 1);
    let (code, _, stderr) = exec(&wat, &[], &[]);
    assert!(code == 1 && stderr.contains("\"env\" \"abort\" is missing"), "{stderr}");
    assert_eq!(exec(&wat, &["--trap-unknown-imports"], &[]), (0, "A\n".to_owned(), String::new()));
    let (code, stdout, stderr) = exec(&wat, &["--trap-unknown-imports", "--invoke", "f"], &[]);
    assert_eq!((code, &*stdout), (134, ""));
    assert!(stderr.contains("the import \"env\" \"abort\" was called") && stderr.contains("at f"), "{stderr}");
    let global = "(module (import \"env\" \"g\" (global i32)) (func (export \"_start\")))";
    assert_eq!(exec(global, &["--trap-unknown-imports"], &[]).0, 1);
}

#[test]
fn help_and_docs_say_what_it_ends_with() {
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).args(["exec", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for line in [
        "134  the guest trapped, or reached a limit",
        "130  Ctrl-C",
        "1    it could not be run",
        "2    a mistaken option",
    ] {
        assert!(help.contains(line), "{help}");
    }
}
