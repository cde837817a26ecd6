//! The npm package: the contract of `runtime:wasm` (`tests/js`) on Node, Bun and Deno, by the addon.
//!
//! `make test` builds the addon and puts the package together beforehand, in `target/npm-staged` (`make npm-staged`).

#![cfg(feature = "quickjs")]

#[macro_use]
mod common;
#[macro_use]
#[path = "common/contract.rs"]
mod contract;
#[path = "common/real.rs"]
mod real;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A program that runs JavaScript, from npm.
fn program(runtime: &str) -> Command {
    let modules = root().join("npm/tools/node_modules");
    let (program, args): (PathBuf, &[&str]) = match runtime {
        "node" => ("node".into(), &["--expose-gc"]),
        "bun" => (modules.join("@oven/bun-linux-x64/bin/bun"), &["--expose-gc"]),
        _ => {
            (modules.join("@deno/linux-x64-glibc/deno"), &["run", "--allow-all", "--no-lock", "--v8-flags=--expose-gc"])
        }
    };
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// A folder with the scripts as an app of that runtime has them. What Node 20 cannot read yet (`await using`) is spelled out for it.
fn app(script: &str) -> tempfile::TempDir {
    let folder = contract::app();
    fs::write(folder.path().join("denied/package.json"), r#"{ "type": "module" }"#).unwrap();
    adapt(folder.path(), script);
    folder
}

/// Makes an app of that runtime of a folder with scripts.
fn adapt(at: &Path, script: &str) {
    let staged = root().join("target/npm-staged/node_modules");
    assert!(staged.exists(), "the package is not there: `make npm-staged` puts it together");
    symlink(staged, at.join("node_modules")).unwrap();
    fs::write(at.join("package.json"), r#"{ "type": "module" }"#).unwrap();
    fs::write(
        at.join("app.js"),
        "export const exit = (code) => process.exit(code);\nexport const args = process.argv.slice(2);\n",
    )
    .unwrap();
    for name in ["check.js", script] {
        let text = fs::read_to_string(at.join(name)).unwrap();
        let text = text.replace("\"runtime:wasm\"", "\"runtime-wasm\"").replace("\"runtime:app\"", "\"./app.js\"");
        fs::write(at.join(name), spelled_out(&text)).unwrap();
    }
}

fn spelled_out(text: &str) -> String {
    let esbuild = root().join("npm/tools/node_modules/@esbuild/linux-x64/bin/esbuild");
    let mut child = Command::new(esbuild)
        .args(["--target=node20", "--supported:import-attributes=true", "--format=esm", "--loader=js"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("esbuild; `scripts/setup.sh test` installs it");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn run_on(runtime: &str, script: &str) {
    let folder = app(script);
    common::run_to_its_end(program(runtime).arg(folder.path().join(script)).arg(runtime), script);
}

/// Real components, by the scripts of `tests/components.rs`.
#[test]
fn components_in_four_languages_are_as_they_should_be() {
    for language in ["c", "rust", "js", "py"] {
        let component = format!("every-type.{language}.wasm");
        let folder = real::app(&component, "every-type.wasm");
        adapt(folder.path(), "driver.js");
        let (cache, _lock) = real::cache(&component);
        let mut command = program("node");
        command.env("RUNTIME_WASM_CACHE", cache).arg(folder.path().join("driver.js")).args(["node", language]);
        common::run_to_its_end(&mut command, &format!("driver.js with {component}"));
    }
}

/// What takes longer hangs. The lives of many instances take most of a minute.
const LONGEST: Duration = Duration::from_secs(300);

/// The scripts of `tests/npm` in the same folder, which tell of an addon's life in somebody else's process. Gives how it ended, and after how long.
fn life(runtime: &str, script: &str, lives: u32) -> (Output, Duration) {
    let folder = app("check.js");
    common::copy_files(&root().join("tests/npm"), folder.path());
    let from = Instant::now();
    let mut child = program(runtime)
        .arg(folder.path().join(script))
        .arg(runtime)
        .current_dir(folder.path())
        .env("LIVES", lives.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What does not end is a finding.
    while child.try_wait().unwrap().is_none() && from.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(20));
    }
    let lasted = from.elapsed();
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    (output, lasted)
}

fn check(runtime: &str, script: &str, code: i32, says: &str) {
    check_lives(runtime, script, code, says, 4_000);
}

fn check_lives(runtime: &str, script: &str, code: i32, says: &str, lives: u32) {
    let (output, lasted) = life(runtime, script, lives);
    let said = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
    assert_eq!(output.status.code(), Some(code), "{script} on {runtime}, after {lasted:?}: {}\n{said}", output.status);
    assert!(said.contains(says), "{script} on {runtime}: {said}");
}

/// The declarations, by TypeScript's compiler, beside Node's own and without the DOM's.
#[test]
fn an_app_whose_manifest_is_not_found_is_told_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    symlink(root().join("target/npm-staged/node_modules"), folder.path().join("node_modules")).unwrap();
    fs::write(folder.path().join("package.json"), r#"{ "type": "module" }"#).unwrap();
    let script = folder.path().join("main.js");
    fs::write(&script, "import { compileFile } from \"runtime-wasm\"; await compileFile(\"x.wasm\").catch(({ message }) => console.log(message));")
        .unwrap();
    for runtime in ["node", "bun", "deno"] {
        let output = program(runtime).arg(&script).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let from = folder.path().canonicalize().unwrap();
        let expected = format!("there is no manifest.app.toml in {} or in a folder above it", from.display());
        assert!(said.starts_with("[5009]") && said.contains(&expected), "{runtime}: {said}");
    }
}

#[test]
fn the_types_fit_those_of_node() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::create_dir_all(at.join("node_modules")).unwrap();
    symlink(root().join("target/npm-staged/node_modules/runtime-wasm"), at.join("node_modules/runtime-wasm")).unwrap();
    for name in ["@types", "undici-types"] {
        symlink(root().join("npm/tools/node_modules").join(name), at.join("node_modules").join(name)).unwrap();
    }
    fs::copy(root().join("tests/npm/types.mts"), at.join("types.mts")).unwrap();
    let output = Command::new("node")
        .arg(root().join("target/tools/typescript/lib/tsc.js"))
        .args([
            "--noEmit",
            "--strict",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "--lib",
            "es2023",
            "--types",
            "node",
            "types.mts",
        ])
        .current_dir(at)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The same as `many_lives_leave_nothing`, long enough that no leak is lost in what else comes and goes.
#[test]
fn a_hundred_thousand_lives_leave_nothing() {
    check_lives("node", "lives.js", 0, "0 failed, 100000 lives", 100_000);
}

/// On Node, where a script can change the environment that its own process sees.
#[test]
fn compiled_code_is_kept_where_the_command_line_would_keep_it() {
    check("node", "cache.js", 0, "0 failed");
}

#[test]
fn the_archives_have_what_they_need() {
    check("node", "packed.js", 0, " passed, 0 failed");
}

macro_rules! runtimes {
    ($($runtime:ident)*) => {$(
        mod $runtime {
            use std::path::Path;

            fn run(script: &str) {
                super::run_on(stringify!($runtime), script);
            }

            contract!();

            #[test]
            fn life_in_somebody_elses_process() {
                super::check(stringify!($runtime), "life.js", 0, " passed, 0 failed");
            }

            #[test]
            fn nothing_that_an_app_inherits_or_replaces_widens_a_manifest() {
                super::check(stringify!($runtime), "host.js", 0, " passed, 0 failed");
            }

            #[test]
            fn the_manifest_is_that_of_the_main_scripts_app() {
                super::check(stringify!($runtime), "which_app.js", 0, " passed, 0 failed");
            }

            #[test]
            fn an_idle_instance_keeps_no_process_alive() {
                super::check(stringify!($runtime), "idle.js", 0, "0 failed, idle");
            }

            #[test]
            fn a_pending_call_keeps_the_process_alive() {
                super::check(stringify!($runtime), "pending.js", 0, "0 failed, 5011");
            }

            #[test]
            fn the_process_exits_beside_guests_that_spin() {
                super::check(stringify!($runtime), "exit.js", 7, "0 failed, exits");
            }

            #[test]
            fn a_host_that_is_closed_gives_back_what_it_had() {
                super::check(stringify!($runtime), "close.js", 0, " passed, 0 failed");
            }

            #[test]
            fn many_lives_leave_nothing() {
                super::check(stringify!($runtime), "lives.js", 0, "0 failed, ");
            }
        }
    )*};
}
runtimes!(node bun deno);
