//! What golden scripts cannot show: requests over the network, signals, pipes and the command line.

#![cfg(feature = "host")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
}

fn run_script(folder: &Path, source: &str) -> Output {
    fs::write(folder.join("main.js"), source).unwrap();
    binary().arg("run").arg(folder.join("main.js")).output().unwrap()
}

fn stdout_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn nothing_is_loaded_from_or_left_in_a_cache_of_compiled_scripts() {
    // Where the engine would have its cache: with and without a home.
    for variables in [&["HOME"][..], &["HOME", "XDG_CACHE_HOME"], &["TMPDIR"]] {
        let [app, cache] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        fs::write(
            app.path().join("main.js"),
            "import \"./other.js\"; console.log(new URL(\"https://example.com\").host);",
        )
        .unwrap();
        fs::write(app.path().join("other.js"), "export default 1;").unwrap();
        let mut command = binary();
        command.args(["run", "main.js"]).current_dir(app.path()).env_remove("HOME").env_remove("XDG_CACHE_HOME");
        let output = command.envs(variables.iter().map(|name| (name, cache.path()))).output().unwrap();
        assert_eq!(stdout_of(&output), "example.com\n", "{}", stderr_of(&output));
        assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0, "something is left below {variables:?}");
    }
}

/// An HTTP server that answers each request with what `answer` makes of its path, and counts connections.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let request = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let path = request.split(' ').nth(1).unwrap().to_owned();
                stream.write_all(answer(&path).as_bytes()).unwrap();
            }
        });
        Server { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn page(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn fetch_checks_every_redirect_before_it_connects() {
    let refused = Server::start(|_| page("reached"));
    let elsewhere = format!("http://127.0.0.1:{}/", refused.port);
    let granted = Server::start(move |path| match path {
        "/away" => redirect(&elsewhere),
        "/inside" => redirect("/page"),
        "/outside" => redirect("/private"),
        _ => page("granted page"),
    });
    let folder = tempfile::tempdir().unwrap();
    let base = format!("http://127.0.0.1:{}", granted.port);
    let manifest = format!(
        "[capabilities.net]\nfetch = [\"{base}/away\", \"{base}/inside\", \"{base}/outside\", \"{base}/page\"]\n"
    );
    fs::write(folder.path().join("manifest.app.toml"), manifest).unwrap();
    let source = format!(
        r#"for (const path of ["/page", "/inside", "/away", "/outside", "/private"]) {{
             try {{
               const response = await fetch("{base}" + path);
               console.log(path, response.status, response.redirected, await response.text());
             }} catch (error) {{
               console.log(path, error.name, error.code, error.message);
             }}
           }}
           console.log((await fetch("{base}/away", {{ redirect: "manual" }})).status);"#
    );
    let output = run_script(folder.path(), &source);
    let denied = |url: String| {
        format!(
            "PermissionDenied 5009 [5009] fetch of {url} is denied: the manifest's [capabilities.net] fetch does not grant it"
        )
    };
    let expected = [
        "/page 200 false granted page".to_owned(),
        "/inside 200 true granted page".to_owned(),
        format!("/away {}", denied(format!("http://127.0.0.1:{}/", refused.port))),
        format!("/outside {}", denied(format!("{base}/private"))),
        format!("/private {}", denied(format!("{base}/private"))),
        "302".to_owned(),
    ];
    assert_eq!(stdout_of(&output), expected.join("\n") + "\n", "{}", stderr_of(&output));
    assert_eq!(refused.connections(), 0, "a refused redirect was connected to");
    assert_eq!(granted.connections(), 6, "/page, /inside and its target, /away twice, /outside");
}

#[test]
fn fetch_reaches_nothing_without_a_manifest() {
    let server = Server::start(|_| page("reached"));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}/", server.port);
    let output = run_script(folder.path(), &format!("await fetch('{url}');"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr_of(&output).contains("[5009]"), "{}", stderr_of(&output));
    assert_eq!(server.connections(), 0);
}

