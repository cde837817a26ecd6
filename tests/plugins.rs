//! The page for plugin authors: its example is the one in the repository, compiles with the command it names, and runs.

#![cfg(feature = "host")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_page_shows_the_example_as_it_is() {
    let page = fs::read_to_string(root().join("docs/plugins.md")).unwrap();
    for file in ["shout.c", "main.js"] {
        let source = fs::read_to_string(root().join("examples/guests/c").join(file)).unwrap();
        assert!(page.contains(&format!("\n{source}```")), "docs/plugins.md does not hold {file} as it is");
    }
}

#[test]
fn the_example_in_c_compiles_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["shout.c", "main.js", "manifest.app.toml"] {
        fs::copy(root().join("examples/guests/c").join(file), folder.path().join(file)).unwrap();
    }
    let page = fs::read_to_string(root().join("docs/plugins.md")).unwrap();
    let command = page.lines().find(|line| line.starts_with("clang-19 ")).expect("the page names the command");
    let words: Vec<&str> = command.split(' ').collect();
    run(folder.path(), words[0], &words[1..]);
    let output = run(folder.path(), env!("CARGO_BIN_EXE_runtime-wasm"), &["run", "main.js"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines[0], "HELLO, WORLD 10");
    assert!(lines[1].starts_with("integer divide by zero [ 7, 0 ] divide ("), "{stdout}");
    let divide = fs::read_to_string(root().join("examples/guests/c/shout.c")).unwrap();
    let line = 1 + divide.lines().position(|line| line.contains("return a / b")).unwrap();
    assert!(lines[1].contains(&format!("shout.c:{line}:")), "{stdout}");
}

fn run(folder: &Path, program: &str, args: &[&str]) -> Output {
    let output = Command::new(program).current_dir(folder).args(args).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `scripts/setup.sh test` installs it"));
    assert!(output.status.success(), "{program} {args:?}\n{}", String::from_utf8_lossy(&output.stderr));
    output
}
