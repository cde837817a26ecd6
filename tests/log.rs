//! `--log`: what the runtime tells on stderr, and that no guest can forge a line of it.

#![cfg(feature = "host")]

use std::fs;
use std::process::Command;
use tempfile::TempDir;

const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "host\n\u{1b}[2J" "ask" (func $ask (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "ask") (param i32) (result i32) (call $ask (local.get 0)))
    (func (export "yield") (drop (call $yield)))
    (func (export "die\n{\"level\":\"ERROR\",\"forged\":true}\u{1b}[2J") unreachable))"#;

const SCRIPT: &str = r#"
import { compileFile, instantiate } from "runtime:wasm";
const instance = await instantiate(await compileFile("./guest.wasm"), {
  name: "a\nERROR forged", restart: { on: ["trap"], backoffMs: 0 }, imports: { "host\n\x1b[2J": { ask } },
});
async function ask(answer) {
  if (answer === 0) throw new Error("no answer");
  if (answer === 1) return "one";
  await this.call("yield");
  return answer;
}
await instance.call("yield");
for (const answer of [0, 1, 2]) await instance.call("ask", answer).catch(() => {});
const [name] = (await instance.getExports()).map(({ name }) => name).filter((name) => name.startsWith("die"));
await instance.call(name).catch(() => {});
await instance.call("yield");
await instance.drop();
"#;

