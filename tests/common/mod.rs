//! What the tests share that run JavaScript with the real binary: scripts that import `check.js` and report their own cases.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Copies the files of a folder, not the folders in it.
pub fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Runs a script that reports its own cases. Its argument is the engine's name.
#[allow(dead_code, reason = "not all tests that share this run scripts by the binary")]
pub fn run_script(path: &Path) {
    // As tests/common/interruption.rs has it.
    let kind = std::env::var("INTERRUPTION").map(|kind| format!("--interruption={kind}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("run").args(kind).arg(path).arg(if cfg!(feature = "v8") { "v8" } else { "quickjs" });
    run_to_its_end(&mut command, &path.file_name().unwrap().display().to_string());
}

/// Runs what runs such a script. Its standard input stays open and silent.
pub fn run_to_its_end(command: &mut Command, script: &str) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {}\n{stdout}\n{stderr}", output.status);
    let last = stdout.lines().last().unwrap_or_default();
    assert!(last.ends_with(" passed, 0 failed") && !last.starts_with('0'), "{script} ended with {last:?}\n{stdout}");
}

/// A test for each script of a folder, run by the function `run`, and one that none is left out.
#[allow(unused_macros, reason = "not all tests that share this run all scripts of a folder")]
macro_rules! scripts {
    (in $folder:literal: $($name:ident = $path:literal),* $(,)?) => {
        $(#[test] fn $name() { run($path); })*

        #[test]
        fn every_script_is_run() {
            let known = [$($path),*, "check.js"];
            for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join($folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(!name.ends_with(".js") || known.contains(&name.as_str()), "{name} is not in the list");
            }
        }
    };
}
