//! The folder that the scripts of the contract (`tests/js`) run in, whatever runs them.

use crate::common::copy_files;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder as the scripts expect it: themselves, the manifest, guests, and things that must not be reached.
pub fn app() -> TempDir {
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

/// A test for each script of the contract, run by the function `run`.
macro_rules! contract {
    () => {
        scripts! {
            in "tests/js":
            atomics = "atomics.js",
            bytes = "bytes.js",
            call = "call.js",
            call_bytes = "call_bytes.js",
            closed = "closed.js",
            component = "component.js",
            component_resources = "component_resources.js",
            compile = "compile.js",
            deadlock = "deadlock.js",
            denied = "denied/denied.js",
            ended = "ended.js",
            fresh = "fresh.js",
            fuzz = "fuzz.js",
            import_object = "import_object.js",
            imports = "imports.js",
            imports_wasi = "imports_wasi.js",
            inspect = "inspect.js",
            instantiate = "instantiate.js",
            large = "large.js",
            lifecycle = "lifecycle.js",
            limits = "limits.js",
            memory = "memory.js",
            prototypes = "prototypes.js",
            rejections = "rejections.js",
            restart = "restart.js",
            stats = "stats.js",
            stdio = "stdio.js",
            stop = "stop.js",
            stop_imports = "stop_imports.js",
            surface = "surface.js",
            tables = "tables.js",
            time = "time.js",
            traps = "traps.js",
            values = "values.js",
        }
    };
}
