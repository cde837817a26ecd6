//! What each fuzz target checks: a function from any bytes, which panics where a property does not hold.
//!
//! `fuzz/fuzz_targets` hands them to the fuzzer; `tests/replay.rs` gives them the corpora and inputs of its own, without one.

mod arguments;
mod compile;
mod component_values;
mod input;
mod manifest;
mod operations;
mod paths;

pub use arguments::arguments;
pub use compile::{compile, validate};
pub use component_values::component_values;
pub use manifest::manifest;
pub use operations::operations;
pub use paths::paths;

/// Panics where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target: its name, which is that of its corpus, and its function.
pub const TARGETS: [(&str, Target); 6] = [
    ("manifest", manifest),
    ("paths", paths),
    ("compile", compile),
    ("operations", operations),
    ("arguments", arguments),
    ("component_values", component_values),
];

/// Waits for what a runtime does on its own threads.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static WAITER: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime to wait with");
    }
    WAITER.with(|waiter| waiter.block_on(work))
}
