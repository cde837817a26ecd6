//! The examples on the command line, and what they have in common with those on Node.

use super::blocks::root;
use super::running::{OnTerminal, Running};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

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

    /// Changes a word of one of its files.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Puts another version where the plugin is, whole at every moment.
    pub fn replace(&self, plugin: &[u8]) {
        let plugins = self.folder().join("plugins");
        fs::write(plugins.join("new"), plugin).unwrap();
        fs::rename(plugins.join("new"), plugins.join("plugin.wasm")).unwrap();
    }

    /// What the log of a job of the batch says.
    pub fn log(&self, job: &str) -> String {
        let path = self.folder().join("logs").join(job).with_extension("log");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn version(&self, number: u32) -> Vec<u8> {
        fs::read(self.folder().join(format!("versions/{number}.wasm"))).unwrap()
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

/// Runs the batch without a terminal.
pub fn the_batch_ends(script: &str) {
    let example = Example::new("batch");
    // As an earlier batch may have left it.
    fs::write(example.folder().join("out/laughs-64.png"), "half a picture").unwrap();
    let (mut lines, code) = example.start(script, &[]).finish();
    assert_eq!(code, Some(1), "{lines:#?}");
    assert_eq!(lines.pop().as_deref(), Some("8 done, 4 failed"), "{lines:#?}");
    assert_eq!(lines.len(), JOBS.len(), "{lines:#?}");
    for (job, how) in JOBS {
        let end = format!("{job}: {how}");
        assert!(lines.iter().any(|line| line.ends_with(&format!("  {end}"))), "{end}\n{lines:#?}");
        let log = example.log(job);
        assert!(log.ends_with(&format!("{end}\n")), "{log}");
        assert!(log.starts_with("Reading: ") || job == "missing-64", "{log}");
        let picture = fs::read(example.folder().join("out").join(job).with_extension("png"));
        assert_eq!(picture.is_ok_and(|picture| picture.starts_with(b"\x89PNG")), how == "done", "{job}");
    }
    assert!(example.log("broken-64").contains("Error: invalid attribute"));
    assert!(example.log("missing-64").contains("failed to open"));
    assert!(example.log("rings-20000").contains("memory allocation of 1600000000 bytes failed"));
}

/// Runs the batch on a terminal, and ends it while its jobs run, which do not end by themselves.
pub fn the_batch_is_stopped(script: &str) {
    const COLUMNS: usize = 60;
    let example = Example::new("batch");
    let endless =
        wat::parse_str("(module (memory (export \"memory\") 1) (func (export \"_start\") (loop br 0)))").unwrap();
    fs::write(example.folder().join("../plugins/guests/resvg.wasm"), endless).unwrap();
    example.edit("manifest.app.toml", "cpu_ms = 300", "cpu_ms = 600_000");
    example.edit("manifest.app.toml", "timeout_ms = 10_000", "timeout_ms = 600_000");
    let mut batch = OnTerminal::new(example.command(script), COLUMNS as u16);
    let before = batch.until("0 failed: rings-20000 bars-64");
    batch.signal(libc::SIGINT);
    let (after, code) = batch.finish();
    let shown = before + &after;
    assert_eq!(code, Some(130), "{shown:?}");
    let drawn: Vec<&str> = shown.split("\r\u{1b}[K").skip(1).collect();
    // With a terminal the line is written over, and never wraps.
    assert!(drawn.iter().all(|line| line.trim_end().len() < COLUMNS), "{drawn:#?}");
    let said: Vec<&str> = drawn.iter().filter_map(|line| line.strip_suffix("\r\n")).collect();
    let [stopped @ .., last] = &said[..] else { panic!("{drawn:#?}") };
    assert_eq!(*last, "0 done, 0 failed, 12 stopped or not begun", "{drawn:#?}");
    assert!(stopped.len() == 4 && stopped.iter().all(|line| line.ends_with(": stopped")), "{drawn:#?}");
    for job in ["rings-20000", "bars-64", "broken-64", "laughs-64"] {
        assert_eq!(example.log(job), format!("{job}: stopped\n"));
        assert!(!example.folder().join("out").join(job).with_extension("png").exists(), "{job}");
    }
}

#[test]
fn the_batch_on_the_command_line() {
    the_batch_ends("main.js");
}

#[test]
fn the_batch_is_stopped_on_the_command_line() {
    the_batch_is_stopped("main.js");
}

/// What is said to Python, and what it prints.
const SAID: [(&str, &str); 9] = [
    ("x = 6 * 7", ""),
    ("x", "42"),
    ("1 / 0", "ZeroDivisionError: divide by zero"),
    ("for i in [1]:\n  print(i + x)\n", "43"),
    ("while True: pass", "(stopped after 2 s; this is a fresh Python)"),
    ("x", "NameError: name 'x' isn't defined"),
    ("print('\\x1b[2J')", "\\x1b[2J"),
    ("import sys; sys.exit(3)", "(it has ended; this is a fresh Python)"),
    ("'the end'", "'the end'"),
];

/// By a pipe it answers, and asks for nothing.
pub fn the_repl_answers(script: &str) {
    let example = Example::new("repl");
    let mut repl = Running::new(example.command(script).stdin(Stdio::piped()));
    let mut input = repl.child.stdin.take().unwrap();
    let (last, said) = SAID.split_last().unwrap();
    for (statement, answer) in said {
        writeln!(input, "{statement}").unwrap();
        // It answers before it is asked the next: nothing waits for the end of the input.
        if !answer.is_empty() {
            assert_eq!(repl.line(), *answer, "{statement}");
        }
    }
    // A last line that nothing ends.
    write!(input, "{}", last.0).unwrap();
    drop(input);
    assert_eq!(repl.finish(), (vec![last.1.to_owned()], Some(0)));
}

/// On a terminal it asks, Ctrl-C ends what Python is doing, and Ctrl-D the conversation; so does Ctrl-C where there is nothing else to end.
pub fn the_repl_asks_on_a_terminal(script: &str) {
    let example = Example::new("repl");
    example.edit("repl.js", "STATEMENT_MS = 2_000", "STATEMENT_MS = 600_000");
    let mut repl = OnTerminal::new(example.command(script), 80);
    repl.until(">>> ");
    repl.types("6 * 7\n");
    assert_eq!(repl.until(">>> "), "6 * 7\r\n42\r\n>>> ");
    repl.types("if True:\n");
    assert_eq!(repl.until("... "), "if True:\r\n... ");
    repl.types("  print('begun')\n  while True: pass\n\n");
    // What it prints is there before it has come to its end.
    repl.until("begun\r\n");
    repl.signal(libc::SIGINT);
    assert_eq!(repl.until(">>> "), "(interrupted; this is a fresh Python)\r\n>>> ");
    repl.types("\u{4}");
    assert_eq!(repl.finish(), ("\r\n".into(), Some(0)));

    let mut repl = OnTerminal::new(example.command(script), 80);
    repl.until(">>> ");
    repl.signal(libc::SIGINT);
    assert_eq!(repl.finish().1, Some(130));
}

#[test]
fn the_repl_on_the_command_line() {
    the_repl_answers("main.js");
}

#[test]
fn the_repl_on_a_terminal_on_the_command_line() {
    the_repl_asks_on_a_terminal("main.js");
}

#[test]
fn a_plugin_is_replaced_under_load_and_no_request_is_lost() {
    let example = Example::new("hot-reload");
    let app = example.start("main.js", &[]);
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
    // SAFETY: it sends a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(app.child.id() as i32, libc::SIGINT) }, 0);
    let (lines, code) = app.finish();
    let count = |start: &str| {
        let line =
            lines.iter().find_map(|line| line.strip_prefix(start)).unwrap_or_else(|| panic!("{start}\n{lines:#?}"));
        line.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    assert!([1, 2, 3].iter().all(|number| count(&format!("version {number} answered ")) > 0), "{lines:#?}");
    assert!(lines.len() == 4 && lines[3].ends_with(" never ended and were stopped; 0 were lost"), "{lines:#?}");
    assert_eq!(code, Some(130));
}

#[test]
fn a_plugin_is_watched_for_as_many_versions_as_are_wanted() {
    let example = Example::new("hot-reload");
    let app = example.start("main.js", &["1"]);
    assert_eq!([app.line(), app.line()], ["loaded", "version 1 answers"]);
    // In the file itself, which is not whole meanwhile.
    fs::write(example.folder().join("plugins/plugin.wasm"), example.version(2)).unwrap();
    let (lines, code) = app.finish();
    assert!(lines.contains(&"replaced".to_owned()) && lines.contains(&"version 2 answers".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("kept: ")) && code == Some(0), "{lines:#?}");
}

/// What they are granted is there, and none of it is wider than it need be.
#[test]
fn the_manifests_of_the_examples_grant_what_is_needed() {
    for name in ["batch", "repl", "hot-reload", "zoo"] {
        let example = root().join("examples").join(name);
        let mut check = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        let output = check.args(["check", "--strict"]).current_dir(example).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&printed));
    }
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
