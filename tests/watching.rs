//! `run --inspect` (docs/watching.md): who is let in, what is told, and that it is told while the app and its guests run on; the page in a browser.

#![cfg(feature = "host")]

#[path = "watching/app.rs"]
mod app;
#[path = "watching/browser.rs"]
mod browser;
#[path = "watching/prometheus.rs"]
mod prometheus;

use app::{App, HOSTILE_NAME, Response, until};
use browser::Browser;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// An app with a guest that spins, a hostile name and some errors; then the app itself computes for ever.
const BUSY: &str = r#"
import { compileFile, instantiate } from "runtime:wasm";
const module = await compileFile("./guest.wasm");
const spinner = await instantiate(module, { name: "spinner", limits: { mailbox: 4 } });
spinner.call("spin").catch(() => {});
spinner.call("nothing").catch(() => {});
const hostile = await instantiate(module, { name: HOSTILE_NAME, limits: { fuel: 1_000_000 }, restart: { on: ["trap"], backoffMs: 0 } });
await hostile.call("nothing");
await hostile.call("die").catch(() => {});
await hostile.call("nothing");
await (await instantiate(module, { name: "short" })).drop();
console.log("busy");
while (true);
"#;

/// An app that has no guest, and waits.
const EMPTY: &str = r#"console.log("waits"); setInterval(() => {}, 1000);"#;

fn status(response: &Response) -> u16 {
    response.status
}

#[test]
fn who_does_not_know_the_token_is_told_nothing() {
    let app = App::start(EMPTY, &[]);
    assert_eq!(status(&app.get("/")), 200);
    let wrong = "0".repeat(32);
    for path in ["/", "/metrics", "/api/snapshot", "/nothing", "/api/instances/1/terminate"] {
        for request in [
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET {path}?token= HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET {path}?token={wrong} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            format!("GET {path}?token={wrong}&token={} HTTP/1.1\r\nHost: localhost\r\n\r\n", app.token),
            format!("GET {path}?token={}0 HTTP/1.1\r\nHost: localhost\r\n\r\n", app.token),
            format!(
                "GET {path}?token={} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {wrong}\r\n\r\n",
                app.token
            ),
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {}\r\n\r\n", app.token),
            // A link or a form can have the token in the query; what changes something wants it in a header.
            format!("POST {path}?token={} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", app.token),
        ] {
            let refused = app.raw(&request);
            assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")), "{request}");
            assert!(!refused.body.contains(&app.token), "{request}");
        }
    }
    let bearer = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", app.token);
    assert_eq!(status(&app.raw(&bearer)), 200);
}

#[test]
fn a_name_that_somebody_lets_point_here_is_refused_whoever_knows_the_token() {
    let app = App::start(EMPTY, &[]);
    let with = |head: &str| app.raw(&format!("GET /metrics?token={} HTTP/1.1\r\n{head}\r\n", app.token));
    for host in ["localhost", "127.0.0.1", "[::1]", "localhost:1", &app.address.to_string()] {
        assert_eq!(status(&with(&format!("Host: {host}\r\n"))), 200, "{host}");
    }
    for host in [
        "rebound.example",
        "rebound.example:80",
        "localhost.example",
        "127.0.0.1.example",
        "0.0.0.0",
        "192.0.2.1",
        "x@127.0.0.1",
    ] {
        assert_eq!(status(&with(&format!("Host: {host}\r\n"))), 403, "{host}");
    }
    for head in ["", "Host: localhost\r\nHost: rebound.example\r\n"] {
        assert_eq!(status(&with(head)), 400, "{head:?}");
    }
    let whole = format!("GET http://localhost/metrics?token={} HTTP/1.1\r\nHost: localhost\r\n\r\n", app.token);
    assert_eq!(status(&app.raw(&whole)), 400);
}

