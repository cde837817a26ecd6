//! What `exec` runs of a module, and what it ends with: commands, libraries, exports by name, exits of every kind.

#![cfg(feature = "host")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
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
        (vec![initialize], &[][..], &[][..], "I\n"),
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
fn of_a_library_a_note_says_what_can_be_called() {
    let library =
        |exports: &str| with_wasi(&format!("(func (export \"_initialize\") (call $print (i32.const 73))) {exports}"));
    let odd = r#"(func (export "f")) (func (export "g\1b[2J")) (global (export "x") i32 (i32.const 0))"#;
    let (code, stdout, stderr) = exec(&library(odd), &[], &[]);
    assert_eq!((code, &*stdout), (0, "I\n"));
    let note = "note: the module m.wasm is a library: it was made ready, and --invoke EXPORT calls what it has: f, g\\u{1b}[2J\n";
    assert_eq!(stderr, note);
    let many: String = (0..20).map(|number| format!("(func (export \"f{number}\"))")).collect();
    let (_, _, stderr) = exec(&library(&many), &[], &[]);
    assert!(stderr.ends_with("f6, f7, ...\n"), "{stderr}");
}

#[test]
fn a_variable_is_set_or_handed_on_by_its_name() {
    const PRINTS: &str = r#"(module
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (drop (call $sizes (i32.const 0) (i32.const 4)))
            (drop (call $get (i32.const 1024) (i32.const 8192)))
            (i32.store (i32.const 16) (i32.const 8192))
            (i32.store (i32.const 20) (i32.load (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))))"#;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.wasm"), wat::parse_str(PRINTS).unwrap()).unwrap();
    let seen = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.current_dir(folder.path()).arg("exec").args(flags).arg("m.wasm").env_remove("MISSING");
        let output = command.env("INHERITED", "a=b").env("ODD", OsStr::from_bytes(b"\xff")).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap().replace('\0', ";"), stderr)
    };
    for (flags, printed) in [
        (&[][..], ""),
        (&["--env", "INHERITED"], "INHERITED=a=b;"),
        (&["--env=A=1", "--env=INHERITED", "--env", "B="], "A=1;INHERITED=a=b;B=;"),
        (&["--env", "INHERITED=mine"], "INHERITED=mine;"),
        (&["--env", "MISSING"], ""),
    ] {
        assert_eq!(seen(flags), (0, printed.to_owned(), String::new()), "{flags:?}");
    }
    for (flag, said) in [("ODD", "--env ODD: the value that it has here is not UTF-8"), ("", "expected NAME=VALUE")] {
        let (code, stdout, stderr) = seen(&["--env", flag]);
        assert!(code == 1 && stdout.is_empty() && stderr.contains(said), "{stderr}");
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
        ("missing", &[], "the module m.wasm has no export \"missing\": i32, "),
        ("memory", &[], "the export \"memory\" of the module m.wasm is no function, but a memory"),
        ("a\u{1b}[2J", &["\u{1b}"], "\"a\\u{1b}[2J\""),
        ("i32", &["\u{1b}[2J"], "not \"\\u{1b}[2J\""),
    ] {
        let (code, stdout, stderr) = exec(ECHO, &["--invoke", name], words);
        assert_eq!((code, &*stdout, stderr.lines().count()), (1, "", 1), "{name} {words:?}: {stderr}");
        assert!(stderr.contains(said), "{name} {words:?}: {stderr}");
    }
}