/// Starts an app, waits until it has printed a line, sends the signal and returns the exit code.
fn signalled(source: &str, signal: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.js"), source).unwrap();
    let mut child: Child = binary()
        .arg("run")
        .arg(folder.path().join("main.js"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let sent = Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
    let started = Instant::now();
    let status = child.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    let mut stderr = String::new();
    child.stderr.unwrap().read_to_string(&mut stderr).unwrap();
    (status.code(), stderr)
}

#[test]
fn signals_end_an_app_that_waits() {
    let waits = "setInterval(() => {}, 10_000); console.log('ready');";
    assert_eq!(signalled(waits, "-INT"), (Some(130), String::new()));
    assert_eq!(signalled(waits, "-TERM"), (Some(143), String::new()));
    // Also one that waits for several things, within functions that would learn of an error.
    let awaits = "const never = () => new Promise(() => setTimeout(() => {}, 10_000));
        const run = async () => { try { await never(); } finally { await never(); } };
        setTimeout(() => console.log('ready'), 1); await Promise.all([run(), run()]);";
    assert_eq!(signalled(awaits, "-TERM"), (Some(143), String::new()));
}

#[test]
fn signals_end_an_app_whose_javascript_never_yields() {
    for busy in [
        "console.log('ready'); while (true);",
        "setTimeout(() => { console.log('ready'); while (true) { try { while (true); } catch {} } }, 1);",
        "console.log('ready'); (function again() { Promise.resolve().then(again); })();",
        "console.log('ready'); await new Promise(() => { for (;;) JSON.parse('[1]'); });",
    ] {
        assert_eq!(signalled(busy, "-INT"), (Some(130), String::new()), "{busy}");
    }
}

/// Ends it if it does not end, by a code that no app has here.
fn run_for_a_minute(folder: &Path, source: &str) -> Output {
    fs::write(folder.join("main.js"), source).unwrap();
    Command::new("timeout")
        .arg("60")
        .arg(binary().get_program())
        .arg("run")
        .arg(folder.join("main.js"))
        .output()
        .unwrap()
}

/// Values that answer whoever looks at them with an error, without end, or with themselves.
const HOSTILE: &str = r#"
    const revoked = (() => { const made = Proxy.revocable({ a: 1 }, {}); made.revoke(); return made.proxy; })();
    const circle = new Proxy({}, { getPrototypeOf: () => circle });
    const hostile = {
      revoked, circle,
      below: Object.create(circle),
      echo: new Proxy({}, { get: (target, key, receiver) => receiver, getPrototypeOf() { throw 2; } }),
      shown: { [Symbol.for("Deno.customInspect")]() { throw 1; }, toString() { throw 2; } },
      cause: new Error("outer", { cause: revoked }),
      deep: new Error("outer", { cause: new Error("inner", { cause: circle }) }),
      many: new AggregateError([revoked, circle], "many"),
      endless: Object.assign(new AggregateError([], "endless"), { errors: new Proxy([], { get: () => 2 ** 32 - 1 }) }),
      long: Object.assign(new AggregateError([], "long"), { errors: new Array(2 ** 32 - 1) }),
      listed: Object.assign(new Error("listed"), { [Symbol.for("errorAdditionalPropertyKeys")]: new Array(2 ** 32 - 1) }),
      changing: new (class extends Error { get message() { this.cause = circle; Object.setPrototypeOf(this, circle); return "changing"; } })(),
      named: new (class extends Error { static get name() { throw 3; } get name() { throw 4; } get stack() { throw 5; } get cause() { throw 6; } })("named"),
      circular: (() => { const error = new Error("circular"); error.cause = error; return error; })(),
    };
"#;

#[test]
fn whatever_is_thrown_ends_the_app_by_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "revoked", "circle", "below", "echo", "shown", "cause", "deep", "many", "endless", "long", "listed",
        "changing", "named", "circular",
    ];
    let mut runs: Vec<String> = names.iter().map(|name| format!("throw hostile.{name};")).collect();
    for name in ["revoked", "circle", "cause"] {
        runs.push(format!("setTimeout(() => {{ throw hostile.{name}; }});"));
        runs.push(format!("queueMicrotask(() => {{ throw hostile.{name}; }});"));
        runs.push(format!("Promise.reject(hostile.{name}); setInterval(() => {{}}, 1000);"));
        runs.push(format!("reportError(hostile.{name});"));
        runs.push(format!(
            "addEventListener(\"x\", () => {{ throw hostile.{name}; }}); dispatchEvent(new Event(\"x\"));"
        ));
        runs.push(format!("addEventListener(\"unhandledrejection\", () => {{}}); Promise.reject(hostile.{name});"));
    }
    // What every error inherits from is the app's to spoil.
    runs.push("Object.setPrototypeOf(Error.prototype, circle); throw new Error(\"plain\");".into());
    runs.push("Object.defineProperty(Error.prototype, \"constructor\", { get() { this.errors = [circle]; return AggregateError; } }); throw new Error(\"plain\");".into());
    for source in runs {
        let output = run_for_a_minute(folder.path(), &format!("{HOSTILE}\n{source}"));
        let said = stderr_of(&output);
        assert_eq!(output.status.code(), Some(1), "{source}: {said}");
        assert!(said.starts_with("error: Uncaught ") && !said.contains("panicked"), "{source}: {said}");
    }
}

