//! The manifest's page, its schema and the parser say the same; `check` tells what a manifest grants, and `run --audit` what one needs.

#![cfg(feature = "host")]

use runtime_wasm::caps::{Access, Caps, manifest_keys, manifest_schema};
use runtime_wasm::registry::RuntimeOptions;
use serde_json::Value;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Makes a file in the folder that it is shown, and looks for one.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "new")
    (data (i32.const 8) "old")
    (func (export "make") (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64)))
    (func (export "look") (result i32)
        (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 3) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64))))"#;

const MAIN: &str = r#"
import { compileFile, instantiate } from "runtime:wasm";
const module = await compileFile("./plugins/guest.wasm");
const writer = await instantiate(module, { preopens: { "/d": "./data" } });
const reader = await instantiate(module, { preopens: { "/d": "./assets" } });
console.log(...await writer.call("make"), ...await reader.call("look"));
"#;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn runtime_wasm(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).current_dir(folder).args(args).output().unwrap()
}

/// An app with a guest, and a manifest.
fn app(manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for sub in ["plugins", "data", "assets"] {
        fs::create_dir(folder.path().join(sub)).unwrap();
    }
    fs::write(folder.path().join("plugins/guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    fs::write(folder.path().join("assets/old"), "").unwrap();
    fs::write(folder.path().join("main.js"), MAIN).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), manifest).unwrap();
    folder
}

/// The schema of a section, by its name.
fn in_schema<'a>(schema: &'a Value, section: &str) -> &'a Value {
    section.split('.').fold(schema, |schema, name| &schema["properties"][name])
}

/// The rows of the table that a section has on the page: its keys, and what else is said of them.
fn on_page(page: &str, section: &str) -> Vec<(String, String)> {
    let heading = format!("## `[{section}]`\n");
    let (_, part) = page.split_once(&heading).unwrap_or_else(|| panic!("docs/manifest.md has no {heading:?}"));
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(key, rest)| (key.to_owned(), rest.to_owned())).collect()
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_schema_in_the_repository_is_that_of_the_parser() {
    let kept: Value = serde_json::from_str(&read("docs/manifest.schema.json")).unwrap();
    assert!(kept == manifest_schema(), "write it anew: runtime-wasm check --schema > docs/manifest.schema.json");
    let printed = runtime_wasm(Path::new("."), &["check", "--schema"]);
    assert_eq!(serde_json::from_slice::<Value>(&printed.stdout).unwrap(), kept);
}

#[test]
fn the_page_the_schema_and_the_parser_have_the_same_keys() {
    let (page, schema) = (read("docs/manifest.md"), manifest_schema());
    let sections = manifest_keys().iter().map(|(section, keys)| (*section, keys.to_vec()));
    for (section, keys) in sections.chain([("app", vec!["name", "version"])]) {
        let parser = sorted(keys.iter().copied());
        let properties = in_schema(&schema, section)["properties"].as_object().unwrap();
        assert_eq!(sorted(properties.keys().map(String::as_str)), parser, "the schema of [{section}]");
        let rows = on_page(&page, section);
        assert_eq!(sorted(rows.iter().map(|(key, _)| key.as_str())), parser, "docs/manifest.md on [{section}]");
        for (key, schema) in properties {
            assert!(schema["description"].is_string(), "[{section}] {key} is not described");
        }
    }
    let capabilities = in_schema(&schema, "capabilities")["properties"].as_object().unwrap();
    assert_eq!(sorted(capabilities.keys().map(String::as_str)), ["env", "fs", "net", "wasm"]);
}

/// What the parser really does with a key: a date is none of the values that any takes.
#[test]
fn the_parser_takes_the_keys_that_it_lists_and_no_other() {
    let error = |section: &str, key: &str| {
        let text = format!("[{section}]\n{key} = 1979-05-27");
        Caps::from_toml(&text, Path::new("/none/manifest.app.toml"), None).unwrap_err().to_string()
    };
    for (section, keys) in manifest_keys() {
        for key in *keys {
            let known = error(section, key);
            assert!(known.contains(&format!("{key} must be ")) && known.contains("not of type datetime"), "{known}");
            let unknown = error(section, &format!("{key}_x"));
            assert!(unknown.contains(&format!("unknown key `{key}_x` in [{section}]")), "{unknown}");
        }
    }
}

