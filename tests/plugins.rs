//! The page for plugin authors, docs/plugins.md: its examples compile with the commands it names, run, and keep to what the page says of calls with
//! bytes and text.

#![cfg(feature = "host")]

mod common;

use common::{copy_files, run_to_its_end};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/guests")
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/plugins.md")).unwrap()
}

/// The command of the page that begins like this, as words.
fn command(start: &str) -> Vec<String> {
    let page = page();
    let line = page.lines().find(|line| line.starts_with(start)).expect("the page names the command");
    line.split(' ').map(str::to_owned).collect()
}

/// A plugin and the app that hosts it.
struct Example {
    folder: TempDir,
    source: String,
    plugin: PathBuf,
}

impl Example {
    /// `source` is below the examples, as in `c/shout.c`. What stands beside it comes with it, and so do the app and the scripts of the tests.
    fn new(source: &str) -> Example {
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join(source);
        let place = plugin.parent().unwrap();
        fs::create_dir(place).unwrap();
        copy_files(examples().join(source).parent().unwrap(), place);
        copy_files(&examples(), folder.path());
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        copy_files(&tests.join("plugins"), folder.path());
        fs::copy(tests.join("js/check.js"), folder.path().join("check.js")).unwrap();
        Example { source: fs::read_to_string(&plugin).unwrap(), plugin, folder }
    }

    fn place(&self) -> &Path {
        self.plugin.parent().unwrap()
    }

    /// Where the source says this: its file and line, as a guest's stack has them.
    fn line(&self, text: &str) -> String {
        let line = 1 + self.source.lines().position(|line| line.contains(text)).unwrap();
        format!("{}:{line}:", self.plugin.file_name().unwrap().display())
    }

    /// The plugin as it is compiled, below the folder.
    fn wasm(&self) -> String {
        let wasm = self.plugin.with_file_name("shout.wasm");
        wasm.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned()
    }

