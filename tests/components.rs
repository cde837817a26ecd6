//! Real components, in four languages: what they do with each value, resource and error is as their world says and as jco has it
//! (`tests/components/driver.js`), programs for a shell run, and so does the plugin of the docs.

#![cfg(feature = "host")]

mod common;
#[path = "common/real.rs"]
mod real;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn command(component: &str) -> (Command, fs::File) {
    let (cache, lock) = real::cache(component);
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.env("RUNTIME_WASM_CACHE", cache);
    (command, lock)
}

fn run_script(component: &str, name: &str, script: &str, language: &str) {
    let app = real::app(component, name);
    let (mut command, _lock) = command(component);
    command.arg("run").arg(app.path().join(script)).arg(if cfg!(feature = "v8") { "v8" } else { "quickjs" });
    common::run_to_its_end(command.arg(language), &format!("{script} with {component}"));
}

fn every_type(language: &str) {
    run_script(&format!("every-type.{language}.wasm"), "every-type.wasm", "driver.js", language);
}

#[test]
fn in_c_each_type_and_resource_is_as_it_should_be() {
    every_type("c");
}

#[test]
fn in_rust_each_type_and_resource_is_as_it_should_be() {
    every_type("rust");
}

#[test]
fn in_javascript_each_type_and_resource_is_as_it_should_be() {
    every_type("js");
}

#[test]
fn in_python_each_type_and_resource_is_as_it_should_be() {
    every_type("py");
}

/// Runs a program by `instance.run()`, which compiles it within the manifest's time, and then in the command line. Gives what it prints and
/// leaves in its folder, what it says of that, and its code.
fn program(language: &str, words: &[&str]) -> (String, String, i32) {
    let component = format!("command.{language}.wasm");
    run_script(&component, "command.wasm", "commands.js", language);
    let app = real::app(&component, "command.wasm");
    let (mut command, _lock) = command(&component);
    command.current_dir(app.path()).args(["exec", "--env", "A=1", "--env", "B=two words", "--dir", "./box::/box"]);
    command.arg("command.wasm").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Not all read it.
    let _ = child.stdin.take().unwrap().write_all(b"some input");
    let output = child.wait_with_output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let left = ["written.txt", "by-python.txt"].map(|name| fs::read_to_string(app.path().join("box").join(name)));
    let left: String = left.into_iter().flatten().collect();
    (stdout + &left, stderr, output.status.code().unwrap())
}

#[test]
fn a_program_in_c_sees_what_it_is_given() {
    let said = "argument 0: command.wasm\nargument 1: /box\nenvironment: A=1\nenvironment: B=two words\n\
        input: 10 bytes: some input\nentry: a.txt\nby a command of 2 arguments\n";
    assert_eq!(program("c", &["/box"]), (said.to_owned(), "done\n".to_owned(), 0));
}

#[test]
fn a_program_in_javascript_sees_what_it_is_given_and_fails_when_it_says_so() {
    let said = "arguments: [\"command.wasm\",\"--fail\"]\nenvironment: [[\"A\",\"1\"],[\"B\",\"two words\"]]\n";
    assert_eq!(program("js", &["--fail"]), (said.to_owned(), "to the other stream\n".to_owned(), 1));
}

#[test]
fn a_program_in_python_sees_what_it_is_given() {
    let said = "arguments: ['command.wasm', '/box']\nenvironment: [('A', '1'), ('B', 'two words')]\n\
        input: some input\nentries: ['a.txt']\nby Python\n";
    assert_eq!(program("py", &["/box"]), (said.to_owned(), "to the other stream\n".to_owned(), 0));
}

fn examples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guests/components"))
}

/// What the app of the docs prints for the plugin in one of the languages.
fn shout(language: &str) -> String {
    let app = tempfile::tempdir().unwrap();
    common::copy_files(examples(), app.path());
    let component = format!("shout.{language}.wasm");
    fs::copy(real::built(&component), app.path().join(&component)).unwrap();
    let (mut command, _lock) = command(&component);
    let output = command.current_dir(app.path()).args(["run", "main.js", &format!("./{component}")]).output().unwrap();
    assert!(output.status.success(), "{component}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn loud(hello: &str) -> String {
    format!("the plugin says: hello, wörld\n{hello}\n-3\n5002 division by zero\n")
}

#[test]
fn the_plugin_of_the_docs_runs_in_c() {
    // Its `toupper` knows ASCII.
    assert_eq!(shout("c"), loud("HELLO, WöRLD!"));
}

#[test]
fn the_plugin_of_the_docs_runs_in_rust() {
    assert_eq!(shout("rust"), loud("HELLO, WÖRLD!"));
}

#[test]
fn the_plugin_of_the_docs_runs_in_javascript_on_either_engine() {
    for language in ["qjs", "js"] {
        assert_eq!(shout(language), loud("HELLO, WÖRLD!"), "{language}");
    }
}

#[test]
fn the_plugin_of_the_docs_runs_in_python() {
    assert_eq!(shout("py"), loud("HELLO, WÖRLD!"));
}

#[test]
fn the_page_shows_the_plugin_as_it_is() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plugins-components.md")).unwrap();
    for file in ["shout.wit", "c/shout.c", "rust/shout.rs", "js/shout.js", "py/shout.py", "main.js"] {
        let source = fs::read_to_string(examples().join(file)).unwrap();
        assert!(page.contains(&format!("\n{source}```")), "docs/plugins-components.md does not hold {file} as it is");
    }
}