#[test]
fn of_what_is_thrown_by_a_proxy_or_with_one_all_that_can_be_told_is() {
    let folder = tempfile::tempdir().unwrap();
    for (source, expected) in [
        ("throw new Proxy(new Error(\"behind\"), {});", &["error: Uncaught (in promise) Error: behind\n    at "][..]),
        ("throw new Proxy({ a: 1 }, {});", &["error: Uncaught (in promise) { a: 1 }\n"]),
        ("throw hostile.deep;", &["Error: outer\n    at ", "Caused by: Error: inner\n    at ", "Caused by: {}\n"]),
        ("throw hostile.below;", &["error: Uncaught (in promise) [an object below a proxy]\n"]),
        ("throw hostile.changing;", &["error: Uncaught (in promise) Error: changing\n", "Caused by: {}\n"]),
        ("throw hostile.circular;", &["Error: circular\n    at ", "Caused by: Error: circular\n    at "]),
        ("throw hostile.long;", &["AggregateError: long\n    at ", "Error details truncated"]),
        ("throw Symbol(\"s\");", &["error: Uncaught (in promise) Symbol(s)\n"]),
    ] {
        let said = stderr_of(&run_for_a_minute(folder.path(), &format!("{HOSTILE}\n{source}")));
        let mut rest = said.as_str();
        for part in expected {
            let at = rest.find(part).unwrap_or_else(|| panic!("{source} lacks {part:?}: {said}"));
            rest = &rest[at + part.len()..];
        }
    }
}

#[test]
fn listeners_learn_of_what_is_thrown_and_where_and_the_console_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let source = r#"
        addEventListener("error", (event) => {
          event.preventDefault();
          console.log(event.message, event.filename === import.meta.url, event.lineno, event.error === thrown);
        });
        let thrown = new TypeError("mine");
        const target = new EventTarget();
        target.addEventListener("x", () => { throw thrown; });
        target.dispatchEvent(new Event("x"));
        for (thrown of Object.values(hostile)) target.dispatchEvent(new Event("x"));
        addEventListener("unhandledrejection", (event) => { event.preventDefault(); });
        Promise.reject(circle);
        for (const value of [revoked, { deep: [revoked] }, new Map([[revoked, circle]])]) {
          // On V8 to show one that is revoked is an error.
          try { console.log(value); } catch (error) { console.log(error.name); }
        }
        setTimeout(() => console.log("goes on"), 1);
    "#;
    let output = run_for_a_minute(folder.path(), &format!("{}{source}", HOSTILE.replace('\n', " ")));
    let said = stdout_of(&output);
    assert!(output.status.success(), "{}", stderr_of(&output));
    assert!(said.starts_with("Uncaught TypeError: mine true 6 true\n"), "{said}");
    assert!(said.ends_with("goes on\n"), "{said}");
    assert_eq!(
        said.lines().filter(|line| line.starts_with("Uncaught ") && line.ends_with(" true")).count(),
        15,
        "{said}"
    );
}

#[test]
fn a_closed_pipe_does_not_end_an_app() {
    let folder = tempfile::tempdir().unwrap();
    let source = r#"import { exit } from "runtime:app";
        for (let i = 0; i < 20000; i++) console.log("a line that nobody reads", i);
        console.error("done");
        exit(4);"#;
    fs::write(folder.path().join("main.js"), source).unwrap();
    let mut command = binary();
    command.arg("run").arg(folder.path().join("main.js")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr_of(&output)), (Some(4), "done\n".to_owned()));
}

#[test]
fn the_command_line_explains_itself() {
    let help = binary().arg("--help").output().unwrap();
    assert!(help.status.success() && stdout_of(&help).contains("runtime-wasm run main.ts"), "{}", stdout_of(&help));
    let version = binary().arg("--version").output().unwrap();
    let number = format!("runtime-wasm {}\n", env!("CARGO_PKG_VERSION"));
    assert!(stdout_of(&version).starts_with(&number), "{}", stdout_of(&version));
    assert_eq!(stdout_of(&binary().arg("-V").output().unwrap()), number);
    assert_eq!(binary().arg("run").output().unwrap().status.code(), Some(2));
    assert_eq!(binary().arg("fly").output().unwrap().status.code(), Some(2));
}

#[test]
fn the_command_line_refuses_what_it_cannot_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("main.js"), "").unwrap();
    fs::write(path("page.html"), "").unwrap();
    fs::write(path("broken.toml"), "[capabilities.wasm\n").unwrap();
    fs::create_dir(path("folder.js")).unwrap();
    let refused = |args: &[&str], reason: &str| {
        let output = binary().current_dir(folder.path()).arg("run").args(args).output().unwrap();
        let stderr = stderr_of(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(reason), "{args:?}: {stderr}");
    };
    refused(&["gone.js"], "gone.js");
    refused(&["page.html"], ".mts");
    refused(&["folder.js"], "not a file");
    refused(&["--manifest", "broken.toml", "main.js"], "broken.toml");
    refused(&["--manifest", "gone.toml", "main.js"], "gone.toml");
}

#[test]
fn the_manifest_is_found_above_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    fs::write(folder.path().join("x.wasm"), "1234").unwrap();
    let output = run_script(&deep, "console.log(await (await fetch('../../x.wasm')).text());");
    assert_eq!(stdout_of(&output), "1234\n", "{}", stderr_of(&output));
}
