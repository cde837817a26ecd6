//! The contract of `runtime:wasm`, from JavaScript: each script in `tests/js` is a test, run by the real binary beside
//! guests that are assembled from `tests/js/wat`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder as the scripts expect it: themselves, the manifest, guests, and things that must not be reached.
fn app() -> TempDir {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path();
    copy_files(&source, root);
    fs::create_dir(root.join("denied")).unwrap();
    copy_files(&source.join("denied"), &root.join("denied"));
    for folder in ["wasm/sub", "wasm/folder.wasm", "data/sub", "fixed"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for wat in fs::read_dir(source.join("wat")).unwrap() {
        let wat = wat.unwrap().path();
        let wasm = root.join("wasm").join(wat.file_stem().unwrap()).with_extension("wasm");
        fs::write(wasm, wat::parse_file(&wat).unwrap()).unwrap();
    }
    let basic = root.join("wasm/basic.wasm");
    fs::copy(&basic, root.join("secret.wasm")).unwrap();
    fs::copy(&basic, root.join("wasm/sub/basic.wasm")).unwrap();
    symlink("../secret.wasm", root.join("wasm/escape.wasm")).unwrap();
    symlink("..", root.join("data/escape")).unwrap();
    fs::write(root.join("wasm/not_wasm.wasm"), "not a module").unwrap();
    fs::write(root.join("wasm/huge.wasm"), vec![0; 1024 * 1024 + 1]).unwrap();
    let made = Command::new("mkfifo").arg(root.join("data/fifo")).status().unwrap();
    assert!(made.success(), "mkfifo");
    symlink("fifo", root.join("data/fifo_link")).unwrap();
    for folder in ["data", "fixed"] {
        fs::write(root.join(folder).join("file.txt"), "some data\n").unwrap();
    }
    outside
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Runs a script that reports its own cases. Its standard input stays open and silent.
fn run(script: &str) {
    let app = app();
    let path: PathBuf = app.path().join(script);
    let mut child = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("run")
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {}\n{stdout}\n{stderr}", output.status);
    let last = stdout.lines().last().unwrap_or_default();
    assert!(last.ends_with(" passed, 0 failed") && !last.starts_with('0'), "{script} ended with {last:?}\n{stdout}");
}

macro_rules! scripts {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(#[test] fn $name() { run($path); })*

        #[test]
        fn every_script_is_run() {
            let known = [$($path),*, "check.js"];
            for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(!name.ends_with(".js") || known.contains(&name.as_str()), "{name} is not in the list");
            }
        }
    };
}

scripts! {
    call = "call.js",
    closed = "closed.js",
    compile = "compile.js",
    denied = "denied/denied.js",
    fuzz = "fuzz.js",
    imports = "imports.js",
    imports_wasi = "imports_wasi.js",
    inspect = "inspect.js",
    instantiate = "instantiate.js",
    lifecycle = "lifecycle.js",
    limits = "limits.js",
    memory = "memory.js",
    rejections = "rejections.js",
    restart = "restart.js",
    stats = "stats.js",
    stdio = "stdio.js",
    stop = "stop.js",
    surface = "surface.js",
    traps = "traps.js",
    values = "values.js",
}
