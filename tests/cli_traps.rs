//! What a person sees of a guest that trapped: on stderr, and in a core dump.

#![cfg(feature = "host")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const GUEST: &str = r#"(module $guest
    (memory (export "memory") 1)
    (data (i32.const 16) "found in the dump")
    (func $inner unreachable)
    (func $outer (export "_start") (call $inner)))"#;

const APP: &str = r#"import { compileFile, instantiate } from "runtime:wasm";
    const instance = await instantiate(await compileFile("./guest.wasm"), { name: "../odd name" });
    for (let i = 0; i < 2; i++) await instance.call("_start").catch(() => {});
    await instance.call("_start");"#;

fn app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    fs::write(folder.path().join("main.js"), APP).unwrap();
    folder
}

fn run(folder: &Path, args: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).current_dir(folder).args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

#[test]
fn an_uncaught_trap_shows_where_the_app_was_and_then_the_guests_stack() {
    let app = app();
    let (output, stderr) = run(app.path(), &["run", "main.js"]);
    assert_eq!(output.status.code(), Some(1));
    let [place, inner, outer] =
        ["main.js:4", "inner in the guest", "outer in the guest"].map(|frame| stderr.find(frame));
    assert!(place.is_some() && place < inner && inner < outer, "{stderr}");
    assert!(stderr.contains("trapped: unreachable"), "{stderr}");
}

#[test]
fn each_trap_leaves_a_core_dump_with_the_guests_memory() {
    let app = app();
    let (output, stderr) = run(app.path(), &["run", "--coredump", "dumps", "main.js"]);
    assert_eq!(output.status.code(), Some(1));
    let mut names: Vec<_> = fs::read_dir(app.path().join("dumps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["_._odd_name-1-1.coredump", "_._odd_name-1-2.coredump", "_._odd_name-1-3.coredump"]);
    for name in names {
        assert!(stderr.contains(&name), "{stderr}");
        let dump = fs::read(app.path().join("dumps").join(name)).unwrap();
        let has = |text: &[u8]| dump.windows(text.len()).any(|part| part == text);
        assert!(dump.starts_with(b"\0asm") && has(b"corestack") && has(b"found in the dump"));
    }
}

#[test]
fn of_a_component_there_is_no_core_dump_and_that_is_said() {
    let app = app();
    let component = r#"(component (core module $m (func (export "f") unreachable)) (core instance $i (instantiate $m))
        (func (export "start") (canon lift (core func $i "f"))))"#;
    fs::write(app.path().join("guest.wasm"), wat::parse_str(component).unwrap()).unwrap();
    fs::write(
        app.path().join("main.js"),
        r#"import { compileFile, instantiate } from "runtime:wasm";
        await (await instantiate(await compileFile("./guest.wasm"))).call("start");"#,
    )
    .unwrap();
    let (output, stderr) = run(app.path(), &["run", "--coredump", "dumps", "main.js"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("cannot be written: it is a component"), "{stderr}");
    assert_eq!(fs::read_dir(app.path().join("dumps")).unwrap().count(), 0);
}

#[test]
fn exec_dumps_too_and_a_folder_that_cannot_be_written_changes_nothing_else() {
    let app = app();
    let (output, stderr) = run(app.path(), &["exec", "--coredump", "dumps", "guest.wasm"]);
    assert_eq!(output.status.code(), Some(134), "{stderr}");
    assert!(app.path().join("dumps/guest.wasm-1-1.coredump").is_file(), "{stderr}");
    // Another run has an instance of the same name and number.
    run(app.path(), &["exec", "--coredump", "dumps", "guest.wasm"]);
    assert_eq!(fs::read_dir(app.path().join("dumps")).unwrap().count(), 2);
    let (output, stderr) = run(app.path(), &["exec", "--coredump", "main.js/dumps", "guest.wasm"]);
    assert_eq!(output.status.code(), Some(134), "{stderr}");
    assert!(stderr.contains("cannot be written") && stderr.contains("unreachable"), "{stderr}");
}
