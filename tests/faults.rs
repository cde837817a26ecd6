//! What goes wrong around a guest: a full disk, a folder that is deleted, output that nobody reads or can take, writing
//! that is stopped, no memory left.

use runtime_wasm::actor::config::{InstanceConfig, Preopen, Stdout, WasiConfig};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Ask, Call};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const HOSTILE: &str = include_str!("js/wat/hostile.wat");
const CREATE: i32 = 1;
const WRITE: i64 = 64;
/// Errno values of WASI.
const FBIG: i32 = 22;
const NOENT: i32 = 44;

fn runtime() -> Arc<Runtime> {
    Arc::new(Runtime::new(RuntimeOptions::default()).unwrap())
}

/// A guest that may write in a folder.
async fn guest(runtime: &Runtime, folder: &Path) -> InstanceId {
    let module = runtime.compile("hostile".into(), wat::parse_str(HOSTILE).unwrap()).await.unwrap();
    let dir: OwnedFd = File::open(folder).unwrap().into();
    let preopens = vec![Preopen { guest_path: "/d".into(), dir: Arc::new(dir), writable: true }];
    let wasi = WasiConfig { preopens, stdout: Stdout::Null, ..Default::default() };
    InstanceId(runtime.instantiate(module, InstanceConfig { wasi, ..Default::default() }).await.unwrap().id())
}

async fn call(runtime: &Runtime, id: InstanceId, name: &str, args: &[Value]) -> Result<i32, WasmError> {
    let args = args.iter().cloned().map(Into::into).collect();
    match runtime.ask(id, Ask::Call(Call { name: name.into(), args, ..Default::default() })).await? {
        Answer::Values(values) => match values[..] {
            [Value::I32(value)] => Ok(value),
            _ => panic!("{values:?}"),
        },
        other => panic!("a call was answered with {other:?}"),
    }
}

/// Opens a file for writing: its descriptor, or minus errno.
async fn create(runtime: &Runtime, id: InstanceId, name: &str) -> i32 {
    runtime.ask(id, Ask::MemoryWrite { offset: 4096, bytes: name.into() }).await.unwrap();
    let args = [Value::I32(name.len() as i32), Value::I32(CREATE), Value::I64(WRITE)];
    call(runtime, id, "open", &args).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_stop_a_guest_that_writes_changes_nothing_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out");
    for _ in 0..20 {
        let runtime = runtime();
        let id = guest(&runtime, folder.path()).await;
        let fd = create(&runtime, id, "out").await;
        let writing = tokio::spawn({
            let runtime = runtime.clone();
            async move { call(&runtime, id, "write_forever", &[Value::I32(fd)]).await }
        });
        while fs::metadata(&file).unwrap().len() < 200_000 {
            tokio::task::yield_now().await;
        }
        runtime.end(id, StopReason::Terminated(None)).await.unwrap();
        let written = fs::metadata(&file).unwrap().len();
        assert_eq!(writing.await.unwrap().unwrap_err().code, ErrorCode::Call);
        // The thread is gone, and with it everything that could write.
        assert_eq!(runtime.alive(), 0);
        assert_eq!(fs::metadata(&file).unwrap().len(), written);
        fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn a_folder_that_is_deleted_while_in_use_is_an_error_to_the_guest_only() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let runtime = runtime();
    let id = guest(&runtime, &inner).await;
    let fd = create(&runtime, id, "before").await;
    fs::remove_dir_all(&inner).unwrap();
    // An open file lives on, as it does for any process; the folder has no room for new ones.
    assert_eq!(call(&runtime, id, "write", &[Value::I32(fd)]).await, Ok(0));
    assert_eq!(create(&runtime, id, "after").await, -NOENT);
    assert_eq!(call(&runtime, id, "ping", &[]).await, Ok(1));
}

/// Runs in a process of its own, where files may not exceed 100 KiB: to the guest that is a disk that is full.
#[test]
fn a_write_that_the_system_refuses_is_an_error_to_the_guest_only() {
    if std::env::var_os("RUNTIME_WASM_SMALL_FILES").is_none() {
        let mut command = Command::new("bash");
        command.args(["-c", "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "a_write_that_the_system_refuses_is_an_error_to_the_guest_only", "--nocapture"]);
        let output = command.env("RUNTIME_WASM_SMALL_FILES", "1").output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}");
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let runtime = runtime();
        let id = guest(&runtime, folder.path()).await;
        let fd = create(&runtime, id, "out").await;
        // The second write is cut short, the third has no room at all.
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            outcomes.push(call(&runtime, id, "write", &[Value::I32(fd)]).await.unwrap());
        }
        assert_eq!(outcomes, [0, 0, FBIG]);
        assert_eq!(call(&runtime, id, "ping", &[]).await, Ok(1));
    });
}

