//! An app that is watched, and a client that sends what it is told to.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What a page that took it for HTML would run.
pub const HOSTILE_NAME: &str = "<img src=x onerror=\"window.hacked=1\">";
const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "nothing"))
    (func (export "die") unreachable)
    (func (export "spin") (loop (br 0))))"#;
/// What is waited for comes at once; a machine that is busy with other things gets this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for what is to come.
pub fn until(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An app under `run --inspect`, which has said its first line.
pub struct App {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What was on stderr up to the URL.
    pub said: String,
    pub url: String,
    pub address: SocketAddr,
    pub token: String,
    _folder: TempDir,
}

pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl App {
    /// The app with its manifest and its guest.
    pub fn folder(script: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
        fs::write(at("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
        fs::write(at("main.js"), script.replace("HOSTILE_NAME", &format!("{HOSTILE_NAME:?}"))).unwrap();
        folder
    }

    /// Runs it, on a free port if the flags say nothing of one.
    pub fn start(script: &str, flags: &[&str]) -> App {
        App::start_with(script, if flags.is_empty() { &["--inspect"] } else { flags }, &[])
    }

    pub fn start_with(script: &str, flags: &[&str], env: &[(&str, &str)]) -> App {
        let folder = App::folder(script);
        let mut child = command(&folder, flags, env).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("inspector: ") {
            assert!(stderr.read_line(&mut said).unwrap() > 0, "the app has ended: {said}");
        }
        // It comes once.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::stderr()));
        let url = said.split("inspector: ").nth(1).unwrap().lines().next().unwrap().to_owned();
        let (address, token) = url.strip_prefix("http://").unwrap().split_once("/?token=").unwrap();
        let (address, token) = (address.parse().unwrap(), token.to_owned());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        assert!(stdout.read_line(&mut String::new()).unwrap() > 0);
        App { child, stdout, said, url, address, token, _folder: folder }
    }

    /// What a run says that is refused.
    pub fn refused(flags: &[&str], env: &[(&str, &str)]) -> String {
        let folder = App::folder("console.log('it runs');");
        let output = command(&folder, flags, env).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
        said
    }

    /// Sends this, and reads the answer to its end.
    pub fn raw(&self, request: &str) -> Response {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The answer to what is too long comes before the end of it.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) =
            answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {request:.200}: {answer}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub fn get(&self, path: &str) -> Response {
        self.raw(&format!("GET {path}?token={} HTTP/1.1\r\nHost: {}\r\n\r\n", self.token, self.address))
    }

    pub fn post(&self, path: &str) -> Response {
        let (host, token) = (self.address, &self.token);
        self.raw(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
        ))
    }

    pub fn report(&self) -> Value {
        let answer = self.get("/api/snapshot");
        assert_eq!(answer.status, 200, "{}", answer.head);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The instance of this name, once it is as it is wanted.
    pub fn instance(&self, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut found = Value::Null;
        until(name, || {
            let report = self.report();
            let instances = report["instances"].as_array().unwrap();
            let instance = instances.iter().find(|instance| instance["name"] == name);
            found = instance.cloned().unwrap_or_default();
            found.is_object() && is_so(&found)
        });
        found
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end.
    pub fn interrupt(&self) {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(kill.success());
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
    }

    /// Waits for its end; its exit code, and what it said after its first line.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &TempDir, flags: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("run").args(flags).arg(folder.path().join("main.js")).envs(env.iter().copied()).stdin(Stdio::null());
    command
}
