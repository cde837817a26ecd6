//! An app that waits, beside instances that are asked for nothing, uses no processor.

#![cfg(feature = "host")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const SCRIPT: &str = r#"
import { compile, instantiate } from "runtime:wasm";
const module = await compile(Uint8Array.from(GUEST));
const kept = [];
for (let index = 0; index < 40; index++) {
  const instance = await instantiate(module, index % 2 === 0 ? {} : { stdin: "piped", stdout: "piped" });
  await instance.call("f");
  kept.push(instance);
}
console.log("ready");
setTimeout(() => console.log(kept.length), 1e9);
"#;

/// Processor time of all threads of a process, in the system's ticks.
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn an_idle_process_burns_no_processor() {
    let folder = tempfile::tempdir().unwrap();
    let guest = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "f")))"#).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\n").unwrap();
    fs::write(folder.path().join("main.js"), SCRIPT.replace("GUEST", &format!("{guest:?}"))).unwrap();
    let mut app = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("run")
        .arg(folder.path().join("main.js"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(app.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "ready\n");
    // What was begun comes to its end, and stacks are given back. Then there is second after second without a tick; who looks for work all the
    // time has none such.
    let mut quiet = 0;
    let mut before = ticks(app.id());
    for _ in 0..40 {
        sleep(Duration::from_millis(500));
        let now = ticks(app.id());
        quiet = if now == before { quiet + 1 } else { 0 };
        before = now;
        if quiet == 4 {
            break;
        }
    }
    app.kill().unwrap();
    app.wait().unwrap();
    assert_eq!(quiet, 4, "{before} ticks");
}
