//! The README's example for the command line is an app: it is run as it stands there, and so is the embedding example that it points to.
//! The one for npm is in `tests/npm_examples.rs`.

#![cfg(feature = "host")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The first block of this language in the README that says this.
fn block(language: &str, says: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = text.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.find(|block| block.contains(says)).unwrap_or_else(|| panic!("no {language} block with {says}")).to_owned()
}

const PLUGIN: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop br 0)))"#;

#[test]
fn the_example_does_what_it_says() {
    let app = tempfile::tempdir().unwrap();
    fs::create_dir(app.path().join("plugins")).unwrap();
    fs::write(app.path().join("plugins/plugin.wasm"), wat::parse_str(PLUGIN).unwrap()).unwrap();
    fs::write(app.path().join("manifest.app.toml"), block("toml", "[capabilities.wasm]")).unwrap();
    fs::write(app.path().join("main.js"), block("js", "\"runtime:wasm\"")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .args(["run", "main.js"])
        .current_dir(app.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[..2], ["5 + 3 = 8", "FuelExhausted 5011"], "{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines.len() == 3 && lines[2].starts_with("[5009] ") && lines[2].contains("/etc/passwd"), "{stdout}");
    assert!(output.status.success());
}

/// What an example prints. Examples are built with the tests, beside the binary.
fn example(name: &str) -> String {
    let example = Path::new(env!("CARGO_BIN_EXE_runtime-wasm")).with_file_name("examples").join(name);
    let output = Command::new(&example).output().unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_embedding_example_runs() {
    assert_eq!(example("embed"), "5 + 3 = 8, says a guest on its own thread\n");
}

#[test]
fn the_plugin_host_outlives_its_plugins() {
    let printed = example("plugin_host");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..2], ["shouts: Welcome!", "asks: Hello from 2"], "{printed}");
    assert!(lines[2].starts_with("spins: [5011] ") && lines[3].starts_with("traps: [5002] "), "{printed}");
    assert_eq!(lines.len(), 4, "{printed}");
}
