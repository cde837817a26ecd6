//! Components that send requests, as the runtime runs them, with grants as a manifest gives them.

use runtime_wasm::ReachedLimit;
use runtime_wasm::actor::config::{InstanceConfig, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command, Outcome};
use runtime_wasm::caps::Caps;
use runtime_wasm::registry::InstanceId;
use runtime_wasm::session::WasmHost;
use runtime_wasm::value::{Arg, RawValue, Value};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const DENIED: u32 = 15;
/// What a name comes to that is none, and one that leads where it must not.
const NO_NAME: u32 = 1;
const PROHIBITED: u32 = 4;

/// A component whose `get` asks for this and returns the status; 1,000 and the number of the error where it fails, 2,000 and that number
/// where it is not even begun.
fn client(authority: &str, path: &str) -> Vec<u8> {
    let (authority_length, path_length) = (authority.len(), path.len());
    let types = "wasi:http/types@0.2.0";
    let text = format!(
        r#"(module
        (import "{types}" "[constructor]fields" (func $fields (result i32)))
        (import "{types}" "[constructor]outgoing-request" (func $request (param i32) (result i32)))
        (import "{types}" "[method]outgoing-request.set-scheme"
            (func $scheme (param i32 i32 i32 i32 i32) (result i32)))
        (import "{types}" "[method]outgoing-request.set-authority" (func $authority (param i32 i32 i32 i32) (result i32)))
        (import "{types}" "[method]outgoing-request.set-path-with-query"
            (func $path (param i32 i32 i32 i32) (result i32)))
        (import "{types}" "[method]future-incoming-response.subscribe" (func $subscribe (param i32) (result i32)))
        (import "{types}" "[method]future-incoming-response.get" (func $response (param i32 i32)))
        (import "{types}" "[method]incoming-response.status" (func $status (param i32) (result i32)))
        (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
        (import "wasi:http/outgoing-handler@0.2.0" "handle" (func $handle (param i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 1000) "{authority}")
        (data (i32.const 2000) "{path}")
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
        (func (export "get") (result i32) (local $it i32)
            (local.set $it (call $request (call $fields)))
            (drop (call $scheme (local.get $it) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
            (drop (call $authority (local.get $it) (i32.const 1) (i32.const 1000) (i32.const {authority_length})))
            (drop (call $path (local.get $it) (i32.const 1) (i32.const 2000) (i32.const {path_length})))
            (call $handle (local.get $it) (i32.const 0) (i32.const 0) (i32.const 0))
            (if (i32.load8_u (i32.const 0))
                (then (return (i32.add (i32.const 2000) (i32.load8_u (i32.const 8))))))
            (local.set $it (i32.load (i32.const 8)))
            (call $block (call $subscribe (local.get $it)))
            (call $response (local.get $it) (i32.const 0))
            (if (i32.load8_u (i32.const 16))
                (then (return (i32.add (i32.const 1000) (i32.load8_u (i32.const 24))))))
            (call $status (i32.load (i32.const 24)))))"#
    );
    let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut resolve = Resolve::default();
    let package = resolve.push_str("http.wit", include_str!("common/http.wit")).unwrap();
    let world = resolve.select_world(&[package], Some("client")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// A server that answers each request alike, or not at all; whoever asks is told of, and when a connection that got no answer ends.
fn server(answer: Option<&'static str>) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let mut head = vec![0; 4096];
            let length = stream.read(&mut head).unwrap_or(0);
            let _ = tell.send(String::from_utf8_lossy(&head[..length]).into_owned());
            match answer {
                Some(answer) => stream.write_all(answer.as_bytes()).unwrap_or_default(),
                None => {
                    let _ = stream.read(&mut head);
                    let _ = tell.send("the end".to_owned());
                }
            }
        }
    });
    (port, told)
}

const OK: Option<&str> = Some("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

/// What is granted by this in the section for WebAssembly.
fn host(manifest: &str) -> WasmHost {
    let text = format!("[capabilities.wasm]\n{manifest}\n");
    WasmHost::new(Caps::from_toml(&text, Path::new("/manifest.app.toml"), None).unwrap()).unwrap()
}

async fn get(host: &WasmHost, component: Vec<u8>, timeout: Option<Duration>) -> Outcome {
    let module = host.compile(component).await.unwrap();
    let wasi = WasiConfig { http: host.http(), ..WasiConfig::default() };
    let config = InstanceConfig { wasi, ..InstanceConfig::default() };
    let id = InstanceId(host.runtime().instantiate(module, config).await.unwrap().id());
    let args = vec![Arg::inferred(RawValue::Encoded(Box::default()))];
    let call = Call { name: "get".into(), args, timeout, ..Call::default() };
    host.runtime().ask(id, Command::Call(call)).await
}

async fn status(host: &WasmHost, authority: &str, path: &str) -> u32 {
    match get(host, client(authority, path), None).await.unwrap() {
        Answer::Values(values) => match &values[..] {
            [Value::I32(status)] => *status as u32,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_component_reaches_what_is_granted_and_nothing_else() {
    let (port, asked) = server(OK);
    let here = format!("127.0.0.1:{port}");
    assert_eq!(status(&host(""), &here, "/v1/x").await, 2000 + DENIED);
    assert_eq!(status(&host("[capabilities.wasm.http]\nallow_private = true"), &here, "/v1/x").await, 2000 + DENIED);
    let net = format!("[capabilities.net]\nfetch = [\"http://{here}/*\"]");
    assert_eq!(status(&host(&net), &here, "/v1/x").await, 2000 + DENIED);
    assert!(asked.try_recv().is_err());
    let granted = host(&format!("[capabilities.wasm.http]\nallow = [\"http://{here}/v1/*\"]"));
    assert_eq!(status(&granted, &here, "/v1/x?y").await, 200);
    assert!(asked.try_recv().unwrap().starts_with("GET /v1/x?y HTTP/1.1\r\n"));
    for (authority, path) in [
        (&*here, "/v2"),
        (&here, "/v1/../v2"),
        (&here, "/v1/..%2fv2"),
        (&format!("localhost:{port}"), "/v1/x"),
        (&format!("u@{here}"), "/v1/x"),
        ("127.0.0.1", "/v1/x"),
    ] {
        assert_eq!(status(&granted, authority, path).await, 2000 + DENIED, "{authority} {path}");
    }
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_followed_there() {
    let (port, asked) = server(OK);
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_lowercase();
    let table =
        format!("[capabilities.wasm.http]\nallow = [\"http://{name}:{port}/*\", \"http://localhost:{port}/*\"]");
    let refused = status(&host(&table), &format!("{name}:{port}"), "/").await;
    // Not every machine knows its own name.
    assert!([1000 + PROHIBITED, 1000 + NO_NAME].contains(&refused), "{name} {refused}");
    assert!(asked.try_recv().is_err());
    // `localhost` says what it means.
    assert_eq!(status(&host(&table), &format!("localhost:{port}"), "/").await, 200);
}

#[tokio::test]
async fn a_time_limit_ends_a_request_that_is_waited_for() {
    let (port, asked) = server(None);
    let granted = host(&format!("[capabilities.wasm.http]\nallow = [\"http://127.0.0.1:{port}/*\"]"));
    let (begun, limit) = (Instant::now(), Duration::from_millis(300));
    let error = get(&granted, client(&format!("127.0.0.1:{port}"), "/"), Some(limit)).await.unwrap_err();
    assert_eq!(error.limit, Some(ReachedLimit::Time), "{error}");
    assert!(begun.elapsed() >= limit && begun.elapsed() < Duration::from_secs(20));
    // The connection ends with the guest.
    assert!(asked.recv_timeout(Duration::from_secs(20)).unwrap().starts_with("GET / "));
    assert_eq!(asked.recv_timeout(Duration::from_secs(20)).unwrap(), "the end");
}