#[test]
fn only_the_methods_that_are_meant_are_answered_and_no_other_page_is_let_in() {
    let app = App::start(EMPTY, &[]);
    let with = |method: &str, path: &str, head: &str| {
        let token = &app.token;
        app.raw(&format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{head}Content-Length: 0\r\n\r\n"))
    };
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        for path in ["/", "/metrics", "/api/snapshot"] {
            let refused = with(method, path, "");
            assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
    }
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let refused = with(method, "/api/instances/1/terminate", "");
        assert_eq!((refused.status, refused.header("allow")), (405, Some("POST")), "{method}");
    }
    let head = with("HEAD", "/metrics", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for path in [
        "/api/instances//terminate",
        "/api/instances/x/terminate",
        "/api/instances/99999999999999999999/terminate",
        "/favicon.ico",
    ] {
        assert_eq!(status(&with("POST", path, "")), 404, "{path}");
    }
    // What a browser says of where a request comes from.
    for (origin, status) in
        [("http://localhost", 404), ("http://127.0.0.1", 403), ("http://rebound.example", 403), ("null", 403)]
    {
        let answer = with("POST", "/api/instances/1/terminate", &format!("Origin: {origin}\r\n"));
        assert_eq!(answer.status, status, "{origin}");
    }
    let preflight = with(
        "OPTIONS",
        "/api/instances/1/terminate",
        "Origin: http://rebound.example\r\nAccess-Control-Request-Method: POST\r\n",
    );
    assert!(preflight.status >= 400 && !preflight.head.to_lowercase().contains("access-control"), "{}", preflight.head);
}

#[test]
fn each_answer_is_kept_nowhere_and_the_page_lets_nothing_run_but_itself() {
    let app = App::start(EMPTY, &[]);
    for path in ["/", "/metrics", "/api/snapshot", "/nothing"] {
        let answer = app.get(path);
        let wanted = [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ];
        for (name, value) in wanted {
            assert_eq!(answer.header(name), Some(value), "{path}: {}", answer.head);
        }
    }
    let nonce = |page: &Response| {
        let policy = page.header("content-security-policy").unwrap().to_owned();
        let nonce = policy.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.body.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
        nonce
    };
    let (first, second) = (app.get("/"), app.get("/"));
    assert_ne!(nonce(&first), nonce(&second));
    // It brings all that it needs, and puts no text in as HTML.
    assert!(first.body.len() < 64 * 1024 && !first.body.contains("{{"), "{}", first.body.len());
    for word in [
        "http://",
        "https://",
        "//cdn",
        "@import",
        "url(",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!first.body.contains(word), "{word}");
    }
}