#[test]
fn the_defaults_and_ceilings_of_the_page_are_those_of_the_program() {
    let (page, schema, defaults) = (read("docs/manifest.md"), manifest_schema(), RuntimeOptions::default());
    for (section, key, said) in [
        ("capabilities.wasm.limits", "memory", format!("{} MiB", defaults.limits.memory_bytes >> 20)),
        ("capabilities.wasm.limits", "table_elements", thousands(defaults.limits.table_elements)),
        ("capabilities.wasm.limits", "mailbox", thousands(defaults.limits.mailbox as u64)),
        ("capabilities.wasm", "max_instances", thousands(defaults.max_instances as u64)),
        ("capabilities.wasm", "max_module_bytes", format!("{} MiB", defaults.max_module_bytes >> 20)),
    ] {
        let rows = on_page(&page, section);
        let (_, row) = rows.iter().find(|(name, _)| name == key).unwrap();
        assert!(row.contains(&format!("| {said} |")), "docs/manifest.md: {key} is {said} by default");
        let description = in_schema(&schema, section)["properties"][key]["description"].as_str().unwrap();
        assert!(description.ends_with(&format!("Default: {said}.")), "{description}");
    }
    let mailbox = &in_schema(&schema, "capabilities.wasm.limits")["properties"]["mailbox"];
    assert_eq!(mailbox["maximum"], 65_536);
    assert!(page.contains("at most 65,536"));
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The blocks of the page are manifests.
#[test]
fn every_manifest_of_the_page_is_one() {
    let page = read("docs/manifest.md");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 2, "{blocks:?}");
    for block in blocks {
        let parsed = Caps::from_toml(block, Path::new("/none/manifest.app.toml"), Some(Path::new("/none")));
        assert!(parsed.is_ok(), "{}", parsed.unwrap_err());
    }
}

