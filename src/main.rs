//! The command line; see `runtime_wasm::cli`.
fn main() -> std::process::ExitCode {
    runtime_wasm::cli::main()
}
