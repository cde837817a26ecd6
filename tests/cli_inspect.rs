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
    let cases: [(&str, &[u8], &str); 8] = [
        ("cut.wasm", b"\0asm\x0d\0\x01\0\x07\x05", "is not a valid component"),
        ("text.wasm", b"(module $m)\n", "is WebAssembly text"),
        ("text.wat", b"(module $m\n", "text.wat:2:1: "),
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

const COMPONENT: &str = r#"(component
    (import "demo:plug/host@0.1.0" (instance (export "log" (func (param "text" string) (result u64)))))
    (import "tick" (func))
    (core module $m
        (memory (export "memory") 1)
        (func (export "area") (param f64) (result f64) local.get 0)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
        (func (export "names") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func $area (param "radius" f64) (result f64) (canon lift (core func $i "area")))
    (func $names (result (list (option string)))
        (canon lift (core func $i "names") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
    (instance $api (export "area" (func $area)) (export "names" (func $names)))
    (export "demo:plug/api@0.1.0" (instance $api)))"#;

#[test]
fn a_component_shows_its_world() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shapes.wasm");
    fs::write(&file, wat::parse_str(COMPONENT).unwrap()).unwrap();
    let output = inspect(&[file.to_str().unwrap()]);
    let shown = text(&output.stdout);
    for expected in [
        "\nimports (2)\n  \"demo:plug/host@0.1.0\" interface: log\n  \"tick\" function\n",
        "\nexports (1)\n  \"demo:plug/api@0.1.0\" interface: area, names\n",
        "world root {\n  import demo:plug/host@0.1.0;\n  import tick: func();\n",
        "area: func(radius: f64) -> f64;",
        "names: func() -> list<option<string>>;",
    ] {
        assert!(shown.contains(expected), "{expected}\n\n{shown}");
    }
    let output = inspect(&["--json", file.to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["kind"], "component");
    let api =
        serde_json::json!([{ "name": "demo:plug/api@0.1.0", "kind": "interface", "functions": ["area", "names"] }]);
    assert_eq!(json["exports"], api);
    assert_eq!(json["imports"][1], serde_json::json!({ "name": "tick", "kind": "function" }));
    assert!(json["wit"].as_str().unwrap().contains("names: func() -> list<option<string>>;"));
}

/// Lists of lists of lists, so many types deep.
fn nested(depth: usize) -> Vec<u8> {
    let mut section = Vec::new();
    leb128(&mut section, depth);
    for index in 0..depth {
        section.push(0x70);
        if index == 0 { section.push(0x7d) } else { leb128(&mut section, index - 1) }
    }
    let mut bytes = b"\0asm\x0d\0\x01\0\x07".to_vec();
    leb128(&mut bytes, section.len());
    bytes.extend(section);
    // (import "f" (func (param "p" LAST)))
    let mut function = vec![1, 0x40, 1, 1, b'p'];
    leb128(&mut function, depth - 1);
    function.extend([1, 0]);
    bytes.push(7);
    leb128(&mut bytes, function.len());
    bytes.extend(function);
    let mut import = vec![1, 0, 1, b'f', 1];
    leb128(&mut import, depth);
    bytes.push(10);
    leb128(&mut bytes, import.len());
    bytes.extend(import);
    bytes
}

fn leb128(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// However deep its types are, and however many: an answer within moments, and no crash.
#[test]
fn a_hostile_component_is_shown_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let says = |name: &str, bytes: &[u8], expected: &str| {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let output = inspect(&[file.to_str().unwrap()]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "{name}: {stderr}");
        assert!(stderr.contains(expected), "{name}: {stderr}");
        assert!(stderr.len() < 4_000, "{name}: {}", stderr.len());
        // The same goes for its types.
        let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("types").arg(&file).output().unwrap();
        let stderr = text(&output.stderr);
        assert!(output.status.success() || output.status.code() == Some(1) && stderr.len() < 4_000, "{name}: {stderr}");
        assert!(output.stdout.len() <= 4 << 20, "{name}: {}", output.stdout.len());
    };
    says("shallow.wasm", &nested(10), "");
    says("deep.wasm", &nested(19_000), "is not a valid component");
    says("deeper.wasm", &nested(30_000), "more than the limit of 20000");
    let many: String = (0..5_000).map(|n| format!("(import \"f{n}\" (func))")).collect();
    says("many.wasm", &wat::parse_str(format!("(component {many})")).unwrap(), "");
    let options: String = (1..15_000).map(|n| format!("(type $t{n} (option $t{}))", n - 1)).collect();
    let options = format!("(component (type $t0 (option u8)) {options} (import \"f\" (func (param \"p\" $t14999))))");
    says("options.wasm", &wat::parse_str(options).unwrap(), "too deep");
    // Two by two they are no more than may be, but a thousand times as many as there are bytes.
    let doubled: String = (1..16).map(|n| format!("(type $t{n} (tuple $t{} $t{}))", n - 1, n - 1)).collect();
    let functions: String = (0..2_000).map(|n| format!("(import \"f{n}\" (func (param \"p\" $t15)))")).collect();
    let wide = format!("(component (type $t0 (tuple u8 u8)) {doubled} {functions})");
    says("wide.wasm", &wat::parse_str(wide).unwrap(), "exceeds the limit");
    // Each tuple has the one before twice: 2^60 leaves.
    let doubled: String = (1..60).map(|n| format!("(type $t{n} (tuple $t{} $t{}))", n - 1, n - 1)).collect();
    let bomb = format!("(component (type $t0 (tuple u8 u8)) {doubled} (import \"f\" (func (param \"p\" $t59))))");
    says("bomb.wasm", &wat::parse_str(bomb).unwrap(), "is not a valid component");
}