#[test]
fn check_says_what_is_granted_what_is_missing_and_what_is_wide() {
    let app = app("[app]\nname = \"demo\"\n[capabilities.wasm]\nload = [\"./plugins/*.wasm\", \"./none/*.wasm\"]\n\
         preopens = [\"./data\", { path = \"./absent\", access = \"read\" }]\n[capabilities.env]\nallow = [\"*\"]\n");
    let output = runtime_wasm(app.path(), &["check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in [
        "of demo",
        "./plugins/*.wasm",
        "1 file",
        "to read and write",
        "The app may fetch nothing",
        "2 missing, 1 wider",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let output = runtime_wasm(app.path(), &["check", "--json", "manifest.app.toml"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|one| (&one["kind"], &one["line"], &one["column"])).collect();
    let [missing, wide] = [Value::from("missing"), Value::from("wide")];
    let at = |line: u64, column: u64| (Value::from(line), Value::from(column));
    let wanted = [(&missing, at(4, 29)), (&missing, at(5, 23)), (&wide, at(7, 10))];
    let wanted: Vec<_> = wanted.iter().map(|(kind, (line, column))| (*kind, line, column)).collect();
    assert_eq!(findings, wanted, "{json:#}");
    assert_eq!(
        (&json["valid"], &json["grants"][0]["found"], &json["limits"]["mailbox"]["set"]),
        (&true.into(), &1.into(), &false.into())
    );
}

/// Whatever a manifest sets is to be seen in what `check` says: each key of the sections for guests, as the schema has them.
#[test]
fn check_tells_what_every_key_comes_to() {
    let schema: Value = serde_json::from_slice(&runtime_wasm(Path::new("."), &["check", "--schema"]).stdout).unwrap();
    let wasm = &schema["properties"]["capabilities"]["properties"]["wasm"]["properties"];
    let keys = |table: &Value| table.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let app = app(
        "[capabilities.wasm]\npriority = \"low\"\ninterruption = \"protection\"\ncache = \"./kept\"\nmax_compile_memory = \"99MiB\"\n",
    );
    let json: Value = serde_json::from_slice(&runtime_wasm(app.path(), &["check", "--json"]).stdout).unwrap();
    // Those have places of their own: the lists, and what may be used at all.
    let elsewhere = ["load", "preopens", "http", "limits", "enabled"];
    let all = keys(wasm).into_iter().chain(keys(&wasm["limits"]["properties"]));
    for key in all.filter(|key| !elsewhere.contains(&key.as_str())) {
        assert!(json["limits"].get(&key).or(json.get(&key)).is_some(), "{key} is not in {json:#}");
    }
    let text = String::from_utf8(runtime_wasm(app.path(), &["check"]).stdout).unwrap();
    let line = |says: &str| text.lines().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{says}: {text}"));
    assert!(line("to the machine").ends_with(" low") && line("stopped by").ends_with(" protection"), "{text}");
    assert!(
        line("compiled code is kept  ").ends_with("/kept") && line("what compiles a module").ends_with(" 99.0 MiB"),
        "{text}"
    );
}

#[test]
fn an_array_is_no_section() {
    for text in [
        "app = [\"x\"]",
        "capabilities = []",
        "[capabilities]\nwasm = []",
        "[capabilities]\nwasm = [true]",
        "[capabilities]\nnet = [[\"https://a/\"]]",
        "[capabilities]\nfs = [[\"/\"]]",
        "[capabilities]\nenv = [[\"*\"]]",
        "[capabilities.wasm]\nlimits = [1, 2, 3]",
        "[capabilities.wasm]\nhttp = [[\"https://a/*\"], true]",
        "[[capabilities.wasm]]\nload = []",
        "[[capabilities.wasm.limits]]\nfuel = 1",
        "[[capabilities]]\nx = 1",
    ] {
        let error = Caps::from_toml(text, Path::new("/nowhere/manifest.app.toml"), None).expect_err(text);
        assert!(error.message().ends_with("must be a table, not an array"), "{text}: {error}");
    }
}

#[test]
fn what_is_no_manifest_by_its_name_is_said_to_be_none() {
    for (file, kind) in [("main.ts", "a script"), ("a/plugin.wasm", "a module")] {
        let output = runtime_wasm(Path::new("."), &["check", file]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(&format!("{file} is {kind}")), "{said}");
    }
}

#[test]
fn check_exits_by_what_it_finds() {
    let code = |manifest: &str, args: &[&str]| {
        let app = app(manifest);
        let all: Vec<&str> = ["check"].into_iter().chain(args.iter().copied()).collect();
        let output = runtime_wasm(app.path(), &all);
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let fine = "[capabilities.wasm]\nload = [\"./plugins/*.wasm\"]\npreopens = [\"./data\"]\n[capabilities.fs]\nwrite = [\"./new\"]\n";
    assert_eq!(code(fine, &["--strict"]).0, Some(0), "{}", code(fine, &["--strict"]).1);
    let wide = "[capabilities.wasm]\nload = [\"./plugins/*.wasm\"]\npreopens = [\".\"]\n";
    assert_eq!((code(wide, &[]).0, code(wide, &["--strict"]).0), (Some(0), Some(1)));
    assert_eq!(code(wide, &["."]).0, Some(0));
    assert!(code(wide, &[]).1.contains("guests may write where the manifest is"), "{}", code(wide, &[]).1);
    let (failed, said) = code("[capabilities.wasm]\nlaod = []\n", &[]);
    assert!(
        failed == Some(1) && said.contains("manifest.app.toml:2:1") && said.contains("did you mean `load`?"),
        "{said}"
    );
    let (failed, said) = code("[capabilities.wasm]\nlaod = []\n", &["--json"]);
    assert!(failed == Some(1) && said.contains("\"valid\": false") && said.contains("\"line\": 2"), "{said}");
    assert_eq!(code("", &["none.toml"]).0, Some(1));
}

/// What is wide, by manifest; each beside one that is not.
#[test]
fn what_is_wider_than_it_need_be_is_said_and_nothing_else() {
    let wide = |manifest: &str| {
        let app = app(manifest);
        let output = runtime_wasm(app.path(), &["check", "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = json["findings"].as_array().unwrap().iter().filter(|one| one["kind"] == "wide");
        findings.map(|one| one["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
    };
    let wasm = |lines: &str| format!("[capabilities.wasm]\n{lines}");
    for (too_wide, part, narrow) in [
        (wasm("load = [\"./**/*.wasm\"]"), "crosses all folders", wasm("load = [\"./*/*.wasm\"]")),
        (wasm("load = [\"./plugins/*\"]"), "any file there", wasm("load = [\"./plugins/*.wasm\"]")),
        (
            wasm("load = [\"/tmp/x.wasm\"]"),
            "everybody on this machine",
            wasm(&format!("load = [{{ path = \"/tmp/x.wasm\", sha256 = \"{}\" }}]", "ab".repeat(32))),
        ),
        (
            wasm("load = [\"./plugins/*.wasm\"]\npreopens = [\"./plugins\"]"),
            "choose what is loaded",
            wasm("load = [\"./plugins/*.wasm\"]\npreopens = [{ path = \"./plugins\", access = \"read\" }]"),
        ),
        (
            wasm("preopens = [\"./data\", { path = \"./data/sub\", access = \"read\" }]"),
            "so they choose what is found in its place",
            wasm("preopens = [{ path = \"./data\", access = \"read\" }, \"./data/sub\"]"),
        ),
        (
            wasm("preopens = [\"./data\"]\n[capabilities.fs]\nwrite = [\"./data/sub\"]"),
            "by `preopens` \"./data\"",
            wasm(
                "preopens = [\"./data\"]\n[capabilities.fs]\nread = [\"./data\", \"./data/*.txt\", \"./data2\"]\nwrite = [\"./data\"]",
            ),
        ),
        (wasm("preopens = [\"/\"]"), "whole file system", wasm("preopens = [\"/no-such-folder\"]")),
        (wasm("preopens = [\"~\"]"), "whole home folder", wasm("preopens = [\"~/no-such-folder\"]")),
        (wasm("preopens = [\".\"]"), "where the manifest is", wasm("preopens = [{ path = \".\", access = \"read\" }]")),
        (
            wasm("[capabilities.wasm.http]\nallow = [\"https://a.b\"]\nallow_private = true"),
            "this machine and its network",
            wasm("[capabilities.wasm.http]\nallow = [\"https://a.b\"]\nallow_private = false"),
        ),
        (
            "[capabilities.net]\nfetch = [\"https://*.com\"]".to_owned(),
            "top-level domain",
            "[capabilities.net]\nfetch = [\"https://*.example.com\"]".to_owned(),
        ),
        (
            "[capabilities.net]\nfetch = [\"http://example.com\"]".to_owned(),
            "on its way",
            "[capabilities.net]\nfetch = [\"http://localhost:1\"]".to_owned(),
        ),
        (
            "[capabilities.fs]\nwrite = [\".\"]".to_owned(),
            "where its manifest is",
            "[capabilities.fs]\nwrite = [\"./data\"]".to_owned(),
        ),
        (
            "[capabilities.env]\nallow = [\"*\"]".to_owned(),
            "every variable",
            "[capabilities.env]\nallow = [\"APP_*\"]".to_owned(),
        ),
        (
            "[capabilities.env]\nallow = [\"?*\"]".to_owned(),
            "`?*` grants every variable",
            "[capabilities.env]\nallow = [\"A?\"]".to_owned(),
        ),
    ] {
        let said = wide(&too_wide);
        assert!(said.contains(part), "{too_wide}\nshould say {part:?}, and says\n{said}");
        assert_eq!(wide(&narrow), "", "{narrow}");
    }
}

/// However many there are, and however long the line is that they stand in.
#[test]
fn of_many_findings_the_first_are_shown_and_all_are_counted() {
    let entries = |names: &str| (0..4000).map(|n| format!("\"{names}{n}\"")).collect::<Vec<_>>().join(", ");
    let app = app(&format!(
        "[capabilities.fs]\nread = [{}]\n[capabilities.net]\nfetch = [{}]\n",
        entries("./d"),
        entries("http://h")
    ));
    let output = runtime_wasm(app.path(), &["check", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = json["findings"].as_array().unwrap();
    assert_eq!((&json["missing"], &json["wide"], shown.len()), (&4000.into(), &4000.into(), 1000));
    assert_eq!((&shown[999]["line"], &shown[999]["message"]), (&2.into(), &"\"./d999\" does not exist".into()));
    let output = runtime_wasm(app.path(), &["check"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.ends_with("\n7000 more are not shown\n\n4000 missing, 4000 wider than need be\n"),
        "{}",
        &text[text.len() - 300..]
    );
    // What fails is among those that are not shown.
    fs::write(
        app.path().join("manifest.app.toml"),
        format!("[capabilities.fs]\nread = [{}\"./none\"]", "\"/\", ".repeat(1500)),
    )
    .unwrap();
    assert_eq!(runtime_wasm(app.path(), &["check"]).status.code(), Some(1));
}

#[test]
fn an_audit_gives_the_smallest_manifest_with_which_the_same_run_passes() {
    let app = app("[app]\nname = \"demo\"\n[capabilities.wasm]\nload = [\"./**/*.wasm\"]\npreopens = [\".\"]\n\
         [capabilities.wasm.limits]\ntimeout_ms = 60_000\nmemory = 67_108_864\n[capabilities.net]\nfetch = [\"https://example.com\"]\n");
    let output = runtime_wasm(app.path(), &["run", "--audit", "main.js"]);
    let needed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stdout).unwrap()),
        (Some(0), "0 0\n".to_owned()),
        "{needed}"
    );
    let wanted = "[app]\nname = \"demo\"\n\n[capabilities.wasm]\nload = [\"./plugins/guest.wasm\"]\npreopens = [\n  \
                  { path = \"./assets\", access = \"read\" },\n  { path = \"./data\", access = \"readwrite\" },\n]\n\n\
                  [capabilities.wasm.limits]\ntimeout_ms = 60000\nmemory = \"64MiB\"\n";
    assert_eq!(needed, wanted);
    fs::remove_file(app.path().join("data/new")).unwrap();
    fs::write(app.path().join("manifest.app.toml"), &needed).unwrap();
    let output = runtime_wasm(app.path(), &["run", "--audit=again.toml", "main.js"]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"0 0\n"[..]), "{output:?}");
    assert!(app.path().join("data/new").exists());
    assert_eq!(fs::read_to_string(app.path().join("again.toml")).unwrap(), needed);
    // One that grants less does not do.
    for (grant, less) in [("guest.wasm", "other.wasm"), ("./assets", "./none"), ("\"readwrite\"", "\"read\"")] {
        fs::write(app.path().join("manifest.app.toml"), needed.replace(grant, less)).unwrap();
        let output = runtime_wasm(app.path(), &["run", "main.js"]);
        assert_ne!(output.stdout, b"0 0\n", "{less}");
    }
}

/// What is used of everything that can be granted.
#[test]
fn what_has_been_used_is_granted_by_what_an_audit_gives() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    let odd = "a[1]*\u{202e}\"\n.wasm";
    for file in [odd, "b.wasm"] {
        fs::write(root.join(file), "").unwrap();
    }
    for sub in ["in/deep", "out"] {
        fs::create_dir_all(root.join(sub)).unwrap();
    }
    let file = root.join("manifest.app.toml");
    let parse = |text: &str| Caps::from_toml(text, &file, None).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let all = parse(
        "[capabilities.wasm]\nload = [\"./*\"]\npreopens = [\".\"]\n[capabilities.wasm.http]\nallow = [\"https://a.example\"]\nallow_private = true\n\
         [capabilities.net]\nfetch = [\"https://*.example\"]\n[capabilities.fs]\nread = [\".\"]\nwrite = [\".\"]\n[capabilities.env]\nallow = [\"*\"]\n",
    );
    assert_eq!(all.needed(), None);
    let all = all.audited();
    assert_eq!(all.needed().as_deref(), Some(""), "nothing has been used");
    let url = |text: &str| text.parse().unwrap();
    let use_it = |caps: &Caps| {
        caps.open_module(odd).unwrap();
        assert_eq!(caps.open_preopen("in", Some(Access::Read)).unwrap().access, Access::Read);
        caps.open_preopen("out", Some(Access::ReadWrite)).unwrap();
        for path in ["in", "in/deep", "in/deep/x"] {
            caps.fs_read(path).unwrap();
        }
        // A folder that is made, and a file in it.
        for path in ["out/new", "out/new/x"] {
            caps.fs_write(path).unwrap();
        }
        assert!(
            caps.http_allows(&url("https://a.example/v1?q"))
                && caps.http_reaches(&url("https://a.example/v1"), [10, 0, 0, 1].into())
        );
        assert!(caps.fetch_allows(&url("https://b.example/x?q")) && caps.fetch_allows(&url("https://c.example")));
        assert!(caps.may_read_env("A*") && caps.may_read_env("HOME"));
    };
    use_it(&all);
    let text = all.needed().unwrap();
    assert!(text.contains("read = [\"./in\"]\n") && text.contains("write = [\"./out/new\"]"), "{text}");
    let needed = parse(&text).audited();
    use_it(&needed);
    assert_eq!(needed.needed().unwrap(), text);
    assert!(needed.open_module("b.wasm").is_err() && needed.open_module("a1x.wasm").is_err());
    assert!(needed.open_preopen(".", None).is_err() && needed.open_preopen("in", Some(Access::ReadWrite)).is_err());
    assert!(needed.fs_read("out").is_err() && needed.fs_write("out/y").is_err());
    assert!(!needed.http_allows(&url("https://a.example/v2")) && !needed.fetch_allows(&url("https://b.example/y")));
    assert!(!needed.may_read_env("AB") && !needed.may_read_env("PATH"));
}

/// A manifest that said nearly that would grant more, or be none.
#[test]
fn what_no_entry_says_is_left_out_of_what_an_audit_gives_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.app.toml");
    let parse = |text: &str| Caps::from_toml(text, &file, None).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let all = parse(
        "[capabilities.wasm.http]\nallow = [\"http://h\", \"http://*.x\"]\n[capabilities.net]\nfetch = [\"http://h\", \"http://*.x\"]\n\
         [capabilities.fs]\nread = [\".\"]\n[capabilities.env]\nallow = [\"*\"]\n",
    )
    .audited();
    let odd = std::ffi::OsStr::from_bytes(b"\xff");
    std::os::unix::fs::symlink(odd, folder.path().join("to_odd")).unwrap();
    fs::write(folder.path().join(odd), "").unwrap();
    all.check_enabled().unwrap();
    let url = |text: &str| text.parse().unwrap();
    let unsaid = ["http://h/*", "http://h/a*b", "http://*.x/", "http://h/a%2Fb"];
    for text in unsaid.into_iter().chain(["http://h/fine"]) {
        assert!(all.fetch_allows(&url(text)) && all.http_allows(&url(text)), "{text}");
    }
    for name in ["A=B", "A\0\u{1b}", "", "FINE"] {
        assert!(all.may_read_env(name), "{name}");
    }
    all.fs_read("to_odd").unwrap();
    let text = all.needed().unwrap();
    let comments = text.lines().filter(|line| line.starts_with("# ")).count();
    assert_eq!(comments, 2 * unsaid.len() + 3 + 1, "{text}");
    for text in unsaid {
        assert!(all.needed().unwrap().contains(&format!("# `fetch` leaves out \"{text}\": no entry")), "{text}");
    }
    let needed = parse(&text);
    for text in ["http://h/x", "http://h/axb", "http://y.x/"].into_iter().chain(unsaid) {
        assert!(!needed.fetch_allows(&url(text)) && !needed.http_allows(&url(text)), "{text}");
    }
    assert!(needed.fetch_allows(&url("http://h/fine")) && needed.http_allows(&url("http://h/fine")));
    assert!(needed.may_read_env("FINE") && !needed.may_read_env("A") && !needed.may_read_env("A=B"));
    assert!(needed.fs_read("\u{fffd}").is_err() && !text.contains('\u{1b}'), "{text}");
}
