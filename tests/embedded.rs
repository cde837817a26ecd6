//! `runtime:wasm` in a deno_core program of one's own: one without web APIs, and one that defines them later.

#![cfg(feature = "host")]

use deno_core::{JsRuntime, PollEventLoopOptions, RuntimeOptions};
use runtime_wasm::caps::Caps;
use runtime_wasm::ops::{self, WasmHost};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

const PREAMBLE: &str = r#"
import { compile, instantiate } from "runtime:wasm";
// (module (func (export "spin") (loop (br 0))) (func (export "two") (result i32) (i32.const 2)))
const bytes = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 0, 96, 0, 1, 127, 3, 3, 2, 0, 1, 7, 14, 2, 4, 115, 112, 105, 110, 0, 0,
  3, 116, 119, 111, 0, 1, 10, 14, 2, 7, 0, 3, 64, 12, 0, 11, 11, 4, 0, 65, 2, 11,
]);
const module = await compile(bytes);
async function refused(options, what) {
  const error = await instantiate(module, options).then(() => undefined, (error) => error);
  if (error?.code !== 5007 || !error.message.includes(what)) throw new Error(`${JSON.stringify(options)}: ${error}`);
}
async function works(options) {
  const instance = await instantiate(module, options);
  const [two] = await instance.call("two");
  if (two !== 2) throw new Error(`it answered ${two}`);
  return instance;
}
"#;

/// Runs a script in a program that has nothing but this extension.
fn run(script: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let caps = Caps::from_toml("[capabilities.wasm]\n", Path::new("manifest.app.toml"), None).unwrap();
        let host = WasmHost::new(caps).unwrap();
        let mut js = JsRuntime::new(RuntimeOptions {
            extensions: vec![ops::extension(host.clone())],
            module_loader: Some(Rc::new(deno_core::FsModuleLoader)),
            ..Default::default()
        });
        let main = deno_core::resolve_url("file:///main.js").unwrap();
        let module = js.load_main_es_module_from_code(&main, format!("{PREAMBLE}{script}")).await.unwrap();
        let evaluated = js.mod_evaluate(module);
        js.run_event_loop(PollEventLoopOptions::default()).await.unwrap();
        evaluated.await.unwrap();
        host.runtime().shutdown(Duration::from_secs(2));
    });
}

#[test]
fn a_program_without_web_apis_gets_5007_for_what_needs_them_and_has_all_else() {
    run(r#"
        await refused({ stdin: "piped" }, "WritableStream");
        await refused({ stdout: "piped" }, "ReadableStream");
        await refused({ stderr: "piped" }, "ReadableStream");
        await refused({ signal: {} }, "options.signal needs AbortSignal, which this program does not provide");
        await refused({ stdin: { getReader() {} } }, "options.stdin as a stream needs ReadableStream");
        await refused({ stdin: [1, 2] }, "options.stdin must be a Uint8Array");
        for (const options of [{}, { stdin: "text" }, { stdin: bytes, stdout: "null" }]) await (await works(options)).drop();
    "#);
}

#[test]
fn what_a_call_and_a_handler_want_of_the_program_is_named_where_it_is_missing() {
    run(r#"
        const instance = await works({});
        const error = await instance.callWith({ signal: {} }, "two").then(() => undefined, (error) => error);
        if (error?.code !== 5007 || !error.message.includes("options.signal needs AbortSignal")) throw new Error(`${error}`);
        await works({});
        // (module (import "env" "f" (func)) (func (export "out") (call 0)))
        const asking = await compile(new Uint8Array([
          0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 9, 1, 3, 101, 110, 118, 1, 102, 0, 0, 3, 2, 1, 0,
          7, 7, 1, 3, 111, 117, 116, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
        ]));
        let seen;
        const imports = { env: { f() { seen = this; return this.signal.aborted; } } };
        const guest = await instantiate(asking, { imports });
        const failed = await guest.call("out").then(() => undefined, (error) => error);
        const { cause } = failed;
        if (failed.code !== 5002 || cause?.code !== 5007 || !cause.message.includes("this.signal needs AbortController")) {
          throw new Error(`${failed}, ${cause}`);
        }
        await guest.drop();
    "#);
}

#[test]
fn a_class_of_the_programs_that_lacks_something_is_refused_by_the_name_of_that() {
    run(r#"
        globalThis.AbortSignal = class {
          get aborted() {
            return false;
          }
        };
        await refused({ signal: new AbortSignal() }, 'the AbortSignal of this program has no "addEventListener"');
        globalThis.AbortSignal.prototype.addEventListener = globalThis.AbortSignal.prototype.removeEventListener = () => {};
        await refused({ signal: new AbortSignal() }, 'the AbortSignal of this program has no "reason"');
        await (await works({})).drop();
    "#);
}

#[test]
fn web_apis_that_a_program_defines_later_are_used() {
    run(r#"
        let listener;
        // A class of the program's own has getters, and methods that come from a class above it.
        class Target {
          addEventListener(type, heard) {
            if (type === "abort") listener = heard;
          }
          removeEventListener(type, heard) {
            if (listener === heard) listener = undefined;
          }
        }
        globalThis.AbortSignal = class extends Target {
          #reason;
          get aborted() {
            return this.#reason !== undefined;
          }
          get reason() {
            return this.#reason;
          }
          fire(reason) {
            this.#reason = reason;
            listener?.();
          }
        };
        const signal = new AbortSignal();
        const instance = await works({ signal });
        const spinning = instance.call("spin").then(() => "resolved", (reason) => reason);
        const why = new Error("enough");
        signal.fire(why);
        if (await spinning !== why) throw new Error(`it ended by ${await spinning}`);
        await instance.closed;
        if (listener !== undefined) throw new Error("it is still listening");
        await refused({ signal: { aborted: false } }, "AbortSignal");
        await refused({ signal: Object.create(AbortSignal.prototype) }, "options.signal");
    "#);
}
