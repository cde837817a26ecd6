//! What goes wrong around a guest: a full disk, a folder that is deleted, output that nobody reads or can take, writing
//! that is stopped, no memory left.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::config::{InstanceConfig, Limits, Preopen, Stdout, WasiConfig};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, Runtime};
use runtime_wasm::value::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{self, Stdio};
use std::sync::Arc;

const HOSTILE: &str = include_str!("js/wat/hostile.wat");
const CREATE: i32 = 1;
const WRITE: i64 = 64;
/// Errno values of WASI.
const FBIG: i32 = 22;
const NOENT: i32 = 44;
const NOSPC: i32 = 51;

fn runtime() -> Arc<Runtime> {
    Arc::new(Runtime::new(options()).unwrap())
}

/// A guest that may write in a folder.
async fn guest(runtime: &Runtime, folder: &Path) -> InstanceId {
    let module = runtime.compile("hostile".into(), wat::parse_str(HOSTILE).unwrap()).await.unwrap();
    let dir: OwnedFd = File::open(folder).unwrap().into();
    let preopens = vec![Preopen { guest_path: "/d".into(), dir: Arc::new(dir), writable: true, changed: None }];
    let wasi = WasiConfig { preopens, stdout: Stdout::Null, ..Default::default() };
    // What the system has is to be the bound.
    let limits = Limits { memory_bytes: 1 << 30, ..Limits::default() };
    InstanceId(runtime.instantiate(module, InstanceConfig { wasi, limits, ..Default::default() }).await.unwrap().id())
}

async fn call(runtime: &Runtime, id: InstanceId, name: &str, args: &[Value]) -> Result<i32, WasmError> {
    let args = args.iter().cloned().map(Into::into).collect();
    match runtime.ask(id, Command::Call(Call { name: name.into(), args, ..Default::default() })).await? {
        Answer::Values(values) => match values[..] {
            [Value::I32(value)] => Ok(value),
            _ => panic!("{values:?}"),
        },
        other => panic!("a call was answered with {other:?}"),
    }
}

/// Opens a file for writing: its descriptor, or minus errno.
async fn create(runtime: &Runtime, id: InstanceId, name: &str) -> i32 {
    runtime.ask(id, Command::MemoryWrite { offset: 4096, bytes: name.into() }).await.unwrap();
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

/// Is this the process in which the test of this name is to be run? If not, it is run there: `shell` is what bash does
/// before it starts it, as `"$0" "$@"`.
fn runs_in_own_process(name: &str, shell: &str) -> bool {
    if std::env::var("RUNTIME_WASM_TEST_PROCESS").as_deref() == Ok(name) {
        return true;
    }
    let mut command = process::Command::new("bash");
    command.args(["-c", shell]).arg(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]);
    let output = command.env("RUNTIME_WASM_TEST_PROCESS", name).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.contains("1 passed"), "{stdout}\n{stderr}");
    false
}

/// What three writes of 64 KiB come to, where there is no room for the third; the guest lives on.
async fn outcomes_of_writing(folder: &Path) -> Vec<i32> {
    let runtime = runtime();
    let id = guest(&runtime, folder).await;
    let fd = create(&runtime, id, "out").await;
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(call(&runtime, id, "write", &[Value::I32(fd)]).await.unwrap());
    }
    assert_eq!(call(&runtime, id, "ping", &[]).await, Ok(1));
    outcomes
}

/// In a process whose files may not exceed 100 KiB.
#[test]
fn a_write_that_the_system_refuses_is_an_error_to_the_guest_only() {
    let name = "a_write_that_the_system_refuses_is_an_error_to_the_guest_only";
    if runs_in_own_process(name, "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"") {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        // The second write is cut short, the third has no room at all.
        assert_eq!(runtime.block_on(outcomes_of_writing(folder.path())), [0, 0, FBIG]);
    }
}

