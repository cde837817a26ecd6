//! The command line; see `runtime_wasm::cli`.
fn main() {}
