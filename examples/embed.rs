//! `runtime:wasm` in a deno_core program of one's own: the smallest that works.
//!
//! ```sh
//! cargo run --example embed
//! ```

use deno_core::{JsRuntime, PollEventLoopOptions, RuntimeOptions};
use runtime_wasm::{Caps, Runtime, ops};
use std::rc::Rc;
use std::time::Duration;

const SCRIPT: &str = r#"
import { compile, instantiate, types } from "runtime:wasm";
// (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
const bytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0,
  10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11,
]);
const instance = await instantiate(await compile(bytes));
const [sum] = await instance.call("add", 5, types.i32(3));
await instance.drop();
Deno.core.print(`5 + 3 = ${sum}, says a guest on its own thread\n`);
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // SAFETY: the process has no other thread yet.
    unsafe { ops::forbid_code_cache() };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    // What the script may do with WebAssembly; usually `Caps::from_file`.
    let caps = Caps::builder().max_instances(100).build()?;
    let wasm = Runtime::builder().caps(caps).build()?;
    let mut js = JsRuntime::new(RuntimeOptions {
        extensions: vec![ops::extension(wasm.clone())],
        module_loader: Some(Rc::new(deno_core::FsModuleLoader)),
        ..Default::default()
    });
    let main = deno_core::resolve_url("file:///main.js")?;
    let module = js.load_main_es_module_from_code(&main, SCRIPT).await?;
    let evaluated = js.mod_evaluate(module);
    js.run_event_loop(PollEventLoopOptions::default()).await?;
    evaluated.await?;
    // Guests end before the process does; two seconds at most.
    wasm.shutdown(Duration::from_secs(2));
    Ok(())
}
