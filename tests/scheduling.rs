//! How the threads of guests share the processor, seen from outside by what the kernel says of them.

#![cfg(all(feature = "host", target_os = "linux"))]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// `work` runs on for some tenths of a second; `calls` says how often it has.
const GUEST: &str = r#"(module
    (global $calls (mut i32) (i32.const 0))
    (func (export "work") (local $n i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (local.set $n (i32.const 800000000))
        (loop $again (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "calls") (result i32) (global.get $calls)))"#;

const APP: &str = r#"
    import { compileFile, instantiate } from "runtime:wasm";
    const guest = await instantiate(await compileFile("./guest.wasm"), { name: "busy" });
    console.log("ready");
    await guest.call("work");
    console.log(...await guest.call("calls"));
    setInterval(() => {}, 1000);
"#;

/// The number and the nice value of the thread of this name, once the process has one such thread and no other.
fn thread(pid: u32, name: &str) -> (u32, i32) {
    let found = |task: fs::DirEntry| {
        // A thread may end while the list is read.
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (head, fields) = stat.rsplit_once(") ")?;
        let nice = fields.split(' ').nth(16)?.parse().ok()?;
        let number = task.file_name().to_str()?.parse().ok()?;
        head.ends_with(&format!("({name}")).then_some((number, nice))
    };
    loop {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        if let [thread] = tasks.filter_map(found).collect::<Vec<_>>()[..] {
            return thread;
        }
        std::thread::yield_now();
    }
}

/// Runs the binary so that it may not give a thread a better priority than it has, whoever runs the tests.
fn without_privilege(script: &Path) -> Command {
    let binary = env!("CARGO_BIN_EXE_runtime-wasm");
    let mut command = if rustix::process::getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice", binary]);
        command
    } else {
        Command::new(binary)
    };
    command.arg("run").arg(script);
    command
}

#[test]
fn a_guest_that_ran_on_answers_promptly_again_also_where_no_thread_may_be_promoted() {
    let app = tempfile::tempdir().unwrap();
    fs::write(app.path().join("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    fs::write(app.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    let script = app.path().join("main.js");
    fs::write(&script, APP).unwrap();
    let mut child = without_privilege(&script).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    let (first, _) = thread(child.id(), "busy");
    // It is demoted while it runs on...
    while thread(child.id(), "busy") != (first, 19) {
        std::thread::yield_now();
    }
    assert_eq!(lines.next().as_deref(), Some("1"));
    // ...and the next answer came from another thread, with the state it had.
    let (fresh, nice) = thread(child.id(), "busy");
    // The process has the priority of this one.
    let usual = rustix::process::getpriority_process(None).unwrap();
    assert!(fresh != first && nice == usual, "{fresh} was {first}, at nice {nice}");
    child.kill().unwrap();
    child.wait().unwrap();
}
