//! Golden scripts: each `tests/host/NAME.js` or `.ts` is run by the binary and must print `NAME.out`.
//!
//! `// exit: N` and `// args: …` in a script's first lines say what else to expect and pass. Each line of `NAME.err` must
//! occur in stderr, in that order; without the file stderr must be empty. `[dir]` stands for the URL of `tests/host`.

#![cfg(feature = "host")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn golden_scripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host");
    let mut scripts: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "js" || extension == "ts"));
    scripts.sort();
    assert!(scripts.len() > 10, "the scripts are gone");
    let failures: Vec<String> = scripts.iter().filter_map(|script| check(script).err()).collect();
    assert!(failures.is_empty(), "{} of {} scripts failed\n\n{}", failures.len(), scripts.len(), failures.join("\n"));
}

/// Runs one script and compares.
fn check(script: &Path) -> Result<(), String> {
    let source = fs::read_to_string(script).unwrap();
    let args = header(&source, "args").unwrap_or_default();
    let code: i32 = header(&source, "exit").map_or(0, |code| code.parse().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("run")
        .arg(script)
        .args(args.split_whitespace())
        .output()
        .unwrap();
    let problems = compare(script, code, &output);
    if problems.is_empty() { Ok(()) } else { Err(format!("--- {}\n{problems}", script.display())) }
}

/// The value of `// KEY: value` among a script's first lines.
fn header<'a>(source: &'a str, key: &str) -> Option<&'a str> {
    let comments = source.lines().take_while(|line| line.starts_with("//"));
    comments.filter_map(|line| line.strip_prefix("// ")?.strip_prefix(key)?.strip_prefix(": ")).next()
}

fn compare(script: &Path, code: i32, output: &Output) -> String {
    let url = format!("file://{}", script.parent().unwrap().display());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&url, "[dir]");
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let expected = |extension| fs::read_to_string(script.with_extension(extension)).unwrap_or_default();
    let mut problems = String::new();
    if output.status.code() != Some(code) {
        problems += &format!("exit code {:?}, not {code}\n", output.status.code());
    }
    if stdout != expected("out") {
        problems += &format!("stdout was\n{stdout}\n");
    }
    if let Some(missing) = first_missing(&stderr, &expected("err")) {
        problems += &format!("stderr lacks {missing:?}\n");
    }
    if expected("err").is_empty() && !stderr.is_empty() {
        problems += "stderr is not empty\n";
    }
    if !problems.is_empty() {
        problems += &format!("stderr was\n{stderr}\n");
    }
    problems
}

/// The first of the expected lines that does not occur in `text` after the ones before it.
fn first_missing<'a>(mut text: &str, expected: &'a str) -> Option<&'a str> {
    for line in expected.lines() {
        match text.find(line) {
            Some(at) => text = &text[at + line.len()..],
            None => return Some(line),
        }
    }
    None
}
