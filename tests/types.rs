//! The TypeScript declarations: nothing is missing, and they say of an app's code what is true. Those that are made of a module say of it
//! what is true, whatever it is called.

#![cfg(feature = "host")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, PackageMetadata, Resolve};

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

/// What `runtime-wasm types` prints.
fn printed(options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("types").args(options).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_line_prints_them() {
    let modules = read("js/runtime-wasm.d.ts");
    assert_eq!(printed(&["--no-globals"]), modules);
    let mut rest = printed(&[]).strip_prefix(&modules).unwrap().to_owned();
    let files = fs::read_dir(root().join("js/globals")).unwrap().map(|entry| entry.unwrap().path());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(rest.contains(&text), "{} is not printed", file.display());
        rest = rest.replace(&text, "");
    }
    assert_eq!(rest.trim(), "");
    let both =
        Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).args(["types", "--no-globals", "a.wasm"]).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

/// What there is and is not declared: names, or members of whatever has them.
const UNDECLARED: [(&str, &str); 4] = [
    ("Temporal", "is there on QuickJS alone, and TypeScript 5 has no types of it"),
    ("getParent", "is how deno_web finds the way of an event"),
    ("initialized", "is how deno_web knows an event that it has made"),
    ("console.indentLevel", "is how deno_web knows how deep console.group() is"),
];

#[test]
fn the_globals_that_are_declared_are_those_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let declarations = folder.path().join("globals.d.ts");
    fs::write(&declarations, printed(&[])).unwrap();
    let lines = |command: &mut Command| -> BTreeSet<String> {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    let declared = lines(
        Command::new("node")
            .arg(root().join("tests/types/declared.mjs"))
            .arg(root().join("target/tools/typescript/lib/typescript.js"))
            .arg(&declarations),
    );
    let mut run = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    let mut found = lines(run.arg("run").arg(root().join("tests/types/found.js")));
    let is_language = |line: &String| line.starts_with("language ");
    let (language, declared): (BTreeSet<_>, BTreeSet<_>) = declared.into_iter().partition(is_language);
    let language: BTreeSet<String> = language.iter().map(|line| line["language ".len()..].to_owned()).collect();
    assert!(language.len() > 50 && declared.len() > 400, "{language:?} {declared:?}");
    for name in &language {
        assert!(found.remove(name), "{name} is of the language, and not there");
    }
    // What the language's own have for members is the language's.
    let top = |line: &str| line.split(['.', '#']).next().unwrap().to_owned();
    found.retain(|line| !language.contains(&top(line)));
    for (exception, why) in UNDECLARED {
        let is_it = |line: &String| line == exception || top(line) == exception || line.ends_with(exception);
        let is_absent = exception == "Temporal" && cfg!(feature = "v8");
        assert!(is_absent || found.iter().any(is_it), "{exception} {why}, and yet it is not there");
        assert!(!declared.iter().any(is_it), "{exception} is declared");
        found.retain(|line| !is_it(line));
    }
    let undeclared: Vec<_> = found.difference(&declared).collect();
    let missing: Vec<_> = declared.difference(&found).collect();
    assert!(undeclared.is_empty() && missing.is_empty(), "not declared {undeclared:?}, not there {missing:?}");
}

/// With the compiler that `scripts/setup.sh test` installs.
fn check_with_tsc(arguments: &[&str], folder: &Path) {
    let compiler = root().join("target/tools/typescript/lib/tsc.js");
    assert!(Path::exists(&compiler), "{}: `scripts/setup.sh test` installs it", compiler.display());
    let output = Command::new("node").arg(compiler).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn an_app_that_uses_everything_has_no_type_errors() {
    check_with_tsc(&["-p", "tests/types"], &root());
}

/// The `tsconfig.json` of the page, in a project that is laid out as it says.
#[test]
fn the_projects_settings_of_the_page_do() {
    let page = read("docs/host.md");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tsconfig.json"), between(&page, "```json\n", "```")).unwrap();
    fs::write(folder.path().join("runtime-wasm.d.ts"), printed(&[])).unwrap();
    fs::write(folder.path().join("other.ts"), "export const name: string = \"add\";\n").unwrap();
    let app = "import { compileFile, instantiate } from \"runtime:wasm\";\nimport { name } from \"./other.ts\";\n\
        const plugin = await instantiate(await compileFile(\"./plugin.wasm\"));\n\
        console.log(import.meta.main, await plugin.call(name, 1, 2));\n";
    fs::write(folder.path().join("main.ts"), app).unwrap();
    check_with_tsc(&["-p", "."], folder.path());
    // What has to be transformed, and what only a browser has.
    let browser = ["document", "window", "localStorage", "WebAssembly", "Worker", "process", "HTMLElement"];
    let uses: String = browser.map(|name| format!("void {name};\n")).concat();
    fs::write(folder.path().join("wrong.ts"), format!("export enum Kind {{ A }}\n{uses}")).unwrap();
    let compiler = root().join("target/tools/typescript/lib/tsc.js");
    let refused = Command::new("node").arg(compiler).args(["-p", "."]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stdout);
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with(' ')).collect();
    assert!(lines.len() == 1 + browser.len() && lines[0].starts_with("wrong.ts(1,13)"), "{said}");
    for (name, line) in browser.iter().zip(&lines[1..]) {
        assert!(line.starts_with("wrong.ts(") && line.contains(&format!("Cannot find name '{name}'")), "{said}");
    }
}

