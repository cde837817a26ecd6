//! The examples on the command line, and what they have in common with those on Node.

use super::blocks::root;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// What takes longer is a finding.
pub const PATIENCE: Duration = Duration::from_secs(120);

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        // What somebody has installed beside it is not taken.
        if entry.is_dir() && name != "node_modules" {
            copy(&entry, &to.join(name));
        } else if entry.is_file() {
            fs::copy(entry, to.join(name)).unwrap();
        }
    }
}

/// A copy of an example, beside the guests that were fetched, and with the npm package as `npm install` leaves it.
pub struct Example {
    place: TempDir,
    name: &'static str,
}

impl Example {
    pub fn new(name: &'static str) -> Example {
        let place = tempfile::tempdir().unwrap();
        copy(&root().join("examples").join(name), &place.path().join(name));
        let guests = root().join("examples/plugins/guests");
        assert!(guests.is_dir(), "the guests are missing: run `make guests`");
        copy(&guests, &place.path().join("plugins/guests"));
        symlink(root().join("target/npm-staged/node_modules"), place.path().join("node_modules")).unwrap();
        Example { place, name }
    }

    pub fn folder(&self) -> PathBuf {
        self.place.path().join(self.name)
    }

    /// Which command runs one of its scripts.
    pub fn command(&self, script: &str) -> Command {
        let mut command = if script == "main.js" {
            let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
            command.arg("run");
            command
        } else {
            let staged = root().join("target/npm-staged/node_modules");
            assert!(staged.exists(), "the package is not there: `make npm-staged` puts it together");
            Command::new("node")
        };
        // Compiled once for all examples and both programs.
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples-cache");
        command.arg(script).current_dir(self.folder()).env("RUNTIME_WASM_CACHE", cache).env("PORT", "0");
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    pub fn start(&self, script: &str, args: &[&str]) -> Running {
        Running::new(self.command(script).args(args))
    }

    /// Puts another version where the plugin is, whole at every moment.
    pub fn replace(&self, plugin: &[u8]) {
        let plugins = self.folder().join("plugins");
        fs::write(plugins.join("new"), plugin).unwrap();
        fs::rename(plugins.join("new"), plugins.join("plugin.wasm")).unwrap();
    }

    pub fn version(&self, number: u32) -> Vec<u8> {
        fs::read(self.folder().join(format!("versions/{number}.wasm"))).unwrap()
    }
}

/// A script that runs, and the lines that it prints. It is ended with this.
pub struct Running {
    pub child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn new(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // Whoever waits for a line waits for so long and no longer.
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Running { child, lines }
    }

    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("it prints another line")
    }

