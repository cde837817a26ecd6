//! Blocks of JavaScript and TypeScript that stand by themselves are type-checked, with the declarations of the runtime that they import.

use super::blocks::{Block, Test, blocks, pages, read, root};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A block as a file in which each line has the number that it has on its page.
fn file(block: &Block) -> String {
    // A module, whatever it imports, so that no block sees another's names.
    format!("{}{}export {{}};\n", "\n".repeat(block.line - 1), block.text)
}

fn check(folder: &Path, options: serde_json::Value) {
    let mut options = options;
    for (key, value) in [("target", "esnext"), ("module", "esnext"), ("moduleResolution", "bundler")] {
        options[key] = value.into();
    }
    for key in ["allowJs", "checkJs", "noEmit", "skipLibCheck", "allowImportingTsExtensions"] {
        options[key] = true.into();
    }
    // Examples in JavaScript say nothing of their parameters' types.
    options["strict"] = false.into();
    let project = serde_json::json!({ "compilerOptions": options, "include": ["./*"] });
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
writeFileSync(process.argv[1], declarations(read("js/runtime-wasm.d.ts"), read("npm/host.d.ts")));
"#;

/// The plugin that the pages speak of.
const PLUGIN: &str = r#"(module
    (import "env" "log" (func (param i32)))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// Writes its types where the blocks find them.
fn declare(plugin: &str, folder: &Path) {
    let module = folder.join("plugin.wasm");
    fs::write(&module, wat::parse_str(plugin).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("types").arg(module).arg("--out").arg(folder.join("plugin.d.ts"));
    assert!(command.status().unwrap().success());
}

#[test]
fn the_blocks_of_javascript_and_typescript_have_no_type_errors() {
    let folder = tempfile::tempdir().unwrap();
    let [runtime, npm] = ["runtime", "npm"].map(|name| folder.path().join(name));
    for folder in [&runtime, &npm] {
        fs::create_dir(folder).unwrap();
    }
    let mut checked = 0;
    for page in pages() {
        for block in blocks(&page) {
            if block.test != Test::Unsaid || !["js", "ts"].contains(&block.language.as_str()) {
                continue;
            }
            let of_npm = ["\"runtime-wasm\"", "\"node:"].iter().any(|import| block.text.contains(import));
            let name = format!("{}-{}.{}", page.replace('/', "-"), block.line, block.language);
            fs::write(if of_npm { &npm } else { &runtime }.join(name), file(&block)).unwrap();
            checked += 1;
        }
    }
    fs::write(runtime.join("runtime-wasm.d.ts"), read("js/runtime-wasm.d.ts")).unwrap();
    declare(PLUGIN, &runtime);
    let package = npm.join("node_modules/runtime-wasm");
    fs::create_dir_all(&package).unwrap();
    let mut made = Command::new("node");
    made.args(["--input-type=module", "-e", DECLARATIONS]).arg(package.join("index.d.ts"));
    assert!(made.current_dir(root()).status().unwrap().success());
    check(&runtime, serde_json::json!({ "types": [] }));
    check(&npm, serde_json::json!({ "types": ["node"], "typeRoots": [root().join("npm/tools/node_modules/@types")] }));
    assert!(checked > 0, "no block was checked");
}
