//! `runtime-wasm inspect`: the report, its JSON, and what is said of files that are no modules.

#![cfg(feature = "host")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn inspect(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("inspect").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file)
}

#[test]
fn the_report_is_readable_and_obeys_no_name_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.wasm");
    fs::write(&file, wat::parse_file(source("js/wat/inspect.wat")).unwrap()).unwrap();
    let output = inspect(&[file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), fs::read_to_string(source("inspect/everything.out")).unwrap());
}

#[test]
fn json_has_the_shape_of_the_function_in_javascript() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.wasm");
    fs::write(&file, wat::parse_str("(module (func (export \"f\") (param i64)))").unwrap()).unwrap();
    let output = inspect(&["--json", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let f = serde_json::json!([{ "name": "f", "kind": "function", "params": ["i64"], "results": [] }]);
    assert_eq!(json["exports"], f);
    assert_eq!(json["needs"], serde_json::json!({ "wasi": null, "host": [] }));
}

#[test]
fn what_is_no_module_that_could_run_is_named_and_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let valid = wat::parse_file(source("js/wat/inspect.wat")).unwrap();
    let old = wat::parse_str("(module (import \"wasi_unstable\" \"fd_write\" (func)))").unwrap();
    let cases: [(&str, &[u8], &str); 7] = [
        ("component.wasm", b"\0asm\x0d\0\x01\0", "is a component"),
        ("text.wat", b"(module $m)\n", "is WebAssembly text"),
        ("truncated.wasm", &valid[..valid.len() / 2], "is not a valid WebAssembly module"),
        ("header.wasm", b"\0as", "is not WebAssembly"),
        ("empty.wasm", b"", "is empty"),
        ("picture.wasm", b"\x89PNG", "is not WebAssembly"),
        ("old.wasm", &old, "imports wasi_unstable"),
    ];
    for (name, bytes, expected) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let output = inspect(&[file.to_str().unwrap()]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        assert!(stderr.contains(expected) && stderr.contains(name), "{name}: {stderr}");
    }
    for path in [folder.path().to_path_buf(), folder.path().join("missing.wasm")] {
        let output = inspect(&[path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("cannot be read"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_module_that_declares_too_much_is_refused_before_it_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.wasm");
    let exports: String = (0..20_000).map(|index| format!("(export \"{index}\" (func 0))")).collect();
    fs::write(&file, wat::parse_str(format!("(module (func) {exports})")).unwrap()).unwrap();
    let output = inspect(&[file.to_str().unwrap()]);
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{stderr}");
    assert!(stderr.contains("20000 exports, more than the limit"), "{stderr}");
}
