//! `--version`: this program, and the two engines in it.

use crate::engine::WASMTIME_VERSION;
use crate::host::javascript_engine;

/// The number, and below it what runs JavaScript and what runs WebAssembly.
pub(super) fn long() -> String {
    format!(
        "{}\nJavaScript   {}\nWebAssembly  wasmtime {WASMTIME_VERSION}",
        env!("CARGO_PKG_VERSION"),
        javascript_engine()
    )
}
