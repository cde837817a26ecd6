//! Names are data: whatever a guest calls its things, what is said of them is text of bounded length in which nothing is
//! left that a terminal, a log or a page would obey.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{InstanceConfig, Limits, Preopen, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::printable::{MESSAGE_CHARS_MAX, is_plain};
use runtime_wasm::registry::{ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, RawValue};
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

/// Each a name in the text format, with what terminals and pages obey: sequences, bells, line breaks, bidi controls, no
/// width at all; and one that is long.
const HOSTILE: [&str; 5] = [
    r"\1b]0;owned\07\1b[2J\1b[31mred",
    r"two\0d\0alines\00\7f\c2\9b2J",
    r"\e2\80\ae\e2\81\a6rtl\e2\81\a9\d8\9c",
    r"\e2\80\8bzero\ef\bb\bf\e2\80\a8\f3\a0\81\81",
    "LONG",
];

fn names() -> impl Iterator<Item = String> {
    HOSTILE.iter().map(|name| if *name == "LONG" { "\\1bn".repeat(4900) } else { (*name).to_owned() })
}

/// The name itself.
fn decoded(name: &str) -> String {
    let bytes = wat::parse_str(format!("(module (memory (export \"{name}\") 1))")).unwrap();
    let text = runtime_wasm::engine::inspect("it", &bytes).unwrap();
    text.exports[0].name.clone()
}

#[track_caller]
fn assert_text(what: &str, text: &str) {
    let odd = text.chars().find(|c| !is_plain(*c));
    assert!(odd.is_none(), "{what}: {odd:?} in {:?}", text.chars().take(300).collect::<String>());
    let length = text.chars().count();
    assert!(length <= MESSAGE_CHARS_MAX + 1, "{what}: {length} characters");
}

/// Everything that an error says.
#[track_caller]
fn assert_error(error: &WasmError, code: ErrorCode) {
    assert_eq!(error.code, code, "{error}");
    assert_text("the message", &error.message);
    error.guest_stack.iter().for_each(|frame| assert_text("a frame", frame));
    if let Some(call) = &error.call {
        assert_text("the call", &call.name);
    }
    if let Some(import) = &error.import {
        assert_text("the import", &format!("{}{}", import.module, import.name));
    }
}

fn runtime() -> Runtime {
    Runtime::new(options()).unwrap()
}

async fn compile(runtime: &Runtime, wat: &str) -> Result<ModuleId, WasmError> {
    runtime.compile("the module \"it\"".into(), wat::parse_str(wat).unwrap()).await
}

async fn live(runtime: &Runtime, wat: &str, config: InstanceConfig) -> Result<Arc<Actor>, WasmError> {
    let module = compile(runtime, wat).await.unwrap();
    runtime.instantiate(module, config).await
}

async fn failed(actor: &Actor, command: Command) -> WasmError {
    match actor.ask(command).await {
        Err(error) | Ok(Answer::Batch(_, Some(error))) => error,
        Ok(answer) => panic!("it answered {answer:?}"),
    }
}

fn call(name: &str) -> Call {
    Call { name: name.into(), ..Call::default() }
}

/// A module that says of itself all that it can in this name.
fn everything(name: &str) -> String {
    format!(
        r#"(module $m (@name "{name}")
            (@producers (language "{name}" "{name}") (processed-by "{name}" "1"))
            (@custom "{name}" "data") (@custom "producers2{name}" "x")
            (memory $mem (export "mem{name}") 1 1)
            (table $tab (export "tab{name}") 1 funcref)
            (global $g (@name "{name}") (export "{name}") i32 (i32.const 1))
            (global $v (export "var{name}") (mut i64) (i64.const 1))
            (tag $t (export "tag{name}"))
            (func $f (@name "{name}") (export "f{name}") unreachable)
            (func $loop (@name "{name}") (export "spin{name}") (loop (br 0)))
            (func $one (@name "{name}") (export "one{name}") (param i32) (result i32) (local.get 0)))"#
    )
}

