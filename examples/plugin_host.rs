//! A host of plugins in Rust: each is asked the same thing, and none of them can hold up the others.
//!
//! ```sh
//! cargo run --no-default-features --example plugin_host
//! ```

use runtime_wasm::{AsyncCaller, Caps, Instance, Limits, Runtime, WasmError};
use std::time::Duration;

const PLUGINS: [(&str, &str); 4] = [
    ("shouts", r#"(func (export "greet") (result i32) (i32.store8 (i32.const 7) (i32.const 33)) (i32.const 8))"#),
    ("asks", r#"(func (export "greet") (result i32) (call $ask (i32.const 0)))"#),
    ("spins", r#"(func (export "greet") (result i32) (loop (br 0)) unreachable)"#),
    ("traps", r#"(func (export "greet") (result i32) unreachable)"#),
];

/// What every plugin has beside its own `greet`, which leaves a text at 0 and returns its length.
fn with_memory(code: &str) -> Vec<u8> {
    let text = format!(
        r#"(module (import "host" "ask" (func $ask (param i32) (result i32)))
            (memory (export "memory") 1) (data (i32.const 0) "Welcome.") {code})"#
    );
    wat::parse_str(text).expect("the plugins above are in order")
}

/// What a plugin may ask: where the answer is to go, and how long it is. Waiting for it costs no thread but the guest's own.
async fn ask(plugin: AsyncCaller, to: u32) -> Result<u32, runtime_wasm::HostError> {
    tokio::time::sleep(Duration::from_millis(2)).await;
    let answer = format!("Hello from {}", plugin.id());
    plugin.write_memory(to.into(), answer.clone()).await?;
    Ok(u32::try_from(answer.len())?)
}

async fn start(runtime: &Runtime, name: &str, code: &str) -> Result<Instance, WasmError> {
    let module = runtime.compile(with_memory(code)).await?;
    module.instance().name(name).async_function("host", "ask", ask).start().await
}

async fn greet(plugin: &Instance) -> Result<String, WasmError> {
    let length: u32 = plugin.call("greet", ()).await?;
    let bytes = plugin.read_memory(0, length.into()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), WasmError> {
    let limits = Limits::new().timeout(Duration::from_millis(50)).memory_bytes(1 << 20);
    let runtime = Runtime::builder().caps(Caps::builder().limits(limits).max_instances(10).build()?).build()?;
    for (name, code) in PLUGINS {
        let plugin = start(&runtime, name, code).await?;
        match greet(&plugin).await {
            Ok(text) => println!("{name}: {text}"),
            Err(error) => println!("{name}: {error}"),
        }
    }
    Ok(())
}
