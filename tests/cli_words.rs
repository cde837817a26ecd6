//! What follows the file on the command line is the guest's, and never reaches what it is granted.

#![cfg(feature = "host")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Prints its arguments, each with a NUL behind it, and exits with how many folders and variables it was given.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $granted i32)
        (drop (call $args_sizes (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 1024) (i32.const 8192)))
        (i32.store (i32.const 16) (i32.const 8192))
        (i32.store (i32.const 20) (i32.load (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
        (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
        (local.set $granted (i32.load (i32.const 0)))
        (if (i32.eqz (call $prestat (i32.const 3) (i32.const 32)))
            (then (local.set $granted (i32.add (local.get $granted) (i32.const 1)))))
        (call $exit (local.get $granted))))"#;

fn runtime_wasm(folder: &Path, args: &[&str], words: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.current_dir(folder).args(args).args(words).output().unwrap()
}

/// Words that would grant something, or do something else, if they were taken for options.
fn hostile() -> Vec<Vec<&'static str>> {
    vec![
        vec!["--dir=/etc::/e"],
        vec!["--dir", "/etc"],
        vec!["--env=A=1"],
        vec!["--env", "A=1", "--dir=/"],
        vec!["--fuel=1"],
        vec!["--timeout-ms=1"],
        vec!["--memory-mib=1"],
        vec!["--max-module-bytes=1"],
        vec!["--coredump=."],
        vec!["--log=trace"],
        vec!["--log-format=json"],
        vec!["--manifest=other.toml"],
        vec!["--help"],
        vec!["-h"],
        vec!["-V", "--version"],
        vec!["--"],
        vec!["--", "--dir=/etc"],
        vec!["", "--dir=/etc", ""],
        vec!["a", "--dir=/etc"],
        vec!["exec", "help", "@file", "-", "--=", "--no-such-option"],
    ]
}

#[test]
fn a_guest_gets_the_words_after_the_file_and_no_grant_by_them() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["guest.wasm", "--dir=."] {
        fs::write(folder.path().join(name), wat::parse_str(GUEST).unwrap()).unwrap();
    }
    for words in hostile() {
        for file in [&["guest.wasm"][..], &["--", "guest.wasm"], &["--", "--dir=."]] {
            let all: Vec<&OsStr> = file.iter().chain(&words).map(OsStr::new).collect();
            let output = runtime_wasm(folder.path(), &["exec"], &all);
            let seen = String::from_utf8(output.stdout).unwrap();
            let wanted: String = file.last().into_iter().chain(&words).flat_map(|word| [word, "\0"]).collect();
            assert_eq!((seen, output.status.code()), (wanted, Some(0)), "{file:?} {words:?}");
        }
    }
    let output = runtime_wasm(folder.path(), &["exec", "--dir=.", "--env=A=1", "guest.wasm"], &[]);
    assert_eq!(output.status.code(), Some(2), "the guest sees what it is granted");
}

#[test]
fn an_app_gets_the_words_after_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = "import { args } from \"runtime:app\"; console.log(JSON.stringify(args));";
    fs::write(folder.path().join("main.js"), script).unwrap();
    for words in hostile() {
        let all: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        let output = runtime_wasm(folder.path(), &["run", "main.js"], &all);
        let seen: Vec<String> = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(seen, words);
    }
}

#[test]
fn a_word_that_is_not_utf_8_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    fs::write(folder.path().join("main.js"), "").unwrap();
    for command in [["exec", "guest.wasm"], ["run", "main.js"]] {
        let output = runtime_wasm(folder.path(), &command, &[OsStr::new("fine"), OsStr::from_bytes(b"\xff\x1b")]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("argument 2") && stderr.contains("UTF-8") && !stderr.contains('\x1b'), "{stderr}");
    }
}

