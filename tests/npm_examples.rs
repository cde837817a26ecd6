//! The examples of the npm package as they stand in `examples/npm` and on the pages, on Node, Bun and Deno.
//!
//! `make test` puts the package together beforehand, as it does for `tests/npm.rs`.

#![cfg(feature = "quickjs")]

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::TcpStream;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// What takes longer is a finding.
const PATIENCE: Duration = Duration::from_secs(60);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A folder for an app, with the package as `npm install` leaves it.
fn app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let staged = root().join("target/npm-staged/node_modules");
    assert!(staged.exists(), "the package is not there: `make npm-staged` puts it together");
    symlink(staged, folder.path().join("node_modules")).unwrap();
    folder
}

/// The examples in such a folder. What somebody has installed beside them is not taken.
fn examples() -> TempDir {
    let folder = app();
    for name in [".", "server", "server/plugins", "jobs", "jobs/programs"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        for entry in fs::read_dir(root().join("examples/npm").join(name)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(name).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

/// A program that runs JavaScript, from npm.
fn program(runtime: &str) -> Command {
    let modules = root().join("npm/tools/node_modules");
    let (program, args): (PathBuf, &[&str]) = match runtime {
        "node" => ("node".into(), &[]),
        "bun" => (modules.join("@oven/bun-linux-x64/bin/bun"), &[]),
        _ => (modules.join("@deno/linux-x64-glibc/deno"), &["run", "--allow-all", "--no-lock"]),
    };
    let mut command = Command::new(program);
    command.args(args);
    command
}

/// A script that runs, and the lines that it prints. It is ended with this.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(runtime: &str, script: &Path) -> Running {
        let mut child = program(runtime)
            .arg(script)
            // Any port that is free.
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{runtime}: {error}"));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        // Whoever waits for a line waits for so long and no longer.
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Running { child, lines }
    }

    /// The next line; nothing once it has closed its output.
    fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing is printed within {PATIENCE:?}"),
        }
    }

    /// All that it prints, and how it ends.
    fn finish(mut self) -> (Vec<String>, ExitStatus) {
        let lines = iter::from_fn(|| self.line()).collect();
        (lines, self.child.wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// Status and body.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{path}: {head:?}")), body.to_owned())
}

/// Thirty requests at once, of which every third makes the guest spin: that one is stopped, and all others are answered.
fn every_third_spins(runtime: &str, script: &str, honest: fn(usize) -> (String, String), spins: &str) {
    let folder = examples();
    let server = Running::start(runtime, &folder.path().join(script));
    let url = server.line().expect("it says where it listens");
    let address = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url:?}"));
    let ask = |number: usize| match number % 3 {
        2 => get(address, spins),
        _ => get(address, &honest(number).0),
    };
    let answers: Vec<(u16, String)> = thread::scope(|scope| {
        let asked: Vec<_> = (0..30).map(|number| scope.spawn(move || ask(number))).collect();
        asked.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    let fits = |number: usize, (status, body): &(u16, String)| match number % 3 {
        2 => [503, 504].contains(status),
        // In between may stand what the transfer says of lengths.
        _ => *status == 200 && body.contains(&honest(number).1),
    };
    for (number, answer) in answers.iter().enumerate() {
        assert!(fits(number, answer), "request {number}: {answer:?}");
    }
    assert!(answers.iter().any(|(_, body)| body.contains("[5011]")), "nobody was stopped: {answers:?}");
    // All that were stopped have been replaced.
    for number in [0, 1, 3, 4, 6, 7, 9, 10] {
        assert!(fits(number, &ask(number)), "request {number}, later");
    }
}

#[test]
fn a_server_on_node_answers_beside_requests_that_spin() {
    every_third_spins(
        "node",
        "server/server.js",
        |number| (format!("/n{number}"), format!("Hello, n{number}")),
        "/spin",
    );
}

#[test]
fn ten_lines_for_bun_answer_beside_requests_that_spin() {
    every_third_spins("bun", "bun.js", |_| ("/20".into(), "6765".into()), "/90");
}

#[test]
fn ten_lines_for_deno_answer_beside_requests_that_spin() {
    every_third_spins("deno", "deno.js", |_| ("/20".into(), "6765".into()), "/90");
}

#[test]
fn a_queue_runs_jobs_four_at_a_time() {
    let folder = examples();
    let (lines, status) = Running::start("node", &folder.path().join("jobs/jobs.js")).finish();
    let mut jobs: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    jobs.sort_by_key(|job| job["job"].as_u64());
    let exited = |job: &Value, code: i32, stdout: &str, stderr: &str| {
        assert_eq!((&job["exitCode"], &job["stdout"], &job["stderr"]), (&json!(code), &json!(stdout), &json!(stderr)));
    };
    // A fifth at the same time would have been refused: the manifest has room for four.
    assert_eq!(jobs.len(), 8, "{jobs:?}");
    exited(&jobs[0], 0, "HELLO, WORLD", "");
    exited(&jobs[1], 1, "", "nothing to read\n");
    exited(&jobs[3], 3, &".".repeat(65_536), "");
    exited(&jobs[4], 0, "ONE AFTER ANOTHER", "");
    exited(&jobs[7], 0, "THE LAST ONE", "");
    for (index, error) in [(2, "FuelExhausted"), (5, "FuelExhausted"), (6, "PermissionDenied")] {
        assert_eq!(jobs[index]["error"], error, "{}", jobs[index]);
    }
    assert!(status.success(), "{status}");
}

#[test]
fn the_modules_are_what_their_text_says() {
    let programs = ["capitals", "chatter", "forever"].map(|name| format!("jobs/programs/{name}.wat"));
    for name in ["fib.wat".to_owned(), "server/plugins/page.wat".to_owned()].into_iter().chain(programs) {
        let text = root().join("examples/npm").join(name);
        let module = text.with_extension("wasm");
        let same = wat::parse_file(&text).unwrap() == fs::read(&module).unwrap();
        let text = text.display();
        assert!(same, "{} is another module; `wasm-tools parse {text} -o {0}` makes it", module.display());
    }
}

#[test]
fn the_page_shows_the_examples_as_they_are() {
    for name in ["bun.js", "deno.js"] {
        let shown = format!("```js\n{}```\n", read(&format!("examples/npm/{name}")));
        assert!(read("docs/npm.md").contains(&shown), "docs/npm.md does not hold {name} as it is");
    }
}

/// The README begins with an example, which is run as it stands there.
#[test]
fn the_first_example_of_the_readme_runs_everywhere() {
    let readme = read("README.md");
    let example = readme.split("```js\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = app();
    // As `npm install` leaves it.
    fs::write(folder.path().join("package.json"), r#"{ "dependencies": { "runtime-wasm": "*" } }"#).unwrap();
    fs::write(folder.path().join("app.mjs"), example).unwrap();
    for runtime in ["node", "bun", "deno"] {
        let (lines, status) = Running::start(runtime, &folder.path().join("app.mjs")).finish();
        assert_eq!(lines, ["5 + 3 = 8", "FuelExhausted 5011"], "on {runtime}");
        assert!(status.success(), "{runtime}: {status}");
    }
}