#[test]
fn a_guest_that_spins_beside_an_app_that_spins_is_shown_and_ended() {
    let app = App::start(BUSY, &[]);
    let spinner = app.instance("spinner", |spinner| spinner["cpuMs"].as_f64() > Some(20.0));
    assert_eq!(
        (&spinner["state"], &spinner["doing"]),
        (&json!("running"), &json!("the call of \"spin\"")),
        "{spinner}"
    );
    assert_eq!(
        (&spinner["mailboxDepth"], &spinner["mailboxLimit"], &spinner["fuelUsed"]),
        (&json!(1), &json!(4), &Value::Null)
    );
    assert!(app.instance("spinner", |spinner| spinner["busyMs"].as_f64() > Some(5.0))["memoryBytes"] == 65_536);

    let hostile = app.instance(HOSTILE_NAME, |_| true);
    assert_eq!(
        (&hostile["failed"], &hostile["restartCount"], &hostile["calls"]),
        (&json!(1), &json!(1), &json!(3)),
        "{hostile}"
    );
    assert_eq!(hostile["lastError"]["code"], 5002, "{hostile}");
    assert!(hostile["lastError"]["message"].as_str().unwrap().contains("unreachable"), "{hostile}");
    assert!(hostile["fuelUsed"].as_u64() > Some(0) && hostile["lastRestart"]["reason"] == "trap", "{hostile}");

    let report = app.report();
    assert_eq!(
        (&report["app"], &report["ended"][0]["name"], &report["ended"][0]["reason"]),
        (&json!("main.js"), &json!("short"), &json!("dropped"))
    );
    assert!(report["modules"][spinner["module"].to_string()].as_str().unwrap().contains("guest.wasm"), "{report}");

    let id = spinner["id"].as_u64().unwrap();
    let ended = app.post(&format!("/api/instances/{id}/terminate"));
    assert_eq!((ended.status, ended.body.as_str()), (200, r#"{"gone":true}"#));
    let report = app.report();
    assert!(report["instances"].as_array().unwrap().iter().all(|instance| instance["id"] != id), "{report}");
    assert_eq!(
        (&report["ended"][0]["id"], &report["ended"][0]["reason"]),
        (&json!(id), &json!("terminated")),
        "{report}"
    );
    assert_eq!(status(&app.post(&format!("/api/instances/{id}/terminate"))), 404);
}

#[test]
fn the_app_hears_who_ended_its_guest() {
    let app = App::start(
        r#"
import { compileFile, instantiate } from "runtime:wasm";
const spinner = await instantiate(await compileFile("./guest.wasm"), { name: "spinner" });
const call = spinner.call("spin").catch((error) => error.message);
console.log("spins");
console.log(await call);
const { reason, message } = await spinner.closed;
console.log(reason, message);
"#,
        &[],
    );
    let id = app.instance("spinner", |spinner| spinner["state"] == "running")["id"].clone();
    assert_eq!(status(&app.post(&format!("/api/instances/{id}/terminate"))), 200);
    let (code, said) = app.end();
    assert_eq!(code, Some(0));
    assert!(
        said.ends_with("terminated by hand, from the inspector's page\n")
            && said.contains("was terminated during the call"),
        "{said}"
    );
}

#[test]
fn metrics_parse_and_are_those_that_the_docs_list() {
    let app = App::start(BUSY, &[]);
    app.instance("spinner", |spinner| spinner["cpuMs"].as_f64() > Some(20.0));
    let answer = app.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let metrics = prometheus::parse(&answer.body);
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels: Vec<(String, String)> =
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sample = metrics[&format!("runtime_wasm_{name}")].samples.iter().find(|(of, _)| *of == labels);
        sample.unwrap_or_else(|| panic!("no {name}{labels:?} in\n{}", answer.body)).1
    };
    assert_eq!((value("instances", &[("state", "running")]), value("instances", &[("state", "idle")])), (1.0, 1.0));
    assert_eq!(
        (value("instances_started_total", &[]), value("instances_ended_total", &[("reason", "dropped")])),
        (3.0, 1.0)
    );
    assert_eq!((value("calls_total", &[]), value("restarts_total", &[("reason", "trap")])), (4.0, 1.0));
    assert_eq!(value("failed_requests_total", &[("error", "CallError")]), 1.0);
    assert_eq!((value("mailbox_requests", &[]), value("memory_bytes", &[])), (1.0, 2.0 * 65_536.0));
    assert!(value("cpu_seconds_total", &[]) >= 0.02 && value("fuel_used_total", &[]) > 0.0);
    let hostile = [("id", "2"), ("name", HOSTILE_NAME)];
    assert_eq!(value("instance_failed_requests_total", &hostile), 1.0);
    assert!(value("instance_cpu_seconds_total", &[("id", "1"), ("name", "spinner")]) >= 0.02);

    let docs = include_str!("../docs/watching.md");
    let listed: Vec<(&str, &str)> = docs
        .lines()
        .filter_map(|line| line.strip_prefix("| `runtime_wasm_"))
        .map(|row| {
            let mut cells = row.split(" | ");
            (cells.next().unwrap().split(['`', '{']).next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let told: Vec<(&str, &str)> = metrics
        .iter()
        .map(|(name, metric)| (name.strip_prefix("runtime_wasm_").unwrap(), metric.kind.as_str()))
        .collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, told, "docs/watching.md lists other metrics");
}

#[test]
fn clients_that_say_nothing_keep_nobody_out() {
    let app = App::start(EMPTY, &[]);
    let mut silent: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(app.address).unwrap()).collect();
    for stream in &mut silent {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
    }
    assert_eq!(status(&app.get("/metrics")), 200);
    // Nor does one that never comes to the end of a head.
    let mut endless = TcpStream::connect(app.address).unwrap();
    let _ = endless.write_all(format!("GET /{}", "x".repeat(1 << 20)).as_bytes());
    assert_eq!(status(&app.get("/metrics")), 200);
}

#[test]
fn the_server_ends_with_the_app_and_a_port_in_use_is_said() {
    let app = App::start(EMPTY, &[]);
    let address = app.address;
    let again = App::refused(&[&format!("--inspect={address}")], &[]);
    assert!(again.contains(&format!("--inspect: {address} is in use by another program")), "{again}");
    app.interrupt();
    assert_eq!(app.end().0, Some(143));
    assert!(TcpStream::connect(address).is_err());
    // The port is free again at once.
    let app = App::start(EMPTY, &[&format!("--inspect={address}")]);
    assert_eq!(app.address, address);
}

#[test]
fn no_other_machine_is_let_in_by_mistake() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:1"] {
        let said = App::refused(&[&format!("--inspect={address}")], &[]);
        assert!(
            said.contains("other machines reach this address") && said.contains("--inspect-beyond-loopback"),
            "{said}"
        );
    }
    let said = App::refused(&["--inspect-beyond-loopback"], &[]);
    assert!(said.contains("without --inspect"), "{said}");
    let said = App::refused(&["--inspect=example.com:80"], &[]);
    assert!(said.contains("IP:PORT"), "{said}");
    let app = App::start(EMPTY, &["--inspect=0.0.0.0:0", "--inspect-beyond-loopback"]);
    assert!(app.said.contains("warning: the inspector can be reached from other machines"), "{}", app.said);
    assert_eq!(status(&app.get("/metrics")), 200);
    let with =
        |host: &str| app.raw(&format!("GET /metrics?token={} HTTP/1.1\r\nHost: {host}\r\n\r\n", app.token)).status;
    assert_eq!((with("192.0.2.1:80"), with("rebound.example")), (200, 403));
}

