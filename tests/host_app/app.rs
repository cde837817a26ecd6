//! An app with this manifest in a folder of its own, and what it prints.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{ChildStdout, Command, Output, Stdio};
use tempfile::TempDir;

pub const GRANTS: &str = r#"
[capabilities.fs]
read = ["./data", "./in/*.csv", "./both"]
write = ["./out", "./both", "./made.txt"]
[capabilities.env]
allow = ["APP_*", "GONE"]
"#;

/// An app in a folder of its own, with this manifest.
pub struct App {
    folder: TempDir,
}

impl App {
    pub fn new(manifest: &str) -> App {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.app.toml"), manifest).unwrap();
        for name in ["data", "in", "out", "both"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        App { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script in which `app` is the whole of `runtime:app`.
    pub fn command(&self, script: &str) -> Command {
        let main = self.path().join("main.js");
        fs::write(&main, format!("import * as app from \"runtime:app\";\n{HELPERS}\n{script}")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").arg(main).stdin(Stdio::null());
        command
    }

    /// What the script prints.
    pub fn run(&self, script: &str) -> String {
        printed(&self.command(script).output().unwrap())
    }
}

pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const HELPERS: &str = r#"
    const refused = (promise) => promise.then(
      (value) => `no error but ${value}`,
      (error) => `${error.name} ${error.code} ${error.reason} ${error.message}`,
    );
    const short = (promise) => promise.then(
      (value) => `no error but ${value}`, (error) => error.code === 5009 ? "denied" : `${error.name} ${error.reason}`,
    );
"#;

/// What a child's output says next.
pub fn line(output: &mut ChildStdout) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while byte[0] != b'\n' && output.read(&mut byte).unwrap() == 1 {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}
