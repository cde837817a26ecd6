//! The TypeScript declarations: nothing is missing, and they say of an app's code what is true.

#![cfg(feature = "host")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start:?}")) + start.len();
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}"));
    &text[from..from + length]
}

fn words(list: &str) -> Vec<&str> {
    list.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_export_is_declared() {
    let (declared, module) = (read("js/runtime-wasm.d.ts"), read("js/module.js"));
    let exports = words(between(&module, "export const {", "}"));
    assert!(exports.len() > 10, "{exports:?}");
    for name in exports {
        let kinds = ["function", "const", "class"].map(|kind| format!("  export {kind} {name}"));
        let found = kinds.iter().any(|start| {
            let rest = declared.split(start).nth(1);
            rest.is_some_and(|rest| rest.starts_with(['(', ':', '<', ' ']))
        });
        assert!(found, "{name} is not declared");
    }
}

#[test]
fn every_member_of_an_instance_is_declared() {
    let (declared, script) = (read("js/runtime-wasm.d.ts"), read("js/instance.js"));
    let declared = between(&declared, "export interface WasmInstance", "\n  }\n");
    let class = script.split("export class WasmInstance").nth(1).unwrap();
    let mut members = 0;
    for line in class.lines() {
        let Some(member) = line.strip_prefix("  ").filter(|member| !member.starts_with(' ')) else { continue };
        let member = member.strip_prefix("get ").or_else(|| member.strip_prefix("async ")).unwrap_or(member);
        let Some((name, _)) = member.split_once('(').filter(|_| member.ends_with('{')) else { continue };
        // Neither what is private nor what has a symbol for a name.
        if name == "constructor" || name.starts_with(['#', '[']) {
            continue;
        }
        let found = ["readonly NAME:", "    NAME(", "    NAME<"]
            .iter()
            .any(|form| declared.contains(&form.replace("NAME", name)));
        assert!(found, "{name} is not declared");
        members += 1;
    }
    assert!(members > 17, "only {members} members were found");
}

#[test]
fn every_option_is_declared() {
    let (declared, script) = (read("js/runtime-wasm.d.ts"), read("js/options.js"));
    for (list, interface) in [("optionNames", "InstantiateOptions"), ("limitNames", "Limits")] {
        let options = words(between(&script, &format!("const {list} = ["), "]"));
        let declared = between(&declared, &format!("export interface {interface} {{"), "\n  }\n");
        assert!(options.len() >= 5, "{options:?}");
        for option in options {
            assert!(declared.contains(&format!("    {option}?: ")), "{interface} does not declare {option}");
        }
    }
}

#[test]
fn the_command_line_prints_them() {
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("types").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), read("js/runtime-wasm.d.ts"));
}

/// With the compiler that `scripts/setup.sh test` installs.
#[test]
fn an_app_that_uses_everything_has_no_type_errors() {
    let compiler = root().join("target/tools/typescript/lib/tsc.js");
    assert!(Path::exists(&compiler), "{}: `scripts/setup.sh test` installs it", compiler.display());
    let output = Command::new("node").arg(compiler).args(["-p", "tests/types"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
