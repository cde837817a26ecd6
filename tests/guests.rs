//! The contract of `runtime:wasm` on real guests, which nobody wrote for it: each script in `tests/guests` is a test, run by the
//! real binary beside the files that `scripts/fetch-guests.sh` fetches.

#![cfg(feature = "host")]

#[macro_use]
mod common;

use common::{copy_files, run_script};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn guests() -> PathBuf {
    root().join("examples/plugins/guests")
}

/// A folder as the scripts expect it: themselves, the manifest, the guests in `guests`, a root for Perl, and a folder for files.
fn app() -> TempDir {
    let app = tempfile::tempdir().unwrap();
    let inside = |path: &str| app.path().join(path);
    copy_files(&root().join("tests/guests"), app.path());
    fs::create_dir(inside("lib")).unwrap();
    copy_files(&root().join("tests/guests/lib"), &inside("lib"));
    fs::copy(root().join("tests/js/check.js"), inside("check.js")).unwrap();
    for folder in ["guests", "perl/dev", "work"] {
        fs::create_dir_all(inside(folder)).unwrap();
    }
    assert!(guests().is_dir(), "the guests are missing: run `make guests`");
    copy_files(&guests(), &inside("guests"));
    // Perl opens it at its start. A guest opens no devices, but an empty file does as well.
    fs::write(inside("perl/dev/null"), "").unwrap();
    app
}

fn run(script: &str) {
    run_script(&app().path().join(script));
}

scripts! {
    in "tests/guests":
    micropython = "micropython.js",
    perl = "perl.js",
    programs = "programs.js",
    quickjs = "quickjs.js",
}

/// `runtime-wasm inspect` of a guest, as text.
fn inspect(name: &str, flags: &[&str]) -> String {
    let path = guests().join(name);
    let output =
        Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("inspect").args(flags).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_report_for_a_person_says_what_a_guest_wants() {
    for name in ["micropython-wasi", "boolector"] {
        let expected = root().join("tests/inspect").join(name).with_extension("out");
        let expected = fs::read_to_string(&expected).unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
        assert_eq!(inspect(&format!("{name}.wasm"), &[]), expected);
    }
}

#[test]
fn a_report_for_a_program_says_it_too() {
    let json: serde_json::Value = serde_json::from_str(&inspect("zeroperl.wasm", &["--json"])).unwrap();
    let types = serde_json::json!({ "params": ["i32", "i32", "i32"], "results": ["i32"] });
    let [import] = json["needs"]["host"].as_array().unwrap().as_slice() else { panic!("{}", json["needs"]) };
    assert_eq!((&import["module"], &import["name"]), (&"env".into(), &"call_host_function".into()));
    assert_eq!((&import["params"], &import["results"]), (&types["params"], &types["results"]));
    assert_eq!(json["bytes"], 25_358_252);
}

#[test]
fn the_example_with_perl_on_the_page_for_plugin_authors_runs() {
    let page = fs::read_to_string(root().join("docs/plugins.md")).unwrap();
    let mut blocks = page.split("```js\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let example = blocks.find(|block| block.contains("zeroperl.wasm")).expect("the page has it");
    let app = app();
    fs::write(app.path().join("page.js"), example).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .args(["run", "page.js"])
        .current_dir(app.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "the app adds: 42\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success());
}
