//! What an app finds on the global object is what docs/host.md lists, and nothing else.

#![cfg(feature = "host")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn run(source: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("main.js");
    fs::write(&script, source).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("run").arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The names in the list of docs/host.md. Those of one engine only are in an item of their own.
fn documented() -> BTreeSet<String> {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/host.md")).unwrap();
    let section = docs.split_once("## Globals\n").unwrap().1;
    let list = section.split_once("\n- ").unwrap().1.split_once("\n\n").unwrap().0;
    let items = list.split("\n- ").filter(|item| !(cfg!(feature = "v8") && item.starts_with("On QuickJS only")));
    items.flat_map(|item| item.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_global_object_has_what_is_documented_and_nothing_else() {
    let found = run("for (const key of Reflect.ownKeys(globalThis)) console.log(String(key));");
    let found: BTreeSet<String> = found.lines().map(str::to_owned).collect();
    let documented = documented();
    assert!(documented.len() > 100, "the list is gone");
    let undocumented: Vec<_> = found.difference(&documented).collect();
    let missing: Vec<_> = documented.difference(&found).collect();
    assert!(undocumented.is_empty() && missing.is_empty(), "not documented {undocumented:?}, not there {missing:?}");
}

#[test]
fn no_webassembly_but_runtime_wasm_is_reached_however_it_is_asked_for() {
    let found = run(r#"
        const seen = [typeof WebAssembly, typeof gc, Function("return typeof WebAssembly")(), (0, eval)("typeof WebAssembly")];
        const properties = ["WebAssembly", "gc"].filter((name) => name in globalThis || name in self);
        for (const key in globalThis) seen.push(key);
        addEventListener("error", () => {});
        for (const key in globalThis) if (!(key in EventTarget.prototype)) seen.push(key);
        // Those of a module are only had with the engine's own.
        for (const load of [() => import("./main.wasm"), () => import("data:application/wasm,")]) {
          seen.push(await load().then(() => "loaded", (error) => error.name));
        }
        console.log(...seen, ...properties);
    "#);
    assert_eq!(found, "undefined undefined undefined undefined TypeError TypeError\n");
}

#[test]
fn what_is_left_works_without_what_was_taken_away() {
    let found = run(r#"
        const shared = new Int32Array(new SharedArrayBuffer(4));
        console.log(Atomics.notify(shared, 0), Atomics.waitAsync(shared, 0, 1).value, Atomics.waitAsync(shared, 0, 0, 5).async);
        console.log(new Intl.DateTimeFormat("en", { timeZone: "Asia/Tokyo" }).resolvedOptions().timeZone);
        console.log(globalThis.Temporal?.ZonedDateTime.from("2020-06-26T10:00[America/New_York]").offset ?? "-04:00");
        console.log(structuredClone(new Map([[1, new Date(0)]])).get(1).getTime());
        let heard = "";
        addEventListener("wave", (event) => heard = event.type);
        dispatchEvent(new Event("wave"));
        console.log(heard, globalThis instanceof EventTarget, "toString" in globalThis);
    "#);
    assert_eq!(found, "0 not-equal true\nAsia/Tokyo\n-04:00\n0\nwave true true\n");
}
