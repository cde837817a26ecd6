//! Two JavaScript runtimes that share one host: they share its instances, and nothing of each other's values.

#![cfg(feature = "host")]

use deno_core::{JsRuntime, PollEventLoopOptions, RuntimeOptions};
use runtime_wasm::caps::Caps;
use runtime_wasm::ops::{self, WasmHost};
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

const GUEST: &str = r#"(module
    (import "env" "host" (func $host (param externref) (result externref)))
    (global $held (mut externref) (ref.null extern))
    (global (export "shown") (mut externref) (ref.null extern))
    (func (export "set") (param externref) (global.set $held (local.get 0)))
    (func (export "get") (result externref) (global.get $held))
    (func (export "both") (param externref) (result externref externref) (local.get 0) (global.get $held))
    (func (export "same") (param externref) (result externref) (local.get 0))
    (func (export "pass") (param externref) (result externref) (call $host (local.get 0)))
    (func (export "fail") (param externref) unreachable))"#;

/// A JavaScript runtime on a thread of its own, which runs one module after another.
struct Side {
    scripts: Sender<String>,
    done: Receiver<()>,
}

impl Side {
    fn start(host: WasmHost) -> Side {
        let ((scripts, coming), (finished, done)) = (channel::<String>(), channel());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // V8 may want a timer for work of its own as soon as it has scripts, and deno_core looks for one here.
            let _timers = runtime.enter();
            let mut js = JsRuntime::new(RuntimeOptions {
                extensions: vec![ops::extension(host)],
                module_loader: Some(Rc::new(deno_core::FsModuleLoader)),
                ..Default::default()
            });
            for (number, script) in coming.iter().enumerate() {
                runtime.block_on(async {
                    let name = deno_core::resolve_url(&format!("file:///script{number}.js")).unwrap();
                    let module = js.load_side_es_module_from_code(&name, script).await.unwrap();
                    let evaluated = js.mod_evaluate(module);
                    js.run_event_loop(PollEventLoopOptions::default()).await.unwrap();
                    evaluated.await.unwrap();
                });
                finished.send(()).unwrap();
            }
        });
        Side { scripts, done }
    }

    fn run(&self, script: &str) {
        self.begin(script);
        self.end();
    }

    fn end(&self) {
        self.done.recv().expect("the script failed: see above");
    }

    fn begin(&self, script: &str) {
        let preamble = r#"
            import { call, compile, instantiate, instances } from "runtime:wasm";
            async function refused(operation, code, what) {
                const value = await operation.then((value) => value, (error) => error);
                if (value?.code !== code || !value.message.includes(what)) throw new Error(`it gave ${value}`);
                return value;
            }
            function same(found, expected) { if (found !== expected) throw new Error(`found ${found}`); }
        "#;
        self.scripts.send(format!("{preamble}{script}")).unwrap();
    }
}

#[test]
fn each_sees_its_own_values_only() {
    JsRuntime::init_platform(None);
    let caps = Caps::from_toml("[capabilities.wasm]\n", Path::new("manifest.app.toml"), None).unwrap();
    let host = WasmHost::new(caps).unwrap();
    let [a, b] = [(); 2].map(|()| Side::start(host.clone()));
    let bytes = wat::parse_str(GUEST).unwrap();
    // Both keep values under the same numbers.
    a.run(&format!(
        r#"
        globalThis.secret = {{ of: "a" }};
        globalThis.heard = [];
        let wake = () => {{}};
        const host = (value) => {{
            if (value === "wait") return heard.includes(null) ? value : new Promise((woken) => wake = woken);
            heard.push(value);
            if (value !== null) return value;
            wake(value);
            throw secret;
        }};
        const imports = {{ env: {{ host }} }};
        globalThis.instance = await instantiate(await compile(new Uint8Array({bytes:?})), {{ imports }});
        same(instance.id, 1);
        globalThis.second = await instantiate(instance.moduleId, {{ imports }});
        await instance.call("set", secret);
        await instance.globals.set("shown", secret);
        same((await instance.call("get"))[0], secret);
        same((await instance.call("pass", secret))[0], secret);
        same(heard.length, 1);
        "#
    ));
    b.run(
        r#"
        globalThis.own = { of: "b" };
        globalThis.others = Array.from({ length: 50 }, (_, n) => ({ n }));
        // One's own comes back as it is, also through another's instance.
        same((await call(1, "same", [own]))[0], own);
        for (const other of others) await call(1, "same", [other]);
        // Values that are no objects have nothing to keep.
        same((await call(1, "same", [7]))[0], 7);
        // What another keeps is refused, beside one's own too, and the instance goes on.
        await refused(call(1, "get", []), 5007, "another JavaScript runtime");
        await refused(call(1, "both", [own]), 5007, "another JavaScript runtime");
        // A host function of another's gets nothing of ours...
        const error = await refused(call(1, "pass", [own]), 5007, "argument 1 of the host function");
        same(error.import.name, "host");
        // A module that another has compiled takes imports of one's own.
        const mine = await instantiate(1, { imports: { env: { host: (value) => [value] } } });
        same((await mine.call("pass", own))[0][0], own);
        await refused(instantiate(1, { imports: { env: {} } }), 5001, "is missing");
        await refused(instantiate(99, { imports: {} }), 5004, "no module 99");
        await mine.drop();
        "#,
    );
    // ...and what it throws, on an event loop that goes round meanwhile, stays with it.
    a.begin(r#"await second.call("pass", "wait");"#);
    b.run(
        r#"
        const thrown = await refused(call(1, "pass", [null]), 5002, "threw [object Object]");
        same("cause" in thrown, false);
        // What is said of a failed call is one's own.
        const trapped = await refused(call(1, "fail", [own]), 5002, "unreachable");
        same(trapped.call.args[0], own);
        await call(1, "set", [own]);
        "#,
    );
    a.end();
    a.run(
        r#"
        same(heard[1], null);
        await refused(instance.call("get"), 5007, "another JavaScript runtime");
        same(await instance.globals.get("shown"), secret);
        await instance.call("set", null);
        same((await instance.call("same", secret))[0], secret);
        "#,
    );
    // Once the one is gone, its values are nobody's.
    drop(a);
    b.run(r#"same((await call(1, "same", [own]))[0], own); same((await instances()).length, 2);"#);
    drop(b);
    assert_eq!(host.runtime().shutdown(Duration::from_secs(30)), 0);
}
