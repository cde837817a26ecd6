//! Runs a WASI command on the wasmtime that this crate has, with nothing that could stop it: what guests of `bench/speed.c` are held against in docs/performance.md.
//!
//! cargo run --release --example uninterrupted -- FILE.wasm [GUEST'S ARGUMENTS]...

use wasmtime::{Config, Engine, Linker, Module, Result, Store};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_async};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut config = Config::new();
    config.wasm_memory64(true).wasm_multi_memory(true);
    let engine = Engine::new(&config)?;
    let module = Module::from_file(&engine, &args[0])?;
    let mut linker = Linker::new(&engine);
    add_to_linker_async(&mut linker, |wasi: &mut WasiP1Ctx| wasi)?;
    let mut wasi = WasiCtxBuilder::new();
    wasi.args(&args).inherit_stdout().inherit_stderr();
    let mut store = Store::new(&engine, wasi.build_p1());
    let instance = linker.instantiate_async(&mut store, &module).await?;
    instance.get_typed_func::<(), ()>(&mut store, "_start")?.call_async(&mut store, ()).await
}