#[tokio::test]
async fn what_is_said_of_a_call_obeys_no_name() {
    let runtime = runtime();
    for escaped in names() {
        let name = decoded(&escaped);
        let metered = Limits { fuel: Some(10_000), ..Limits::default() };
        let config = InstanceConfig { name: name.clone(), limits: metered, ..InstanceConfig::default() };
        let actor = live(&runtime, &everything(&escaped), config).await.unwrap();
        assert_error(&failed(&actor, Command::Call(call(&format!("f{name}")))).await, ErrorCode::Call);
        assert_error(&failed(&actor, Command::Batch(vec![call(&format!("f{name}"))])).await, ErrorCode::Call);
        assert_error(&failed(&actor, Command::Call(call(&format!("one{name}")))).await, ErrorCode::Type);
        let wrong = Arg { declared: Some(name.clone()), value: RawValue::Null, kept: None };
        let typed = Call { args: vec![wrong.clone()], ..call(&format!("one{name}")) };
        assert_error(&failed(&actor, Command::Call(typed)).await, ErrorCode::Type);
        for other in ["", "mem", "tab", "var", "tag", "none"] {
            assert_error(
                &failed(&actor, Command::Call(call(&format!("{other}{name}")))).await,
                ErrorCode::ExportNotFound,
            );
        }
        assert_error(&failed(&actor, Command::GlobalGet(format!("f{name}"))).await, ErrorCode::ExportNotFound);
        let set = |name: String| Command::GlobalSet { name, value: wrong.clone() };
        assert_error(&failed(&actor, set(name.clone())).await, ErrorCode::Type);
        assert_error(&failed(&actor, set(format!("var{name}"))).await, ErrorCode::Type);
        assert_error(&failed(&actor, Command::MemoryGrow { pages: 5 }).await, ErrorCode::Memory);
        let bounded = Call { fuel: Some(5000), ..call(&format!("spin{name}")) };
        assert_error(&failed(&actor, Command::Call(bounded)).await, ErrorCode::FuelExhausted);
        let late = Call { timeout: Some(Duration::from_millis(20)), ..call(&format!("spin{name}")) };
        assert_error(&failed(&actor, Command::Call(late)).await, ErrorCode::FuelExhausted);
    }
}