#[cfg(feature = "host")]
mod output {
    use super::*;

    /// An app whose guest writes to stdout for ever, and is stopped; what comes of it goes to stderr.
    const APP: &str = r#"
        import { compileFile, instantiate } from "runtime:wasm";
        import { exit } from "runtime:app";
        const guest = await instantiate(await compileFile("./hostile.wasm"), { inheritStdout: true });
        let write = guest.call("write", 1);
        const settled = (call) => call.then(([errno]) => "errno " + errno, ({ code }) => "code " + code);
        if (WAIT) {
            const done = settled(guest.call("write_forever", 1));
            for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve, 1));
            await guest.terminate();
            console.error(await done);
        } else {
            console.error(await settled(write), await settled(guest.call("ping")));
        }
        exit(0);
    "#;

    fn app(wait: bool) -> (tempfile::TempDir, Command) {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("main.js");
        fs::write(&script, APP.replace("WAIT", if wait { "true" } else { "false" })).unwrap();
        fs::write(folder.path().join("hostile.wasm"), wat::parse_str(HOSTILE).unwrap()).unwrap();
        fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").arg(script).stdin(Stdio::null()).stderr(Stdio::piped());
        (folder, command)
    }

    #[test]
    fn a_guest_that_writes_to_a_full_pipe_is_stopped() {
        let (_folder, mut command) = app(true);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        // Nobody reads this end, and it stays open.
        let pipe = child.stdout.take();
        let said = BufReader::new(child.stderr.take().unwrap()).lines().next().unwrap().unwrap();
        assert_eq!(said, "code 5002");
        assert!(child.wait().unwrap().success());
        drop(pipe);
    }

    #[test]
    fn a_guest_whose_output_is_closed_or_full_goes_on() {
        for (what, stdout) in [
            ("a pipe without a reader", closed_pipe()),
            ("a full device", File::options().write(true).open("/dev/full").unwrap().into()),
        ] {
            let (_folder, mut command) = app(false);
            let output = command.stdout(Stdio::from(stdout)).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}: {said}");
            assert!(said.starts_with("errno ") && said.trim_end().ends_with(" errno 1"), "{what}: {said}");
        }
    }

    /// Each instance takes two descriptors for its folder, and the process may have few.
    #[test]
    fn an_instance_beyond_the_machines_limit_is_refused_and_the_next_is_made_when_one_is_gone() {
        const MANY: &str = r#"
            import { compileFile, instantiate } from "runtime:wasm";
            const module = await compileFile("./hostile.wasm");
            const make = () => instantiate(module, { preopens: { "/d": "./d" } });
            const made = [];
            let refused;
            while (refused === undefined) await make().then((one) => made.push(one), (error) => (refused = error));
            console.log(refused.code, refused.message.includes("ulimit -n"), made.length > 20);
            await made.pop().drop();
            await made.pop().drop();
            const next = await make();
            console.log(...(await next.call("ping")), ...(await made[7].call("ping")));
        "#;
        let (folder, _) = app(false);
        fs::create_dir(folder.path().join("d")).unwrap();
        fs::write(folder.path().join("main.js"), MANY).unwrap();
        let manifest = "[capabilities.wasm]\nload = [\"./*.wasm\"]\npreopens = [\"./d\"]\n";
        fs::write(folder.path().join("manifest.app.toml"), manifest).unwrap();
        let mut command = Command::new("bash");
        command.args(["-c", "ulimit -n 256; exec \"$0\" run \"$1\"", env!("CARGO_BIN_EXE_runtime-wasm")]);
        let output = command.arg(folder.path().join("main.js")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said, "5001 true true\n1 1\n", "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn closed_pipe() -> OwnedFd {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer.into()
    }
}