/// A component with functions that give back what they are given, of each type: lists lie in the memory as they came.
fn echoes() -> String {
    let echo = "(memory (core memory $i \"memory\")) (realloc (core func $i \"realloc\"))";
    let mut functions = String::new();
    for (name, ty) in [
        ("bool", "bool"),
        ("u8", "u8"),
        ("s8", "s8"),
        ("u32", "u32"),
        ("s32", "s32"),
        ("char", "char"),
        ("grade", "$level"),
    ] {
        functions += &format!(
            "(func (export \"{name}\") (param \"x\" {ty}) (result {ty}) (canon lift (core func $i \"i32\")))\n"
        );
    }
    for (name, core) in [("u64", "i64"), ("s64", "i64"), ("f32", "f32"), ("f64", "f64")] {
        functions += &format!(
            "(func (export \"{name}\") (param \"x\" {name}) (result {name}) (canon lift (core func $i \"{core}\")))\n"
        );
    }
    for (name, ty) in [
        ("string", "string"),
        ("bytes", "(list u8)"),
        ("numbers", "(list s16)"),
        ("doubles", "(list f64)"),
        ("strings", "(list string)"),
        ("points", "(list $point)"),
        ("shapes", "(list $shape)"),
        ("rights", "(list $rights)"),
        ("options", "(list (option u64))"),
        ("nested", "(list (option (option string)))"),
        ("results", "(list (result string (error u8)))"),
        ("tuples", "(list (tuple char bool $level))"),
    ] {
        functions += &format!(
            "(func (export \"{name}\") (param \"x\" {ty}) (result {ty}) (canon lift (core func $i \"list\") {echo}))\n"
        );
    }
    format!(
        r#"(component
        (core module $m
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 1024))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                (global.get $next)
                (global.set $next (i32.add (global.get $next) (local.get 3))))
            (func (export "list") (param i32 i32) (result i32)
                (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8))
            (func (export "sum") (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1)))
            (func (export "or") (param i32 i64) (result i64)
                (if (result i64) (local.get 0) (then (local.get 1)) (else (i64.const -1))))
            (func (export "half") (param i32) (result i32)
                (i32.store8 (i32.const 16) (i32.and (local.get 0) (i32.const 1)))
                (i32.store (i32.const 20) (i32.div_u (local.get 0) (i32.const 2)))
                (i32.const 16))
            (func (export "none"))
            (func (export "spin") (loop br 0))
            (func (export "i32") (param i32) (result i32) (local.get 0))
            (func (export "i64") (param i64) (result i64) (local.get 0))
            (func (export "f32") (param f32) (result f32) (local.get 0))
            (func (export "f64") (param f64) (result f64) (local.get 0)))
        (core instance $i (instantiate $m))
        (type $level' (enum "low" "very-high"))
        (export $level "level" (type $level'))
        (type $point' (record (field "x" f64) (field "label-text" (option string))))
        (export $point "point" (type $point'))
        (type $shape' (variant (case "circle" f64) (case "far-away")))
        (export $shape "shape" (type $shape'))
        (type $rights' (flags "can-read" "can-write"))
        (export $rights "right" (type $rights'))
        (type $pair' (record (field "a" f64) (field "b" f64)))
        (export $pair "pair" (type $pair'))
        {functions}
        (func (export "sum") (param "of" $pair) (result f64) (canon lift (core func $i "sum")))
        (func (export "or") (param "x" (option u64)) (result s64) (canon lift (core func $i "or")))
        (func (export "half") (param "x" u32) (result (result u32 (error u32)))
            (canon lift (core func $i "half") (memory (core memory $i "memory"))))
        (func (export "spin") (canon lift (core func $i "spin")))
        (func $none (canon lift (core func $i "none")))
        (instance $api (export "none" (func $none)) (export "sum" (func $none)))
        (export "demo:plug/api@0.1.0" (instance $api))
        (export "demo:plug/other@0.1.0" (instance $api)))"#
    )
}

#[test]
fn a_components_function_takes_words_and_json_and_prints_what_it_gives() {
    let component = echoes();
    let exec = |name: &str, words: &[&str]| exec(&component, &["--invoke", name], words);
    for (name, same) in [
        ("bool", &["true", "false"][..]),
        ("u8", &["0", "255"]),
        ("s8", &["-128", "127"]),
        ("u32", &["4294967295"]),
        ("s32", &["-2147483648"]),
        ("u64", &["18446744073709551615"]),
        ("s64", &["-9223372036854775808"]),
        ("f32", &["1.5", "NaN", "-inf"]),
        ("f64", &["0.1", "3", "inf"]),
        ("char", &["x", "\u{1f600}", "\""]),
        ("string", &["", "plain", "\"quoted\"", "{}", "two words \u{e4}\u{1f600}", "null", "7"]),
        ("grade", &["low", "very-high"]),
        ("bytes", &["[]", "[1,2,255]"]),
        ("numbers", &["[-32768,32767,0]"]),
        ("doubles", &["[0.5,-1,\"NaN\",\"-Infinity\"]"]),
        ("strings", &["[\"a\",\"\",\"\u{1f600}\\\"\"]"]),
        ("points", &["[{\"x\":1.5,\"labelText\":\"here\"},{\"x\":-2,\"labelText\":null}]"]),
        ("shapes", &["[{\"tag\":\"circle\",\"val\":2},{\"tag\":\"far-away\"}]"]),
        ("rights", &["[{\"canRead\":true,\"canWrite\":false}]"]),
        ("options", &["[null,18446744073709551615]"]),
        ("nested", &["[{\"tag\":\"none\"},{\"tag\":\"some\",\"val\":null},{\"tag\":\"some\",\"val\":\"x\"}]"]),
        ("results", &["[{\"tag\":\"ok\",\"val\":\"x\"},{\"tag\":\"err\",\"val\":7}]"]),
        ("tuples", &["[[\"x\",true,\"very-high\"],[\"\u{e4}\",false,\"low\"]]"]),
    ] {
        for word in same {
            assert_eq!(exec(name, &[word]), (0, format!("{word}\n"), String::new()), "{name}");
        }
    }
    for (name, words, printed) in [
        ("sum", &["{\"b\":2,\"a\":0.5}"][..], "2.5\n"),
        ("or", &["null"], "-1\n"),
        ("or", &["7"], "7\n"),
        ("half", &["10"], "5\n"),
        ("points", &["[ {\"x\": 1} ]"], "[{\"x\":1,\"labelText\":null}]\n"),
        ("rights", &["[{}]"], "[{\"canRead\":false,\"canWrite\":false}]\n"),
        ("none", &["x"], ""),
        ("demo:plug/api@0.1.0#none", &[], ""),
        ("demo:plug/api#none", &[], ""),
    ] {
        let (code, stdout, stderr) = exec(name, words);
        if name == "none" {
            assert!(
                code == 1 && stderr.contains("has several exports \"none\": demo:plug/api@0.1.0#none, demo:plug/other"),
                "{stderr}"
            );
        } else {
            assert_eq!((code, &*stdout, &*stderr), (0, printed, ""), "{name} {words:?}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_components_argument_is_said_with_its_place() {
    let component = echoes();
    for (name, words, said) in [
        ("u8", &["256"][..], "argument 1 of \"u8\" (x): must be u8, not \"256\""),
        ("u8", &["1.0"], "must be u8"),
        ("s32", &["x"], "must be s32"),
        ("bool", &["yes"], "must be bool, not \"yes\""),
        ("char", &["xy"], "must be char"),
        ("grade", &["medium"], "must be enum { low, very-high }, not \"medium\""),
        ("u8", &[], "\"u8\" takes 1 arguments, 0 were given: it is a func(x: u8) -> u8"),
        ("bytes", &["1,2"], "must be list<u8> as JSON"),
        ("bytes", &["{}"], "must be list<u8>, not {}"),
        ("bytes", &["[1,300]"], "in 1, must be u8, not 300"),
        ("strings", &["[\"a\",1]"], "in 1, must be string, not 1"),
        ("sum", &["{\"a\":1}"], "has no field b"),
        ("sum", &["{\"a\":1,\"b\":2,\"c\":3}"], "there is no c; there are a, b"),
        ("points", &["[{\"x\":\"\\u001b[2J\"}]"], "in 0, in x, must be f64"),
        ("shapes", &["[{\"tag\":\"square\"}]"], "must be variant { circle, far-away }"),
        ("shapes", &["[{\"tag\":\"circle\"}]"], "in circle, must be f64, not null"),
        ("shapes", &["[{\"tag\":\"far-away\",\"val\":1}]"], "far-away has no value"),
        ("rights", &["[{\"canFly\":true}]"], "there is no canFly"),
        (
            "missing",
            &[],
            "has no export \"missing\": demo:plug/api@0.1.0#none, demo:plug/api@0.1.0#sum, demo:plug/other@0.1.0#none",
        ),
        ("half", &["7"], "\"half\" gave an error: 3"),
    ] {
        let (code, stdout, stderr) = exec(&component, &["--invoke", name], words);
        assert_eq!((code, &*stdout), (1, ""), "{name} {words:?}: {stderr}");
        assert!(
            stderr.contains(said) && stderr.starts_with("error: ") && !stderr.contains('\x1b'),
            "{name} {words:?}: {stderr}"
        );
    }
    let (code, _, stderr) = exec(&component, &["--invoke", "spin", "--timeout-ms", "50"], &[]);
    assert!(code == 134 && stderr.contains("[5011]"), "{stderr}");
    let (code, _, stderr) = exec(&component, &[], &[]);
    assert!(
        code == 1 && stderr.contains("it is no WASI command; --invoke EXPORT calls another: demo:plug/api@0.1.0#none"),
        "{stderr}"
    );
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
    assert!(stderr.contains("; with --trap-unknown-imports it runs"), "{stderr}");
    assert_eq!(exec(&wat, &["--trap-unknown-imports"], &[]), (0, "A\n".to_owned(), String::new()));
    let (code, stdout, stderr) = exec(&wat, &["--trap-unknown-imports", "--invoke", "f"], &[]);
    assert_eq!((code, &*stdout), (134, ""));
    assert!(stderr.contains("the import \"env\" \"abort\" was called") && stderr.contains("at f"), "{stderr}");
    let global = "(module (import \"env\" \"g\" (global i32)) (func (export \"_start\")))";
    assert_eq!(exec(global, &["--trap-unknown-imports"], &[]).0, 1);
    assert!(!exec(global, &[], &[]).2.contains("--trap-unknown-imports"));
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