#[tokio::test]
async fn what_is_said_of_an_instantiation_obeys_no_name() {
    let runtime = runtime();
    for escaped in names() {
        let name = decoded(&escaped);
        let lines: String = ["(func (param i32))", "(memory 1)", "(table 1 funcref)", "(global i32)", "(tag)"]
            .iter()
            .flat_map(|ty| (0..6).map(move |n| (ty, n)))
            .map(|(ty, n)| format!("(import \"{n}{escaped}\" \"{escaped}\" {ty})"))
            .collect();
        let missing = live(&runtime, &format!("(module {lines})"), InstanceConfig::default()).await.err().unwrap();
        assert_error(&missing, ErrorCode::Instantiate);
        assert!(missing.message.contains("more"), "{}", missing.message);

        let starting = format!(r#"(module (func $f (@name "{escaped}") unreachable) (start $f))"#);
        let config = InstanceConfig { name: name.clone(), ..InstanceConfig::default() };
        assert_error(&live(&runtime, &starting, config).await.err().unwrap(), ErrorCode::Instantiate);

        let module =
            runtime.compile(format!("the module \"{name}\""), wat::parse_str("(module)").unwrap()).await.unwrap();
        let actor =
            runtime.instantiate(module, InstanceConfig { name: name.clone(), ..Default::default() }).await.unwrap();
        assert_eq!(&**actor.name(), name, "the name itself is what it was");
        assert_error(&failed(&actor, Command::Call(call("f"))).await, ErrorCode::ExportNotFound);
        assert_error(&failed(&actor, Command::AddFuel(1)).await, ErrorCode::Type);
        assert_error(&failed(&actor, Command::MemorySize).await, ErrorCode::Memory);
    }
}

#[tokio::test]
async fn what_is_said_of_bytes_that_are_no_module_obeys_no_name() {
    let runtime = runtime();
    for escaped in names() {
        let twice = format!(r#"(module (memory (export "{escaped}") 1) (func (export "{escaped}")))"#);
        let error = compile(&runtime, &twice).await.unwrap_err();
        assert_error(&error, ErrorCode::Compile);
        assert!(error.message.contains("(at offset 0x"), "{}", error.message);
        let bad =
            runtime.compile(format!("the module \"{}\"", decoded(&escaped)), b"\0asm\x01\0\0\0\xff".to_vec()).await;
        assert_error(&bad.unwrap_err(), ErrorCode::Compile);
        let large = Runtime::new(RuntimeOptions { max_module_bytes: 4, ..options() }).unwrap();
        assert_error(&large.compile(decoded(&escaped), vec![0; 9]).await.unwrap_err(), ErrorCode::Compile);
    }
}

#[tokio::test]
async fn what_is_said_of_a_wasi_configuration_obeys_no_name() {
    let runtime = runtime();
    let wasi = r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#;
    let folder = tempfile::tempdir().unwrap();
    let dir = || Preopen {
        guest_path: String::new(),
        dir: Arc::new(fs::File::open(folder.path()).unwrap().into()),
        writable: false,
        changed: None,
    };
    for escaped in names() {
        let name = decoded(&escaped);
        let preopen = |guest_path: &str| Preopen { guest_path: guest_path.to_owned(), ..dir() };
        let configs = [
            WasiConfig { args: vec![format!("{name}\0")], ..WasiConfig::default() },
            WasiConfig { env: vec![(format!("{name}="), String::new())], ..WasiConfig::default() },
            WasiConfig { env: vec![(format!("n{}", name.replace('\0', "")), "\0".into())], ..WasiConfig::default() },
            WasiConfig { preopens: vec![preopen(&format!("{name}\0"))], ..WasiConfig::default() },
            WasiConfig {
                preopens: vec![preopen(&name.replace('\0', "")), preopen(&name.replace('\0', ""))],
                ..WasiConfig::default()
            },
        ];
        for wasi_config in configs {
            let config = InstanceConfig { wasi: wasi_config, ..InstanceConfig::default() };
            assert_error(&live(&runtime, wasi, config).await.err().unwrap(), ErrorCode::Wasi);
        }
    }
}

#[tokio::test]
async fn types_are_told_in_words_of_the_text_format() {
    let runtime = runtime();
    let typed = r#"(module
        (type $other (func (param f64)))
        (type $f (func (param i32 i64) (result f32)))
        (func $give (export "give") (type $other))
        (func (export "get") (result funcref) (ref.func $give))
        (elem declare func $give)
        (func (export "take") (param (ref null $f)))
        (func (export "no_null") (param (ref extern))))"#;
    let actor = live(&runtime, typed, InstanceConfig::default()).await.unwrap();
    let Ok(Answer::Values(values)) = actor.ask(Command::Call(call("get"))).await else { panic!("no function") };
    let [runtime_wasm::value::Value::Func(func)] = values[..] else { panic!("{values:?}") };
    let arg = |value| vec![Arg { declared: None, value, kept: None }];
    let error = failed(&actor, Command::Call(Call { args: arg(RawValue::Func(func)), ..call("take") })).await;
    assert_error(&error, ErrorCode::Type);
    assert!(error.message.ends_with("wanted, (ref null (func (param i32 i64) (result f32)))"), "{error}");
    let error = failed(&actor, Command::Call(Call { args: arg(RawValue::Null), ..call("no_null") })).await;
    assert!(error.message.ends_with("wanted, (ref extern)"), "{error}");
}

#[cfg(feature = "host")]
fn command(folder: &Path, args: &[&str]) -> Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).current_dir(folder).args(args).output().unwrap()
}

/// What a command printed: lines of text, each no longer than a message and what stands before it.
#[cfg(feature = "host")]
#[track_caller]
fn assert_lines(what: &str, printed: &[u8]) {
    let printed = std::str::from_utf8(printed).unwrap();
    for line in printed.lines() {
        assert_text(what, line.get(..line.len().min(100)).unwrap_or_default());
        let odd = line.chars().find(|c| !is_plain(*c));
        assert!(odd.is_none(), "{what}: {odd:?} in {:?}", line.chars().take(300).collect::<String>());
        assert!(line.len() < 4 * MESSAGE_CHARS_MAX, "{what}: a line of {} bytes", line.len());
    }
}