/// Only root can give files away, so only root sees anything here.
#[test]
fn a_manifest_of_somebody_else_that_merely_lies_above_the_script_grants_nothing() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let somebody = Some(65534);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("app")).unwrap();
    let [manifest, script, other] =
        ["manifest.app.toml", "app/main.js", "other.toml"].map(|name| folder.path().join(name));
    fs::write(&script, "console.log(1)").unwrap();
    let run = |args: &[&str]| runtime_wasm(folder.path(), args, &[]);
    let refused = || {
        let output = run(&["run", "app/main.js"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        output.status.code() == Some(1) && stderr.contains("another user") && stderr.contains("--manifest")
    };
    fs::write(&manifest, "[capabilities.wasm]\n").unwrap();
    assert!(!refused());
    chown(&manifest, somebody, None).unwrap();
    assert!(refused());
    assert!(run(&["run", "--manifest", "manifest.app.toml", "app/main.js"]).status.success());
    chown(&script, somebody, None).unwrap();
    assert!(!refused(), "both are the same user's");
    chown(&script, Some(0), None).unwrap();
    fs::rename(&manifest, &other).unwrap();
    chown(&other, Some(0), None).unwrap();
    symlink(&other, &manifest).unwrap();
    assert!(!refused());
    lchown(&manifest, somebody, None).unwrap();
    assert!(refused(), "the link is somebody else's");
}

/// Runs `run -` in a folder with this on standard input.
fn run_stdin(folder: &Path, script: &[u8], words: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.current_dir(folder).args(["run", "-"]).args(words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_dash_reads_the_script_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("other.js", "export const other = import.meta.url.split(\"/\").at(-1);");
    write("typed.ts", "");
    fs::create_dir(folder.path().join("lib")).unwrap();
    write("lib/index.mjs", "");
    write("empty.wat", "(module)");
    write("manifest.app.toml", "[capabilities.wasm]\nload = [\"./*.wat\"]\n");
    let script = r#"import { args } from "runtime:app";
        import { compileFile } from "runtime:wasm";
        import { other } from "./other.js";
        const id: number = await compileFile("./empty.wat");
        console.log(other, id > 0, JSON.stringify(args), import.meta.main, (await import("./other.js")).other);"#;
    let ran = run_stdin(folder.path(), script.as_bytes(), &["--help", "-"]);
    assert_eq!(ran, (0, "other.js true [\"--help\",\"-\"] true other.js\n".to_owned(), String::new()));
    assert_eq!(run_stdin(folder.path(), b"", &[]), (0, String::new(), String::new()));
    let here = folder.path().canonicalize().unwrap();
    for (script, said) in [
        (
            &b"\n\nthrow new Error(\"bad\");"[..],
            format!("error: Uncaught (in promise) Error: bad\n    at file://{}/-:3:", here.display()),
        ),
        (b"enum A { B }", format!("at file://{}/-:1:1", here.display())),
        (b"import \"./missing.js\"", "cannot find module".to_owned()),
        (b"import \"./other\"", "are modules; did you mean other.js?".to_owned()),
        (b"import \"./typed.js\"", "did you mean typed.ts?".to_owned()),
        (b"import \"./lib\"", "did you mean lib/index.mjs?".to_owned()),
        // Of these QuickJS's own modules know nothing: the engine panics, which is caught.
        (
            b"import \"\"",
            if cfg!(feature = "v8") { "cannot import \"\"" } else { "if an import of the app names nothing" }
                .to_owned(),
        ),
        (b"\xff", "the script cannot be read from standard input".to_owned()),
    ] {
        let (code, stdout, stderr) = run_stdin(folder.path(), script, &[]);
        assert!(code == 1 && stdout.is_empty() && stderr.contains(&said), "{stderr}");
    }
    // A folder without a manifest grants nothing.
    let empty = tempfile::tempdir().unwrap();
    let (code, _, stderr) =
        run_stdin(empty.path(), b"import { instances } from \"runtime:wasm\"; await instances();", &[]);
    let looked_from = format!(
        "there is no manifest.app.toml in {} or in a folder above",
        empty.path().canonicalize().unwrap().display()
    );
    assert!(code == 1 && stderr.contains("[5009]") && stderr.contains(&looked_from), "{stderr}");
}
