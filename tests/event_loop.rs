//! Nothing of a guest's size on the event loop: `bench/loop.js` takes the longest gap of a timer of 1 ms, for each kind of work.

#![cfg(feature = "host")]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is kept in one of several rounds, beside ten times the gap of an app that does nothing: other tests keep the machine busy.
/// Done on the event loop, this work takes 50 to several hundred milliseconds in each. `make bench` shows what it takes now.
const GAP_MS_MAX: f64 = 20.0;
const ROUNDS: &str = "7";

/// A module of so many bytes, all in a custom section.
fn large_module(bytes: u32) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0\0".to_vec();
    let mut rest = bytes + 2;
    while rest >= 128 {
        module.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    module.extend([rest as u8, 1, b'a']);
    module.resize(module.len() + bytes as usize, 0);
    module
}

#[test]
fn timers_go_on_while_what_is_large_is_handled() {
    let app = tempfile::tempdir().unwrap();
    let file = |name: &str| app.path().join(name);
    let bench = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench");
    fs::copy(bench.join("loop.js"), file("loop.js")).unwrap();
    let manifest = "[capabilities.wasm]\nload = [\"./*.wasm\"]\n[capabilities.fs]\nread = [\"./names\"]\n";
    fs::write(file("manifest.app.toml"), manifest).unwrap();
    fs::create_dir(file("names")).unwrap();
    for number in 0..30_000 {
        fs::write(file("names").join(format!("{number}-a-name-of-some-length")), "").unwrap();
    }
    fs::write(file("large.wasm"), large_module(32 << 20)).unwrap();
    let comment = "// a comment that is long enough to make this large, and is thrown away\n";
    fs::write(file("large.ts"), comment.repeat(4000) + "export const x: number = 1;\n").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("run")
        .arg(file("loop.js"))
        .args([ROUNDS, "./names"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let gaps: Value = serde_json::from_slice(&output.stdout).unwrap();
    let gaps = gaps.as_object().unwrap();
    let least =
        |rounds: &Value| rounds.as_array().unwrap().iter().map(|gap| gap.as_f64().unwrap()).fold(f64::MAX, f64::min);
    let bound = GAP_MS_MAX + 10.0 * least(&gaps["idle"]);
    let over: Vec<_> = gaps.iter().filter(|(_, rounds)| least(rounds) > bound).collect();
    assert!(gaps.len() > 10 && over.is_empty(), "{over:#?}\nof {gaps:#?}");
}