/// Runs the app with these flags; gives what it wrote to stderr.
fn log(flags: &[&str]) -> String {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    fs::write(at("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    fs::write(at("main.js"), SCRIPT).unwrap();
    let binary = env!("CARGO_BIN_EXE_runtime-wasm");
    let output = Command::new(binary).arg("run").args(flags).arg(at("main.js")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{flags:?}: {}\n{stderr}", output.status);
    stderr
}

fn json(level: &str) -> Vec<serde_json::Value> {
    let text = log(&["--log", level, "--log-format", "json"]);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The spans that ended, as `(name, outcome)`.
fn closed(lines: &[serde_json::Value]) -> Vec<(&str, &str)> {
    let ended = lines.iter().filter(|line| line["fields"]["message"] == "close").map(|line| &line["span"]);
    ended.map(|span| (span["name"].as_str().unwrap(), span["outcome"].as_str().unwrap_or(""))).collect()
}

#[test]
fn without_the_flag_nothing_is_logged() {
    assert_eq!(log(&[]), "");
}

#[test]
fn spans_tell_of_instances_calls_and_compilations_with_their_outcome() {
    let lines = json("debug");
    let closed = closed(&lines);
    assert!(closed.contains(&("compile", "ok")), "{closed:?}");
    assert_eq!(closed.iter().filter(|span| **span == ("call", "ok")).count(), 4, "{closed:?}");
    assert!(closed.contains(&("call", "CallError")), "{closed:?}");
    let call = lines.iter().find(|line| line["span"]["export"] == "yield").expect("a call");
    assert_eq!((&call["spans"][0]["id"], &call["spans"][0]["name"]), (&1.into(), &"instance".into()));
    let restart = lines.iter().find(|line| line["fields"]["message"] == "restart").expect("a restart");
    assert_eq!((&restart["level"], &restart["fields"]["reason"]), (&"WARN".into(), &"trap".into()));
}

#[test]
fn calls_of_host_functions_are_told_with_their_outcome() {
    let lines = json("debug");
    let calls: Vec<_> = lines.iter().filter(|line| line["span"]["name"] == "host call").collect();
    let outcomes: Vec<_> = calls.iter().map(|call| call["span"]["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["CallError", "TypeError", "ok"]);
    for call in calls {
        let span = &call["span"];
        assert_eq!(
            (&span["instance"], &span["module"], &span["import"]),
            (&1.into(), &"host\\n\\u{1b}[2J".into(), &"ask".into())
        );
        // Within the call of the export that makes it.
        let around: Vec<_> = call["spans"].as_array().unwrap().iter().map(|span| &span["name"]).collect();
        assert_eq!(around, ["instance", "call"], "{call}");
        assert!(call["fields"]["time.idle"].is_string() && call["fields"]["time.busy"].is_string(), "{call}");
    }
    let text = log(&["--log", "debug"]);
    let told = text.lines().filter(|line| line.contains(r#" import="ask" outcome="#)).count();
    assert_eq!(told, 3, "{text}");
    assert!(text.contains(r#"import="ask" outcome="TypeError"}"#), "{text}");
    assert!(closed(&json("info")).iter().all(|(name, _)| *name != "host call"));
}

#[test]
fn a_call_from_within_a_host_function_stands_there() {
    let lines = json("debug");
    let within = lines.iter().find(|line| {
        let around = line["spans"].as_array().into_iter().flatten().any(|span| span["name"] == "host call");
        around && line["span"]["name"] == "call"
    });
    let span = &within.expect("a call within a host call")["span"];
    assert_eq!((&span["export"], &span["outcome"]), (&"yield".into(), &"ok".into()));
}

#[test]
fn a_level_tells_no_more_than_it_should() {
    let info = json("info");
    assert!(closed(&info).iter().all(|(name, _)| *name != "call") && !info.is_empty(), "{info:?}");
    let warnings = json("warn");
    assert!(!warnings.is_empty() && warnings.iter().all(|line| line["level"] == "WARN"), "{warnings:?}");
    assert_eq!(json("error"), Vec::<serde_json::Value>::new());
    let names_wasi = |line: &serde_json::Value| line.to_string().contains("sched_yield");
    assert!(!json("debug").iter().any(names_wasi), "a WASI call below trace");
    let trace = json("trace");
    let host_call = trace.iter().find(|line| line["span"]["function"] == "sched_yield").expect("a host call");
    assert_eq!(host_call["span"]["module"], "wasi_snapshot_preview1");
}

#[test]
fn a_guest_forges_no_line() {
    let text = log(&["--log", "trace"]);
    assert!(text.contains("forged"), "the names are not in the log: {text}");
    for line in text.lines() {
        let (time, rest) = line.split_once(' ').unwrap_or_default();
        assert!(time.ends_with('Z') && time.starts_with("20"), "a line without a time: {line}");
        assert!(!rest.contains(char::is_control), "a control character in: {line:?}");
    }
    assert!(json("trace").iter().all(|line| line.get("forged").is_none()));
}

#[test]
fn a_level_that_does_not_exist_is_refused() {
    let binary = env!("CARGO_BIN_EXE_runtime-wasm");
    let output = Command::new(binary).args(["run", "--log", "loud", "main.js"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("loud"));
}

#[test]
fn folders_that_the_manifest_names_and_that_do_not_exist_are_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("there")).unwrap();
    let lists = "load = [\"./plugins/*.wasm\", \"./there/*.wasm\", \"./a\\u001bc/b.wasm\"]\npreopens = [\"./data\", \"./there\"]\n";
    fs::write(at("manifest.app.toml"), format!("[capabilities.wasm]\n{lists}")).unwrap();
    fs::write(at("main.js"), "console.error(\"the app\");").unwrap();
    let run = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        let output = command.arg("run").args(flags).arg(at("main.js")).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = run(&["--log", "warn"]);
    let lines: Vec<&str> = told.lines().collect();
    let here = folder.path().display();
    for (line, (key, folder)) in lines.iter().zip([("load", "plugins"), ("load", "a\\\\u{1b}c"), ("preopens", "data")])
    {
        assert!(line.contains("WARN") && line.contains("grants a folder that does not exist"), "{told}");
        assert!(line.contains(&format!("key=\"{key}\" folder=\"{here}/{folder}\"")), "{folder}: {told}");
    }
    assert_eq!((lines.len(), lines[3]), (4, "the app"), "{told}");
    assert_eq!(run(&["--log", "error"]), "the app\n");
    assert_eq!(run(&[]), "the app\n");
}

/// The requests that a collector gets while the app runs with these flags, each with its body.
#[cfg(feature = "otlp")]
fn collected(flags: impl Fn(&str) -> Vec<String>) -> (String, Vec<u8>) {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let collector = std::thread::spawn(move || {
        let mut all = Vec::new();
        for stream in listener.incoming() {
            let (mut stream, mut request, mut piece) = (stream.unwrap(), Vec::new(), [0; 4096]);
            let end = loop {
                let count = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..count]);
                let head = String::from_utf8_lossy(&request).into_owned();
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.parse().ok());
                let body =
                    request.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| request.len() - at - 4);
                if count == 0 || length.is_some_and(|length: usize| body >= length) {
                    break count == 0;
                }
            };
            if end {
                return all;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            all.append(&mut request);
        }
        all
    });
    let flags = flags(&format!("http://{address}"));
    let stderr = log(&flags.iter().map(String::as_str).collect::<Vec<_>>());
    // A connection that says nothing ends the collector.
    drop(TcpStream::connect(address).unwrap());
    (stderr, collector.join().unwrap())
}

#[cfg(feature = "otlp")]
#[test]
fn spans_go_to_a_collector_beside_the_log_or_without_it() {
    for more in [&[][..], &["--log".to_owned(), "error".to_owned()]] {
        let (stderr, sent) = collected(|url| [&[format!("--otlp={url}/")], more].concat());
        assert_eq!(stderr, "");
        let sent = String::from_utf8_lossy(&sent);
        assert!(sent.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{sent:.200}");
        for word in [
            "application/x-protobuf",
            "service.name",
            "runtime-wasm",
            "instance",
            "host call",
            "yield",
            "CallError",
            "compile",
        ] {
            assert!(sent.contains(word), "{word} was not sent: {sent}");
        }
        // What a guest has named comes as messages have it.
        assert!(sent.contains(r#"die\n{"level""#), "{sent}");
    }
}

#[cfg(feature = "otlp")]
#[test]
fn who_takes_no_spans_keeps_no_app_from_its_end() {
    let refusing = log(&["--otlp=http://127.0.0.1:1"]);
    assert!(refusing.is_empty() || refusing.starts_with("warning: --otlp: not all spans were sent"), "{refusing}");
    let binary = env!("CARGO_BIN_EXE_runtime-wasm");
    let output = Command::new(binary).args(["run", "--otlp=nowhere", "main.js"]).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("--otlp"), "{output:?}");
}