/// With a file system of 100 KiB, mounted where only the process of the test sees it.
#[test]
fn a_disk_that_is_full_is_an_error_to_the_guest_only() {
    const DISK: &str = "/mnt";
    let mount = "mount -t tmpfs -o size=100k none /mnt";
    let may_mount = process::Command::new("unshare").args(["-Urm", "sh", "-c", mount]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        eprintln!("not run: the system lets this user mount nothing, not even in a namespace of its own");
        return;
    }
    let shell = format!("exec unshare -Urm bash -c '{mount} && exec \"$0\" \"$@\"' \"$0\" \"$@\"");
    if runs_in_own_process("a_disk_that_is_full_is_an_error_to_the_guest_only", &shell) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        assert_eq!(runtime.block_on(outcomes_of_writing(Path::new(DISK))), [0, 0, NOSPC]);
    }
}

/// In a process that may have 256 open files.
#[test]
fn files_that_guests_open_leave_some_for_the_host() {
    let name = "files_that_guests_open_leave_some_for_the_host";
    if !runs_in_own_process(name, "ulimit -n 256; exec \"$0\" \"$@\"") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let runtime = runtime();
        let mut guests = Vec::new();
        for _ in 0..4 {
            let id = guest(&runtime, folder.path()).await;
            assert!(create(&runtime, id, "file").await > 0);
            guests.push(id);
        }
        let mut opened = Vec::new();
        for id in guests {
            opened.push((id, call(&runtime, id, "open_all", &[Value::I32(4)]).await.unwrap()));
        }
        // The first takes all that guests may have; nobody finds out by failing at something else.
        assert!(opened[0].1 > 20 && opened[3].1 == 0, "{opened:?}");
        let files: Vec<File> = (0..40).map(|_| File::open(folder.path()).unwrap()).collect();
        drop(files);
        runtime.end(opened[0].0, StopReason::Dropped).await.unwrap();
        assert!(call(&runtime, opened[3].0, "open_all", &[Value::I32(4)]).await.unwrap() > 20);
    });
}

/// In a process that may have 300 MB of data. Guests ask for more, in steps of 64 MiB, and then for what is left.
#[test]
fn memory_that_the_system_refuses_is_a_failed_growth_to_the_guest_only() {
    let name = "memory_that_the_system_refuses_is_a_failed_growth_to_the_guest_only";
    if !runs_in_own_process(name, "ulimit -d 300000; exec \"$0\" \"$@\"") {
        return;
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        const STEP: i32 = 1024;
        let folder = tempfile::tempdir().unwrap();
        let runtime = runtime();
        let [greedy, other] = [guest(&runtime, folder.path()).await, guest(&runtime, folder.path()).await];
        let mut pages = 0;
        while call(&runtime, greedy, "grow", &[Value::I32(STEP)]).await.unwrap() != -1 {
            pages += STEP;
            assert!(pages < 5000, "more than the process may have");
        }
        assert!(pages >= STEP, "nothing was granted");
        let refused = runtime.ask(greedy, Command::MemoryGrow { pages: STEP as u64 }).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Memory);
        assert!(refused.message.contains("the machine refused it"), "{refused}");
        // What it has it can use, and so can others.
        let end = u64::from(pages.unsigned_abs()) * 65536;
        runtime.ask(greedy, Command::MemoryWrite { offset: end - 4, bytes: vec![1; 4] }).await.unwrap();
        assert_eq!(call(&runtime, other, "ping", &[]).await, Ok(1));
        // And it is given back.
        runtime.end(greedy, StopReason::Dropped).await.unwrap();
        assert!(call(&runtime, other, "grow", &[Value::I32(STEP)]).await.unwrap() >= 0);
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

    fn app(wait: bool) -> (tempfile::TempDir, process::Command) {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("main.js");
        fs::write(&script, APP.replace("WAIT", if wait { "true" } else { "false" })).unwrap();
        fs::write(folder.path().join("hostile.wasm"), wat::parse_str(HOSTILE).unwrap()).unwrap();
        fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
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
        let mut command = process::Command::new("bash");
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
