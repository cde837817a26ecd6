//! Modules that are compiled in a process of its own: bounded in memory and time, ended at once, and no harm to anything else.

#![cfg(feature = "host")]

use std::fs;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A module that takes seconds to compile: every function is long, and none is like another.
fn slow_module() -> Vec<u8> {
    let mut text = String::from("(module");
    for function in 0..300 {
        text += &format!("(func (export \"f{function}\") (param i64) (result i64) (local i64)");
        for step in 0..700 {
            text += &format!(
                "(local.set 1 (i64.add (local.get 1) (i64.mul (i64.xor (local.get 0) (i64.const {})) (i64.const {}))))",
                function * 1000 + step,
                step * 7 + 3
            );
        }
        text += "(local.get 1))";
    }
    wat::parse_str(text + ")").unwrap()
}

struct App(TempDir);

impl App {
    fn new(manifest: &str, script: &str) -> App {
        let app = App(tempfile::tempdir().unwrap());
        fs::write(app.at("slow.wasm"), slow_module()).unwrap();
        fs::write(app.at("quick.wasm"), wat::parse_str("(module (func (export \"f\")))").unwrap()).unwrap();
        let manifest = format!("[capabilities.wasm]\nload = [\"./*.wasm\"]\ncache = false\n{manifest}\n");
        fs::write(app.at("manifest.app.toml"), manifest).unwrap();
        fs::write(app.at("main.js"), format!("import {{ compileFile }} from \"runtime:wasm\";\n{script}")).unwrap();
        app
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").arg(self.at("main.js")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What it prints.
    fn output(&self) -> String {
        let Output { status, stdout, stderr } = self.command().output().unwrap();
        assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }
}

/// The process that compiles for this one, as soon as there is one.
fn compiler_of(app: &Child) -> u32 {
    let children = format!("/proc/{0}/task", app.id());
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        for task in fs::read_dir(&children).unwrap().flatten() {
            let found = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            if let Some(child) = found.split_whitespace().next() {
                return child.parse().unwrap();
            }
        }
        std::thread::yield_now();
    }
    panic!("it compiles nowhere");
}

/// Has this process ended, be it soon?
fn ends(process: u32) -> bool {
    let until = Instant::now() + Duration::from_secs(60);
    let runs = || {
        let stat = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(|state| !"ZX".contains(state)))
    };
    while runs() && Instant::now() < until {
        std::thread::yield_now();
    }
    !runs()
}

fn kill(process: u32) {
    let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap();
    assert!(killed.success());
}

const TELL: &str = r#"
const told = async (file) => { try { return typeof await compileFile(file); } catch (error) { return error.message; } };
console.log(await told("./slow.wasm"));
console.log(await told("./quick.wasm"));
"#;

#[test]
fn what_takes_more_memory_or_time_than_the_manifest_permits_is_refused_and_named() {
    for (manifest, named) in [
        ("max_compile_memory = \"60MiB\"", "it takes more than 60.0 MiB of memory (max_compile_memory)"),
        ("max_compile_ms = 50", "it takes longer than 50 ms (max_compile_ms)"),
    ] {
        let said = App::new(manifest, TELL).output();
        let (slow, rest) = said.split_once('\n').unwrap();
        assert!(
            slow.starts_with("[5000] the module \"./slow.wasm\" is not compiled: ") && slow.ends_with(named),
            "{said}"
        );
        // With so little of either, what needs little may still be compiled; where not, the bound is named again.
        assert!(rest == "number\n" || rest.trim_end().ends_with(named), "{said}");
    }
}

#[test]
fn a_compiler_that_dies_ends_nothing_else() {
    let app = App::new("", TELL);
    let running = app.command().spawn().unwrap();
    kill(compiler_of(&running));
    let Output { status, stdout, .. } = running.wait_with_output().unwrap();
    let said = String::from_utf8(stdout).unwrap();
    let died = "[5000] the module \"./slow.wasm\" is not compiled: the compiler failed on it, by signal 9\nnumber\n";
    assert!(status.success() && said == died, "{status}: {said}");
}

#[test]
fn a_signal_ends_the_compiler_and_not_the_app() {
    let script = r#"
        const controller = new AbortController();
        setTimeout(() => controller.abort("enough"), 300);
        console.log(await compileFile("./slow.wasm", { signal: controller.signal }).catch((reason) => reason));
        setTimeout(() => {}, 60_000);
    "#;
    let app = App::new("", script);
    let mut child = app.command().spawn().unwrap();
    assert!(ends(compiler_of(&child)));
    let mut said = [0; 7];
    child.stdout.take().unwrap().read_exact(&mut said).unwrap();
    assert_eq!(&said, b"enough\n");
    assert!(child.try_wait().unwrap().is_none(), "the app has ended");
    kill(child.id());
    child.wait().unwrap();
}