    /// All that it prints from here on, and its exit code.
    pub fn finish(mut self) -> (Vec<String>, Option<i32>) {
        let mut lines = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            lines.push(line);
        }
        let ended = self.child.wait().unwrap();
        (lines, ended.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How each job of the batch ends.
pub const JOBS: [(&str, &str); 12] = [
    ("rings-64", "done"),
    ("rings-256", "done"),
    ("rings-20000", "CallError: unreachable"),
    ("bars-64", "done"),
    ("bars-256", "done"),
    ("laughs-64", "FuelExhausted: cpu"),
    ("sky-64", "done"),
    ("sky-256", "done"),
    ("broken-64", "its exit code is 1"),
    ("missing-64", "its exit code is 1"),
    ("sky-512", "done"),
    ("bars-512", "done"),
];

/// Runs the batch without a terminal; gives back the example, and what is printed after the line for each job.
pub fn the_batch_ends(script: &str) -> (Example, Vec<String>) {
    let example = Example::new("batch");
    let (mut lines, code) = example.start(script, &[]).finish();
    assert_eq!(code, Some(1), "{lines:#?}");
    let rest = lines.split_off(JOBS.len() + 1);
    assert_eq!(lines.pop().as_deref(), Some("8 done, 4 failed"), "{lines:#?}");
    for (job, how) in JOBS {
        assert!(lines.iter().any(|line| line.ends_with(&format!("  {job}: {how}"))), "{job}: {how}\n{lines:#?}");
    }
    for (job, _) in JOBS.iter().filter(|(_, how)| *how == "done") {
        let picture = fs::read(example.folder().join("out").join(job).with_extension("png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG"), "{job}");
    }
    (example, rest)
}

#[test]
fn the_batch_on_the_command_line() {
    let (_, logs) = the_batch_ends("main.js");
    for line in ["broken-64 | Error: invalid attribute", "rings-20000 | memory allocation of 1600000000 bytes failed"] {
        assert!(logs.iter().any(|log| log.starts_with(line)), "{line}\n{logs:#?}");
    }
}

pub const SAID: [(&str, &str); 7] = [
    ("x = 6 * 7", ""),
    ("x", "42"),
    ("1 / 0", "ZeroDivisionError: divide by zero"),
    ("while True: pass", "(stopped after 2 s; this is a fresh Python)"),
    ("x", "NameError: name 'x' isn't defined"),
    ("print('\\x1b[2J')", "\\x1b[2J"),
    ("import sys; sys.exit(3)", "(Python has ended; this is a fresh one)"),
];

#[test]
fn the_repl_on_the_command_line() {
    let lines = SAID.map(|(line, _)| line);
    let (printed, code) = Example::new("repl").start("main.js", &lines).finish();
    let expected: Vec<String> = SAID
        .iter()
        .flat_map(|(line, answer)| [format!(">>> {line}"), (*answer).to_owned()])
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!((printed, code), (expected, Some(0)));
}

#[test]
fn a_plugin_is_replaced_under_load_and_no_request_is_lost() {
    let example = Example::new("hot-reload");
    let app = example.start("main.js", &["2"]);
    assert_eq!([app.line(), app.line()], ["loaded", "version 1 answers"]);
    example.replace(b"<!DOCTYPE html><title>404</title>");
    let kept = app.line();
    assert!(kept.starts_with("kept: [5000] ") && kept.contains("an HTML page"), "{kept}");
    for number in [2, 3] {
        example.replace(&example.version(number));
        let mut said = [app.line(), app.line()];
        // It may answer before the one that it replaces has ended.
        said.sort();
        assert_eq!(said, ["replaced".to_owned(), format!("version {number} answers")]);
    }
    let (lines, code) = app.finish();
    let count = |start: &str| {
        let line =
            lines.iter().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("{start}\n{lines:#?}"));
        line.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert!([1, 2, 3].iter().all(|number| count(&format!("version {number} answered ")) > 0), "{lines:#?}");
    assert!(lines.len() == 4 && lines[3].ends_with(" never ended and were stopped; 0 were lost"), "{lines:#?}");
    assert_eq!(code, Some(0));
}

#[test]
fn the_modules_of_the_examples_are_what_their_text_says() {
    let mut compared = 0;
    for folder in ["zoo/plugins", "hot-reload/versions"] {
        for entry in fs::read_dir(root().join("examples").join(folder)).unwrap() {
            let text = entry.unwrap().path();
            if text.extension().is_some_and(|ending| ending == "wat") {
                let module = text.with_extension("wasm");
                let made = wat::parse_file(&text).unwrap();
                if std::env::var_os("BLESS").is_some() {
                    fs::write(&module, &made).unwrap();
                }
                assert!(made == fs::read(&module).unwrap(), "{} is another module; BLESS=1 makes it", module.display());
                compared += 1;
            }
        }
    }
    assert!(compared > 25, "only {compared} modules");
    let [first, used] = ["versions/1.wasm", "plugins/plugin.wasm"]
        .map(|file| fs::read(root().join("examples/hot-reload").join(file)).unwrap());
    assert!(first == used, "the plugin of examples/hot-reload is its first version");
}