#[test]
fn the_url_is_said_once_and_a_token_that_was_chosen_is_not() {
    let app = App::start(EMPTY, &[]);
    assert_eq!(app.said.matches("http://").count(), 1, "{}", app.said);
    let chosen = "a-token-that-stays-the-same";
    let app = App::start_with(EMPTY, &["--inspect"], &[("RUNTIME_WASM_INSPECT_TOKEN", chosen)]);
    assert!(!app.said.contains(chosen) && app.said.contains("RUNTIME_WASM_INSPECT_TOKEN"), "{}", app.said);
    let with = |token: &str| {
        app.raw(&format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")).status
    };
    assert_eq!((with(chosen), with("a-token-that-stays-the-samE")), (200, 401));
    let said = App::refused(&["--inspect"], &[("RUNTIME_WASM_INSPECT_TOKEN", "short")]);
    assert!(said.contains("RUNTIME_WASM_INSPECT_TOKEN: expected 16 to 200 characters"), "{said}");
}

#[test]
fn without_the_flag_there_is_no_server() {
    let threads = |process: u32| {
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten();
        tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok()).collect::<Vec<_>>()
    };
    let folder = App::folder(EMPTY);
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    let mut child = command.arg("run").arg(folder.path().join("main.js")).stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    let without = threads(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let with = threads(App::start(EMPTY, &[]).process());
    let name = "wasm-inspector\n".to_owned();
    assert!(with.contains(&name) && !without.contains(&name) && !without.is_empty(), "{with:?} {without:?}");
}

#[test]
fn the_page_shows_what_there_is_as_text_and_ends_a_guest() {
    let app = App::start(BUSY, &[]);
    let browser = Browser::start(390, 844);
    browser.open(&app.url);
    until("the rows", || browser.text("#rows").contains("spinner"));
    until("the share of the processor", || browser.text("tr[data-id='1']").contains('%'));
    let rows = browser.text("#rows");
    for told in [HOSTILE_NAME, "the call of \"spin\"", "64 KiB", "[5002]", "unreachable", "#1 · guest.wasm · made"] {
        assert!(rows.contains(told), "{told} is not in\n{rows}");
    }
    // The name is a text, and nothing of it has run.
    let made = browser.run("return [document.querySelectorAll('img').length, window.hacked ?? null, document.title]");
    assert_eq!(made, json!([0, null, "main.js: 2 instances"]));
    // Nor could it, if the page made a mistake: the browser takes no text for HTML here.
    let refused = browser
        .run("try { document.body.innerHTML = '<b>x</b>'; return 'taken'; } catch (error) { return error.name; }");
    assert_eq!(refused, "TypeError");
    assert_eq!(browser.run("return document.documentElement.scrollWidth <= window.innerWidth"), true);

    // Sorted by the processor, the one that spins is first.
    browser.run(
        "const sort = document.querySelector('#sort'); sort.value = 'cpu'; sort.dispatchEvent(new Event('change'));",
    );
    assert_eq!(browser.run("return document.querySelector('#rows tr').dataset.id"), "1");
    browser.click("tr[data-id='1'] .end");
    until("the question", || browser.text("#sure-title").contains("Terminate spinner #1?"));
    browser.click("#keep");
    assert!(app.report()["instances"].as_array().unwrap().len() == 2);
    browser.click("tr[data-id='1'] .end");
    browser.click("#end");
    until("the end", || !browser.text("#rows").contains("spinner") && browser.text("#ended").contains("spinner #1"));
    assert!(browser.text("#ended").contains("by hand"), "{}", browser.text("#ended"));
    assert_eq!(browser.problems(), Vec::<String>::new());

    app.kill();
    until("that the app has ended", || browser.text("#link").starts_with("Not connected"));
}

#[test]
fn the_page_says_that_there_is_nothing_and_what_is_missing() {
    let app = App::start(EMPTY, &[]);
    let browser = Browser::start(1280, 800);
    browser.open(&app.url);
    until("an answer", || browser.text("#link").starts_with("Live"));
    assert!(browser.text("#empty").starts_with("No instances."), "{}", browser.text("#empty"));
    assert_eq!(browser.problems(), Vec::<String>::new());
    browser.open(app.url.split('?').next().unwrap());
    assert!(browser.text("body").contains("its token is missing"), "{}", browser.text("body"));
}