/// A component that has this world and does nothing. It keeps what is said of the world itself, as the tools keep it for packages of WIT.
fn component(wit: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", wit).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    let mut module = dummy_module(&resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    let mut component = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
    let said = PackageMetadata::extract(&resolve, package).encode().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&said[1..]).unwrap();
    let said = serde_json::json!({ "worlds": { "root": said["worlds"][&resolve.worlds[world].name] } });
    let section = format!("\x0cpackage-docs\x01{said}");
    component.extend([0, section.len() as u8 & 0x7f | 0x80, u8::try_from(section.len() >> 7).unwrap()]);
    component.extend(section.into_bytes());
    component
}

/// The declarations of a module that is a file of this name.
fn types(file: &Path, bytes: &[u8], options: &[&str]) -> Output {
    fs::write(file, bytes).unwrap();
    Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("types").arg(file).args(options).output().unwrap()
}

#[test]
fn a_component_and_a_module_are_declared() {
    let folder = tempfile::tempdir().unwrap();
    let shapes = component(&read("tests/types/made/shapes.wit"));
    let calculator = wat::parse_file(root().join("tests/types/made/calculator.wat")).unwrap();
    for (name, bytes) in [("shapes", shapes), ("calculator", calculator)] {
        let output = types(&folder.path().join(name).with_extension("wasm"), &bytes, &[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        if std::env::var_os("BLESS").is_some() {
            fs::write(root().join(format!("tests/types/made/{name}.d.ts")), &output.stdout).unwrap();
        }
        let expected = read(&format!("tests/types/made/{name}.d.ts"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{name}");
    }
}

#[test]
fn an_app_that_uses_them_has_no_type_errors() {
    check_with_tsc(&["-p", "tests/types/made"], &root());
}

/// Words that mean something somewhere in TypeScript.
const WORDS: &str = "abstract accessor any as async await break case catch class const constructor continue debugger declare default \
    delete do else enum export extends false finally for function get if implements import in infer instanceof interface is keyof length \
    let module name namespace never new null of out override package private prototype protected public readonly require return set \
    static super switch symbol this throw true try type typeof undefined unique unknown using var void while with yield arguments eval \
    then to-json to-string value-of proto object array promise uint8-array string number boolean bigint map record partial error";

#[test]
fn names_that_mean_something_else_stay_names() {
    let words = || WORDS.split_whitespace();
    let list = |of: &dyn Fn(&str) -> String| words().map(of).collect::<String>();
    let all: Vec<&str> = words().collect();
    // Of flags there are no more than 32.
    let flags = all.chunks(32);
    let wit = format!(
        "package promise:array;
        interface symbol {{
            {types}
            record all {{ {fields} }}
            {flags}
            {functions}
            call: func({params} all: all, some: some0) -> result<list<u8>, list<string>>;
            resource disposable {{ constructor(new: %string); {methods} }}
            resource empty {{ {statics} }}
        }}
        /// @ts-nocheck
        world both {{ import symbol; export symbol; {worlds} export promise: interface {{ a: func(); }} }}",
        types = list(&|word| format!("record %{word} {{ %{word}: u8 }}\n")),
        fields = list(&|word| format!("%{word}: option<%{word}>, ")),
        flags = flags
            .enumerate()
            .map(|(at, some)| format!("flags some{at} {{ %{} }}", some.join(", %")))
            .collect::<String>(),
        functions = list(&|word| format!("x-{word}: func(%{word}: %{word}) -> %{word};\n")),
        params = list(&|word| format!("%{word}: %{word}, ")),
        methods = list(&|word| format!("%{word}: func(); ")),
        statics = list(&|word| format!("%{word}: static func() -> empty; ")),
        worlds = list(&|word| format!("import %{word}: func(); export %{word}: func(); "))
            .replace("export %promise: func();", ""),
    );
    let folder = tempfile::tempdir().unwrap();
    let functions =
        list(&|word| format!("(func (export \"{word}\"))")) + "(func (export \"\")) (func (export \"#private\"))";
    let imports = list(&|word| format!("(import \"{word}\" \"{word}\" (func (result i32)))"));
    let same = "(import \"a\" \"b\" (func (param f64))) (import \"a\" \"b\" (func)) (import \"a\" \"b\" (global i32))";
    let module = wat::parse_str(format!("(module {imports} {same} {functions})")).unwrap();
    for (name, bytes) in [("names", component(&wit)), ("`*\n\u{202e} promise", module)] {
        let output = types(
            &folder.path().join(name),
            &bytes,
            &["--out", &format!("{}.d.ts", folder.path().join("made").display()), "--name", "Exports"],
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let made = fs::read_to_string(folder.path().join("made.d.ts")).unwrap();
        let app = "/// <reference path=\"./runtime-wasm.d.ts\" />\nimport { instantiate } from \"runtime:wasm\";\nimport type { Exports } from \"./made.d.ts\";\n\
            const made = await instantiate<Exports>(1 as import(\"runtime:wasm\").ModuleId, { imports: null as unknown as Exports[\"imports\"] });\nvoid (await made.call(\"new\"));\nvoid (await made.exports.new());\n";
        fs::write(folder.path().join("app.ts"), app).unwrap();
        fs::copy(root().join("js/runtime-wasm.d.ts"), folder.path().join("runtime-wasm.d.ts")).unwrap();
        println!("{made}");
        let options = "app.ts --strict --noEmit --target esnext --module esnext --moduleResolution bundler --allowImportingTsExtensions";
        check_with_tsc(&options.split(' ').collect::<Vec<_>>(), folder.path());
    }
}

#[test]
fn each_version_has_a_name_and_what_is_of_wasi_is_left_out() {
    let wit = "package a:b;
        /// Two of one, and one that is on both sides.
        world both {
            import c:d/e@1.0.0; import c:d/e@2.0.0; import f:g/h@0.1.0; export f:g/h@0.1.0; export run: func(s: s); export exports: interface {}
            use wasi:io/streams@0.2.0.{s}; resource mine { constructor(); get: func() -> s; } import take: func(mine: mine);
        }
        package c:d@1.0.0 { interface e { a: func(); } }
        package c:d@2.0.0 { interface e { a: func(); } }
        package f:g@0.1.0 { interface h { resource r { get: func() -> r; } } }
        package wasi:io@0.2.0 { interface streams { resource s { read: func(); } resource t { write: func(); } } }";
    let folder = tempfile::tempdir().unwrap();
    let output = types(&folder.path().join("2-versions.wasm"), &component(wit), &["--from", "runtime-wasm"]);
    let made = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "  interface Imports {\n    \"c:d/e@1.0.0\": CDE;\n    \"c:d/e@2.0.0\": CDE_2_0_0;\n    \"f:g/h@0.1.0\": FGHImport;\n",
        "  interface ImportsWithoutVersions {\n    \"f:g/h\": FGHImport;\n    \"c:d/e@1.0.0\": CDE;\n",
        "    take(mine: Wasm2Versions.Mine): unknown;\n    Mine: Wasm2Versions.MineClass;\n",
        "  class R {\n    #private;\n    private constructor();\n    get(): Promise<FGH.R>;\n",
        "  interface R {\n    get(): FGHImport.R | Promise<FGHImport.R>;\n",
        "declare namespace WasiIoStreams {\n  type S = unknown;\n}\n",
        "    exports: Exports_2;\n",
        "    run(s: Wasm2Versions.S): Promise<void>;\n",
    ] {
        assert!(made.contains(expected), "{expected}\n\n{made}");
    }
}

#[test]
fn what_cannot_be_declared_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.wasm");
    let module = wat::parse_str("(module (func (export \"f\") (param funcref)))").unwrap();
    let said = |bytes: &[u8], options: &[&str]| {
        let output = types(&file, bytes, options);
        (output.status.code(), [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()))
    };
    let (code, [made, _]) = said(&module, &["--name", "Own", "--from", "a\"b"]);
    assert_eq!(code, Some(0));
    assert!(made.contains("from \"a\\\"b\";") && made.contains("interface Own {"), "{made}");
    let mut wit = Resolve::default();
    let package = wit.push_str("a.wit", "package a:b; interface c { d: func(); }").unwrap();
    let package = wit_component::encode(&wit, package).unwrap();
    let missing = folder.path().join("none/m.d.ts").display().to_string();
    for (bytes, options, expected, code) in [
        (&*module, &["--name", "own"][..], "begins with a capital letter", 2),
        (&*module, &["--name", "Promise"], "need the type of that name", 2),
        (&*module, &["--out", &missing], "cannot be written", 1),
        (b"\0asm\x01\0\0\0\x01", &[], "m.wasm", 1),
        (b"(module)", &[], "is WebAssembly text", 1),
        (&package, &[], "is a package of WIT", 1),
    ] {
        let (status, [stdout, stderr]) = said(bytes, options);
        assert_eq!((status, &*stdout), (Some(code), ""), "{stderr}");
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
}