    /// Compiles it, sees that it keeps to what is said of bytes and text, hosts it, and gives back what the app says of the division by zero.
    fn run(&self, command: &[String]) -> String {
        run(self.place(), &command[0], &command[1..]);
        let wasm = &*self.wasm();
        let engine = if cfg!(feature = "v8") { "v8" } else { "quickjs" };
        let language = self.place().file_name().unwrap().to_str().unwrap();
        let mut checks = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        checks.current_dir(self.folder.path()).args(["run", "bytes.js", engine, wasm, language]);
        run_to_its_end(&mut checks, &format!("bytes.js in {language}"));
        let output = run(self.folder.path(), env!("CARGO_BIN_EXE_runtime-wasm"), &["run", "main.js", wasm]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = stdout.lines().collect();
        let (trap, said) = lines.split_last().expect("the app prints something");
        assert_eq!(said, ["shouting 13 bytes", "the plugin says: hello, world", "HELLO, WORLD!", "3 2 1"]);
        (*trap).to_owned()
    }
}

/// The compiler for guests that is here, as the one place knows that looks for one.
fn compiler(language: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/guest-compiler.sh");
    let found = run(&examples(), script.to_str().unwrap(), &[language]);
    String::from_utf8(found.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn the_example_in_c_compiles_and_runs() {
    let example = Example::new("c/shout.c");
    let mut command = command("clang-19 ");
    command[0] = compiler("c");
    let trap = example.run(&command);
    assert!(trap.starts_with("integer divide by zero [ 7, 0 ] divide ("), "{trap}");
    assert!(trap.contains(&example.line("return a / b")), "{trap}");
}

#[test]
fn the_example_in_rust_compiles_and_runs() {
    let example = Example::new("rust/shout.rs");
    let mut command = command("rustc ");
    let compiler = compiler("rust");
    let (rustc, target) = compiler.rsplit_once(' ').unwrap();
    *command.iter_mut().find(|word| *word == "wasm32-wasip1").unwrap() = target.to_owned();
    command[0] = rustc.to_owned();
    let trap = example.run(&command);
    assert!(trap.starts_with("unreachable [ 7, 0 ] "), "{trap}");
    assert!(trap.contains("divide") && trap.contains(&example.line("    a / b")), "{trap}");
}

#[test]
fn the_example_in_assemblyscript_compiles_and_runs() {
    let example = Example::new("assemblyscript/shout.ts");
    symlink(examples().join("assemblyscript/node_modules"), example.place().join("node_modules")).unwrap();
    let trap = example.run(&command("node_modules/.bin/asc "));
    assert_eq!(trap, "integer divide by zero [ 7, 0 ] shout/divide");
}

#[test]
fn the_example_in_zig_compiles_and_runs() {
    let example = Example::new("zig/shout.zig");
    let mut command = command("zig build-exe ");
    command[0] = compiler("zig");
    let trap = example.run(&command);
    assert!(trap.starts_with("unreachable [ 7, 0 ] shout.divide ("), "{trap}");
    assert!(trap.contains(&example.line("@divTrunc(a, b)")), "{trap}");
    let inspected = run(example.folder.path(), env!("CARGO_BIN_EXE_runtime-wasm"), &["inspect", &*example.wasm()]);
    let inspected = String::from_utf8(inspected.stdout).unwrap();
    assert!(inspected.contains("WASI (wasi_snapshot_preview1: 1)"), "{inspected}");
}

#[test]
fn what_c_files_share_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    copy_files(&examples().join("c"), folder.path());
    let other =
        "#include \"bytes.h\"\nEXPORT(\"room\") uint64_t room(void) { return bytes_result(bytes_room(9), 9); }\n";
    fs::write(folder.path().join("other.c"), other).unwrap();
    let flags =
        "--target=wasm32-wasi -mexec-model=reactor -Wall -Wextra -Wpedantic -Werror shout.c other.c -o shout.wasm";
    run(folder.path(), &compiler("c"), &flags.split(' ').collect::<Vec<_>>());
    let inspected = run(folder.path(), env!("CARGO_BIN_EXE_runtime-wasm"), &["inspect", "shout.wasm"]);
    let inspected = String::from_utf8(inspected.stdout).unwrap();
    for name in ["alloc", "release", "shout", "room"] {
        assert_eq!(inspected.matches(&format!("  \"{name}\" function ")).count(), 1, "{inspected}");
    }
}

/// A module that imports its memory and its table, in C and in AssemblyScript.
const IN_C: &str = r#"
__attribute__((import_module("env"), import_name("log"))) void say(const char *at, int bytes);
static int twice(int x) { return 2 * x; }
static int thrice(int x) { return 3 * x; }
int (*volatile operations[2])(int) = {twice, thrice};
__attribute__((export_name("apply"))) int apply(int which, int x) { say("in C", 4); return operations[which](x); }
__attribute__((export_name("pointer"))) void *pointer(int which) { return (void *)operations[which]; }
"#;
const IN_ASSEMBLYSCRIPT: &str = r#"
@external("env", "log") declare function say(at: usize, bytes: i32): void;
const text = String.UTF8.encode("in AssemblyScript");
say(changetype<usize>(text), text.byteLength);
export function apply(which: i32, x: i32): i32 {
  const operations: ((x: i32) => i32)[] = [(x) => 2 * x, (x) => 3 * x];
  return operations[which](x);
}
export function pointer(which: i32): u32 { return 1; }
"#;
const HOST: &str = r#"
import { compileFile, instantiate } from "runtime:wasm";
import { args } from "runtime:app";
const [memory, table] = [{ kind: "memory" }, { kind: "table" }];
const env = {
  memory, table, __indirect_function_table: table, abort() {},
  async log(at, bytes) { console.log(new TextDecoder().decode(await this.memory.read(at, bytes))); },
};
const instance = await instantiate(await compileFile(args[0]), { imports: { env } });
console.log(await instance.call("apply", 0, 7), await instance.call("apply", 1, 7), await instance.memory.size() > 0);
const [pointer] = await instance.call("pointer", 1);
console.log(typeof await instance.table(args[1]).get(pointer), await instance.table(args[1]).size() > pointer);
"#;

/// Compiles in a folder that has a script to host what comes out, and hosts it.
fn import_all(source: (&str, &str), command: &[&str], table: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(source.0), source.1).unwrap();
    fs::write(folder.path().join("host.js"), HOST).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"*.wasm\"]\n").unwrap();
    run(folder.path(), command[0], &command[1..]);
    let output = run(folder.path(), env!("CARGO_BIN_EXE_runtime-wasm"), &["run", "host.js", "out.wasm", table]);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_imports_its_memory_and_table_runs_with_those_of_its_own() {
    let clang = compiler("c");
    let flags = ["--target=wasm32", "-nostdlib", "-O1", "-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--import-table"];
    let command = [&[&*clang], &flags[..], &["in.c", "-o", "out.wasm"]].concat();
    let said = import_all(("in.c", IN_C), &command, "__indirect_function_table");
    assert_eq!(said, "in C\nin C\n[ 14 ] [ 21 ] true\nfunction true\n");

    let asc = examples().join("assemblyscript/node_modules/assemblyscript/bin/asc.js");
    let command = ["node", asc.to_str().unwrap(), "in.ts", "--importMemory", "--importTable", "-o", "out.wasm"];
    let said = import_all(("in.ts", IN_ASSEMBLYSCRIPT), &command, "table");
    assert_eq!(said, "in AssemblyScript\n[ 14 ] [ 21 ] true\nfunction true\n");
}

fn run(folder: &Path, program: &str, args: &[impl AsRef<std::ffi::OsStr>]) -> Output {
    // A path with a slash would be looked up from here, not from there.
    let found = if program.contains('/') { folder.join(program) } else { program.into() };
    // Cargo's own libraries are none of another compiler's.
    let output = Command::new(found).current_dir(folder).args(args).env_remove("LD_LIBRARY_PATH").output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; `scripts/setup.sh test` installs it"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}\n{}\n{stderr}", String::from_utf8_lossy(&output.stdout));
    output
}
