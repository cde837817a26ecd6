//! The shutdown hook of [`runtime_wasm::host::run_app`] is called exactly once, however an app ends.

#![cfg(feature = "host")]

use runtime_wasm::caps::Caps;
use runtime_wasm::host::{AppOptions, run_app};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs an app of this source and returns its exit code and how often the hook was called.
fn run(main: PathBuf) -> (i32, usize) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let code = run_app(AppOptions {
        main,
        source: None,
        args: Vec::new(),
        caps: Caps::denied(),
        extensions: Vec::new(),
        on_shutdown: Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        }),
    });
    (code, calls.load(Ordering::SeqCst))
}

/// One test, since engines start best on one thread.
#[test]
fn the_hook_is_called_once_however_an_app_ends() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("nothing.js", "", 0),
        ("timer.js", "setTimeout(() => {}, 5);", 0),
        ("throws.js", "throw new Error('on purpose');", 1),
        ("syntax.js", "let = ;", 1),
        ("exits.js", "import { exit } from 'runtime:app'; setInterval(() => exit(9), 1);", 9),
        ("stalls.js", "await new Promise(() => {});", 1),
    ];
    for (name, source, code) in cases {
        let main = folder.path().join(name);
        std::fs::write(&main, source).unwrap();
        assert_eq!(run(main), (code, 1), "{name}");
    }
    assert_eq!(run(folder.path().join("gone.js")), (1, 1), "a missing main module");
}
