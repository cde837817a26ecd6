//! Components that use WASI preview 2, as the runtime runs them: what they print, how they end, and that a stop reaches each wait.

#[path = "common/components.rs"]
mod components;

use components::component;
use runtime_wasm::ReachedLimit;
use runtime_wasm::actor::config::{InstanceConfig, Preopen, Stdin, Stdout, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command, Outcome};
use runtime_wasm::actor::pipe::{Available, PipeReader, PipeWriter, pipe};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::limits::PIPE_BYTES;
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, RawValue, Value};
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A module that imports so and does this at its start.
fn program(imports: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {imports}
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 4)
        (data (i32.const 100) "a line\0a")
        (func (export "_start") {body}))"#
    );
    component(&wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

fn import(name: &str, params: &str) -> String {
    format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) (result i32)))"#)
}

struct Guest {
    runtime: Runtime,
    id: InstanceId,
    entry: Arc<str>,
}

impl Guest {
    async fn new(bytes: Vec<u8>, wasi: WasiConfig) -> Guest {
        let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
        let module = runtime.compile("program".into(), bytes).await.unwrap();
        let config = InstanceConfig { wasi, ..InstanceConfig::default() };
        let id = InstanceId(runtime.instantiate(module, config).await.unwrap().id());
        let Answer::Exports(exports) = runtime.ask(id, Command::Exports).await.unwrap() else {
            panic!("it has exports")
        };
        let entry =
            exports.iter().find(|export| export.name.starts_with("wasi:cli/run@")).unwrap().name.as_str().into();
        Guest { runtime, id, entry }
    }

    async fn run(&self, timeout: Option<Duration>) -> Outcome {
        let args = vec![Arg::inferred(RawValue::Encoded(Box::default()))];
        let call = Call { name: self.entry.clone(), args, timeout, ..Call::default() };
        self.runtime.ask(self.id, Command::Call(call)).await
    }
}

/// It has returned: well, or not.
fn returned(outcome: Outcome) -> bool {
    match outcome.unwrap() {
        Answer::Values(values) => matches!(&values[..], [Value::Encoded(values)] if values.bytes[..4] == [0; 4]),
        other => panic!("{other:?}"),
    }
}

fn piped_out() -> (WasiConfig, PipeReader) {
    let (writer, reader) = pipe();
    (WasiConfig { stdout: Stdout::Pipe(Arc::new(writer)), ..WasiConfig::default() }, reader)
}

async fn read_all(reader: &PipeReader) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        reader.ready().await;
        match reader.try_read(usize::MAX) {
            Available::Bytes(bytes) => all.extend_from_slice(&bytes),
            Available::Nothing => {}
            Available::End => return all,
        }
    }
}

#[tokio::test]
async fn a_command_prints_and_its_output_ends_with_it() {
    let body = "(i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 7))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))";
    let (wasi, reader) = piped_out();
    let guest = Guest::new(program(&import("fd_write", "i32 i32 i32 i32"), body), wasi).await;
    assert!(returned(guest.run(None).await));
    assert_eq!(read_all(&reader).await, b"a line\n");
}

#[tokio::test]
async fn a_command_may_end_with_a_code() {
    for (code, expected) in [(0, 0), (1, 1)] {
        let guest = Guest::new(program("", &format!("(call $exit (i32.const {code}))")), WasiConfig::default()).await;
        let error: WasmError = guest.run(None).await.unwrap_err();
        assert_eq!((error.code, error.exit_code), (ErrorCode::Call, Some(expected)));
    }
}

#[tokio::test]
async fn a_time_limit_reaches_each_wait() {
    let (kept, input): (PipeWriter, PipeReader) = pipe();
    let (input, limit) = (Arc::new(input), Duration::from_millis(100));
    let read = (
        import("fd_read", "i32 i32 i32 i32"),
        "(i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 10))
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))",
    );
    let poll = (
        import("poll_oneoff", "i32 i32 i32 i32"),
        "(i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 1000000000000))
        (drop (call $poll_oneoff (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))",
    );
    let write = (
        import("fd_write", "i32 i32 i32 i32"),
        "(i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 7))
        (loop $more (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (br $more))",
    );
    for (imports, body) in [read, poll, write] {
        let (wasi, reader) = piped_out();
        let guest = Guest::new(program(&imports, body), WasiConfig { stdin: Stdin::Pipe(input.clone()), ..wasi }).await;
        let begun = Instant::now();
        let error = guest.run(Some(limit)).await.unwrap_err();
        assert_eq!(error.limit, Some(ReachedLimit::Time), "{error}");
        assert!(begun.elapsed() >= limit && begun.elapsed() < Duration::from_secs(20));
        // What it has printed before can still be read.
        assert!(read_all(&reader).await.len() <= PIPE_BYTES);
    }
    drop(kept);
}

#[tokio::test]
async fn a_folder_to_be_read_only_stays_as_it_is() {
    let temp = tempfile::tempdir().unwrap();
    for (writable, code) in [(true, 0), (false, 1)] {
        let dir = Arc::new(File::open(temp.path()).unwrap().into());
        let preopens = vec![Preopen { guest_path: "/d".into(), dir, writable, changed: None }];
        let body = "(if (call $path_create_directory (i32.const 3) (i32.const 100) (i32.const 6))
            (then (call $exit (i32.const 1))))";
        let bytes = program(&import("path_create_directory", "i32 i32 i32"), body);
        let guest = Guest::new(bytes, WasiConfig { preopens, ..WasiConfig::default() }).await;
        let outcome = guest.run(None).await;
        match code {
            0 => assert!(returned(outcome)),
            _ => assert_eq!(outcome.unwrap_err().exit_code, Some(code)),
        }
        assert_eq!(std::fs::remove_dir(temp.path().join("a line")).is_ok(), writable);
    }
}

/// As the command line runs it.
#[cfg(feature = "host")]
#[test]
fn the_command_line_runs_a_component() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("copies.wasm");
    let imports = import("fd_read", "i32 i32 i32 i32") + &import("fd_write", "i32 i32 i32 i32");
    let body = "(loop $more
        (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 60000))
        (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 1))))
        (if (i32.eqz (i32.load (i32.const 8))) (then (return)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (loop $rest
            (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))
                (then (call $exit (i32.const 1))))
            (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 12))))
            (i32.store (i32.const 4) (i32.sub (i32.load (i32.const 4)) (i32.load (i32.const 12))))
            (br_if $rest (i32.load (i32.const 4))))
        (br $more))";
    std::fs::write(&path, program(&imports, body)).unwrap();
    let text = "a line\n".repeat(50_000);
    std::fs::write(temp.path().join("input"), &text).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
        .arg("exec")
        .arg(&path)
        .stdin(File::open(temp.path().join("input")).unwrap())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout == text.as_bytes(), "{}: {errors}", output.status);
}
