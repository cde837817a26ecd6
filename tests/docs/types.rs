//! The apps among the blocks of JavaScript and TypeScript, and all examples, are type-checked with the declarations of the runtime that they
//! import: once those for `runtime-wasm run`, and once those for the npm package.

use super::blocks::{Block, Test, blocks, pages, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A block as a file in which each line has the number that it has on its page.
fn file(block: &Block) -> String {
    // A module, whatever it imports, so that no block sees another's names.
    format!("{}{}export {{}};\n", "\n".repeat(block.line - 1), block.text)
}

/// Checks what is in the folder, and other files besides.
fn check(folder: &Path, others: &[PathBuf], options: serde_json::Value) {
    let mut options = options;
    for (key, value) in [("target", "esnext"), ("module", "esnext"), ("moduleResolution", "bundler")] {
        options[key] = value.into();
    }
    for key in ["allowJs", "checkJs", "noEmit", "skipLibCheck", "allowImportingTsExtensions"] {
        options[key] = true.into();
    }
    // Examples in JavaScript say nothing of their parameters' types.
    options["strict"] = false.into();
    let included: Vec<&Path> = [Path::new("./*")].into_iter().chain(others.iter().map(PathBuf::as_path)).collect();
    let project = serde_json::json!({ "compilerOptions": options, "include": included });
    fs::write(folder.join("tsconfig.json"), project.to_string()).unwrap();
    let compiler = root().join("target/tools/typescript/lib/tsc.js");
    assert!(compiler.exists(), "{}: `scripts/setup.sh test` installs it", compiler.display());
    let output = Command::new("node").arg(compiler).arg("-p").arg(folder).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The declarations of the npm package, as `make npm` writes them.
const DECLARATIONS: &str = r#"
import { readFileSync, writeFileSync } from "node:fs";
import { declarations } from "./npm/tools/declarations.mjs";
const read = (path) => readFileSync(path, "utf8");
writeFileSync(process.argv[1], declarations(read("js/runtime-wasm.d.ts"), read("npm/host.d.ts"), JSON.parse(read("docs/manifest.schema.json"))));
"#;

/// What the pages have a reader install from npm.
const PACKAGES: &str = "declare module \"long\";\n";

/// The plugin that the pages speak of.
const PLUGIN: &str = r#"(module
    (import "env" "log" (func (param i32)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// Writes declarations, of the runtime or of a module.
fn declare(module: Option<&Path>, file: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("types").args(module).arg("--out").arg(file);
    assert!(command.status().unwrap().success());
}

/// The runtime that some code is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Run,
    Npm,
}

/// By what it imports; none where others import it, or a guest is made of it.
fn runtime_of(code: &str) -> Option<For> {
    let imports = |modules: &[&str]| modules.iter().any(|module| code.contains(module));
    if imports(&["\"runtime-wasm\"", "\"node:"]) {
        Some(For::Npm)
    } else {
        imports(&["\"runtime:"]).then_some(For::Run)
    }
}

/// All scripts of the examples for this runtime. What they import of each other is checked with them.
fn examples(wanted: For) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join("examples")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "js" || ending == "ts") {
                let is_wanted = runtime_of(&fs::read_to_string(&path).unwrap()) == Some(wanted);
                found.extend(is_wanted.then_some(path));
            }
        }
    }
    found
}

#[test]
fn the_blocks_of_javascript_and_typescript_and_the_examples_have_no_type_errors() {
    let folder = tempfile::tempdir().unwrap();
    let [runtime, npm] = ["runtime", "npm"].map(|name| folder.path().join(name));
    for folder in [&runtime, &npm] {
        fs::create_dir(folder).unwrap();
    }
    let mut checked = 0;
    for page in pages() {
        for block in blocks(&page) {
            let runtime_of = runtime_of(&block.text);
            // What is run is checked, too, unless it is a guest's.
            let is_app = block.test == Test::Unsaid || runtime_of.is_some();
            if !is_app || !["js", "ts"].contains(&block.language.as_str()) {
                continue;
            }
            let folder = if runtime_of == Some(For::Npm) { &npm } else { &runtime };
            let name = format!("{}-{}.{}", page.replace('/', "-"), block.line, block.language);
            fs::write(folder.join(name), file(&block)).unwrap();
            checked += 1;
        }
    }
    fs::write(runtime.join("packages.d.ts"), PACKAGES).unwrap();
    let plugin = runtime.join("plugin.wasm");
    fs::write(&plugin, wat::parse_str(PLUGIN).unwrap()).unwrap();
    declare(None, &runtime.join("runtime-wasm.d.ts"));
    declare(Some(&plugin), &runtime.join("plugin.d.ts"));
    let package = npm.join("package.d.ts");
    let mut made = Command::new("node");
    made.args(["--input-type=module", "-e", DECLARATIONS]).arg(&package);
    assert!(made.current_dir(root()).status().unwrap().success());

    let (of_run, mut of_npm) = (examples(For::Run), examples(For::Npm));
    assert!(checked > 15 && of_run.len() >= 7 && of_npm.len() >= 8, "{checked} {of_run:?} {of_npm:?}");
    of_npm.push(root().join("tests/docs/bun_and_deno.d.ts"));
    check(&runtime, &of_run, serde_json::json!({ "lib": ["esnext"], "types": [] }));
    let types = root().join("npm/tools/node_modules/@types");
    let resolved = serde_json::json!({ "runtime-wasm": [package] });
    check(
        &npm,
        &of_npm,
        serde_json::json!({ "lib": ["esnext"], "types": ["node"], "typeRoots": [types], "paths": resolved }),
    );
}
