//! The benchmarks run, and the page that shows them is what was measured.

#![cfg(feature = "host")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn bench(script: &str) -> Command {
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("bench").join(script));
    node
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("QuickJS: "), "a script has failed on the binary:\n{said}");
}

#[test]
fn the_page_is_made_from_what_was_measured() {
    run(bench("page.mjs").arg("--check"));
}

#[test]
fn the_benchmarks_run() {
    let out = tempfile::tempdir().unwrap();
    let parts = ["calls", "spawn", "stops", "messages", "busy", "instances", "engines", "guests"];
    run(bench("run.mjs")
        .args(parts)
        .env("BENCH_QUICK", "smoke")
        .env("BENCH_OUT", out.path())
        .env("RUNTIME_WASM", env!("CARGO_BIN_EXE_runtime-wasm"))
        .env_remove("RUNTIME_WASM_V8"));
    let file = |name: String| -> PathBuf { out.path().join(name) };
    assert!(file("benchmarks.md".to_owned()).exists());
    for part in parts {
        assert!(file(format!("benchmarks/{part}.json")).exists(), "{part} was not measured");
    }
}

/// The package that the tests have stands in for the one that is measured.
#[cfg(feature = "quickjs")]
#[test]
fn the_benchmark_of_the_npm_package_runs() {
    let out = tempfile::tempdir().unwrap();
    let staged = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/npm-staged/node_modules");
    run(bench("run.mjs")
        .arg("npm")
        .env("BENCH_QUICK", "smoke")
        .env("BENCH_OUT", out.path())
        .env("RUNTIME_WASM_NPM", staged));
    let measured = std::fs::read_to_string(out.path().join("benchmarks/npm.json")).unwrap();
    let measured: serde_json::Value = serde_json::from_str(&measured).unwrap();
    assert!(measured["results"]["npmNode"].is_array(), "{measured}");
}