#[cfg(feature = "host")]
#[test]
fn what_the_command_line_prints_of_a_module_obeys_no_name() {
    let folder = tempfile::tempdir().unwrap();
    for escaped in names() {
        let file = folder.path().join("m.wasm");
        fs::write(&file, wat::parse_str(everything(&escaped)).unwrap()).unwrap();
        let report = command(folder.path(), &["inspect", "m.wasm"]);
        assert!(report.status.success());
        assert_lines("inspect", &report.stdout);
        let json = command(folder.path(), &["inspect", "--json", "m.wasm"]);
        let odd = str::from_utf8(&json.stdout).unwrap().chars().find(|c| !is_plain(*c) && *c != '\n');
        assert!(odd.is_none(), "inspect --json: {odd:?}");
        let info: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!(info["exports"][2]["name"], decoded(&escaped), "JSON is data");

        let starts =
            format!(r#"(module (import "{escaped}" "{escaped}" (func)) (func (export "_start") unreachable))"#);
        fs::write(&file, wat::parse_str(starts).unwrap()).unwrap();
        assert_lines("exec", &command(folder.path(), &["exec", "m.wasm"]).stderr);
        let traps = format!(r#"(module (func $f (@name "{escaped}") (export "_start") unreachable))"#);
        fs::write(&file, wat::parse_str(traps).unwrap()).unwrap();
        for format in ["text", "json"] {
            let args = ["exec", "--log", "debug", "--log-format", format, "--coredump", "dumps", "m.wasm"];
            let output = command(folder.path(), &args);
            assert_eq!(output.status.code(), Some(134));
            assert_lines("exec", &output.stderr);
        }
        let twice = format!(r#"(module (memory (export "{escaped}") 1) (func (export "{escaped}")))"#);
        fs::write(&file, wat::parse_str(twice).unwrap()).unwrap();
        for name in ["inspect", "exec"] {
            let output = command(folder.path(), &[name, "m.wasm"]);
            assert_eq!(output.status.code(), Some(1));
            assert_lines(name, &output.stderr);
        }
    }
}

#[cfg(feature = "host")]
#[test]
fn what_is_said_of_a_file_obeys_no_name() {
    let folder = tempfile::tempdir().unwrap();
    let name = "\u{1b}[31m\u{202e}\nm.wasm";
    fs::write(folder.path().join(name), "no module").unwrap();
    for args in [
        &["inspect", name][..],
        &["exec", name],
        &["exec", "--dir", name, name],
        &["run", name],
        &["inspect", "\u{7}none"],
    ] {
        let output = command(folder.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert_lines("stderr", &output.stderr);
        assert!(!output.stderr.is_empty());
    }
    // A pattern of the shell's hands on names that look like options, too.
    for args in [&["inspect", "--\u{202e}.wasm"][..], &["exec", "-\u{9b}2J.wasm"], &["\u{1b}]0;x\u{7}.wasm"]] {
        let output = command(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_lines("stderr", &output.stderr);
        assert!(output.stderr.starts_with(b"error: "));
    }
}

#[cfg(feature = "host")]
#[test]
fn an_instance_that_was_refused_is_logged_as_that_and_names_are_escaped_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    fs::write(folder.path().join("m.wasm"), wat::parse_str(everything(HOSTILE[0])).unwrap()).unwrap();
    let needs = r#"(module (import "env" "f" (func)))"#;
    fs::write(folder.path().join("needs.wasm"), wat::parse_str(needs).unwrap()).unwrap();
    let script = r#"
        import { compileFile, instantiate } from "runtime:wasm";
        const name = "\x1b[31m\u202e\u0007\n" + "n".repeat(100000);
        await instantiate(await compileFile("./needs.wasm")).catch(() => {});
        const instance = await instantiate(await compileFile("./m.wasm"), { name });
        if (instance.name !== name) throw new Error("another name");
        await instance.call("f\x1b]0;owned\x07\x1b[2J\x1b[31mred").catch(() => {});
        await instance.call(name).catch(() => {});
        await instance.drop();
    "#;
    fs::write(folder.path().join("app.js"), script).unwrap();
    for format in ["text", "json"] {
        let output = command(folder.path(), &["run", "--log", "debug", "--log-format", format, "app.js"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_lines(format, &output.stderr);
        let log = String::from_utf8(output.stderr).unwrap();
        let closed = if format == "json" { "\"outcome\":\"failed\"" } else { "outcome=\"failed\"" };
        assert!(log.contains(closed) && !log.contains("panicked"), "{log}");
        if format == "json" {
            log.lines().for_each(|line| assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}"));
        }
    }
}

#[cfg(feature = "host")]
#[test]
fn an_uncaught_error_obeys_nothing_that_it_quotes() {
    let folder = tempfile::tempdir().unwrap();
    let script = "throw new Error('a guest said: \\x1b]0;owned\\x07\\u202e', { cause: new Error('\\x1b[2J') });";
    fs::write(folder.path().join("app.js"), script).unwrap();
    let output = command(folder.path(), &["run", "app.js"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a guest said: \\u{1b}]0;owned\\u{7}\\u{202e}") && said.contains("\\u{1b}[2J"), "{said}");
    assert!(said.chars().all(|c| is_plain(c) || c == '\n' || c == '\t'), "{said:?}");
}