#[test]
fn the_compiler_has_no_descriptor_that_its_starter_has_inherited() {
    let app = App::new("", "await compileFile(\"./slow.wasm\");");
    let secret = app.at("secret");
    fs::write(&secret, "").unwrap();
    let file = fs::File::open(&secret).unwrap();
    // SAFETY: the descriptor is open; whatever is started from here on inherits it.
    assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, 0) }, 0);
    let has = |process: u32| {
        let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|path| path == secret)
    };
    let mut child = app.command().spawn().unwrap();
    let compiler = compiler_of(&child);
    assert!(has(child.id()));
    let until = Instant::now() + Duration::from_secs(5);
    while has(compiler) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!has(compiler));
    kill(child.id());
    child.wait().unwrap();
}

#[test]
fn nothing_compiles_on_for_an_app_that_has_ended() {
    for (script, killed) in
        [("compileFile(\"./slow.wasm\"); setTimeout(() => { throw new Error(\"end\"); }, 0);", false), (TELL, true)]
    {
        let app = App::new("", script);
        let mut running = app.command().spawn().unwrap();
        if killed {
            let compiler = compiler_of(&running);
            kill(running.id());
            running.wait().unwrap();
            assert!(ends(compiler));
        } else {
            assert_eq!(running.wait().unwrap().code(), Some(1));
        }
    }
}

#[test]
fn errors_of_modules_are_the_same_wherever_they_are_compiled() {
    let app = App::new("", "");
    fs::write(app.at("bad.wasm"), b"\0asm\x01\0\0\0\x01\x7f").unwrap();
    let exec = |extra: &str| {
        let mut command = Command::new("bash");
        let line = format!("{extra} exec \"$0\" exec --no-cache \"$1\"");
        command.args(["-c", &line, env!("CARGO_BIN_EXE_runtime-wasm")]).arg(app.at("bad.wasm"));
        let Output { status, stderr, .. } = command.stdin(Stdio::null()).output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    let (code, text) = exec("");
    assert_eq!(code, Some(1));
    assert!(
        text.contains("[5000] the module ")
            && text.contains("is not a valid WebAssembly module")
            && text.contains("offset 0x"),
        "{text}"
    );
}

#[test]
fn what_only_the_program_itself_is_to_be_started_with_says_so() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    let Output { status, stderr, .. } = command.args(["compile-module", "x"]).output().unwrap();
    assert!(!status.success() && String::from_utf8(stderr).unwrap().contains("for the program itself"));
}

/// A terminal of 80 columns: the program's end, and the one that is looked at.
fn terminal() -> (fs::File, fs::File) {
    let (mut ours, mut theirs) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: the two numbers are valid for writes, and what is null is not asked for.
    let made = unsafe { libc::openpty(&raw mut ours, &raw mut theirs, null, null.cast(), null.cast()) };
    assert_eq!(made, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: they have just been opened, and nobody else has them.
    unsafe { (fs::File::from_raw_fd(theirs), fs::File::from_raw_fd(ours)) }
}

#[test]
fn a_line_on_a_terminal_says_what_takes_long_and_goes_when_that_is_over() {
    let app = App::new(
        "max_compile_ms = 2000",
        "await compileFile(\"./slow.wasm\").catch(() => {});\nconsole.log(\"done\");",
    );
    let (theirs, mut ours) = terminal();
    let mut child = app.command().stderr(theirs).spawn().unwrap();
    let mut shown = Vec::new();
    // It ends with an error once the last end of theirs has gone.
    let _ = ours.read_to_end(&mut shown);
    child.wait().unwrap();
    let shown = String::from_utf8_lossy(&shown);
    assert!(
        shown.starts_with("compiling the module \"./slow.wasm\" (") && shown.contains(" MiB), 1 s\x1b[K\r"),
        "{shown:?}"
    );
    assert!(shown.ends_with("\x1b[K") && !shown.contains('\n'), "{shown:?}");
}

#[test]
fn nothing_of_that_is_said_where_nobody_looks_at_a_terminal() {
    let app = App::new("max_compile_ms = 1500", "await compileFile(\"./slow.wasm\").catch(() => {});");
    let output = app.command().output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
