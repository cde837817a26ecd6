//! Standard streams of guests, as the process around them sees its own: on a terminal, in a pipe of a shell, from many guests
//! at once; and what of them keeps an app alive.

#![cfg(feature = "host")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

const STDIO: &str = include_str!("js/wat/stdio.wat");
const EPIPE: i32 = 64;

/// What each app begins with. `say` makes a guest write a text.
const PRELUDE: &str = r#"
    import { compileFile, instantiate } from "runtime:wasm";
    const stdio = await compileFile("./stdio.wasm");
    const put = (guest, text) => guest.memory.write(4096, new TextEncoder().encode(text));
    const say = async (guest, fd, text) => {
        await put(guest, text);
        return await guest.call("write", fd, 4096, new TextEncoder().encode(text).length);
    };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stdio.wasm"), wat::parse_str(STDIO).unwrap()).unwrap();
    fs::write(folder.path().join("manifest.app.toml"), "[capabilities.wasm]\nload = [\"./*.wasm\"]\n").unwrap();
    folder
}

/// An app in a folder of its own; no input, and both outputs in pipes.
fn app(source: &str) -> (TempDir, Command) {
    let folder = folder();
    fs::write(folder.path().join("main.js"), format!("{PRELUDE}{source}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("run").arg(folder.path().join("main.js"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    (folder, command)
}

/// Runs an app that is to end well; gives what it wrote to stdout.
fn stdout_of(source: &str) -> String {
    let (_folder, mut command) = app(source);
    succeeded(&command.output().unwrap())
}

fn succeeded(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}\n{stdout}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    stdout
}

/// A terminal: the side of whoever looks at it, and that of programs.
fn terminal() -> (File, OwnedFd) {
    let (mut outer, mut inner) = (-1, -1);
    let (name, settings, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
    // SAFETY: both descriptors are valid for writes, and the other arguments may be null.
    let failed = unsafe { libc::openpty(&raw mut outer, &raw mut inner, name, settings, size) };
    assert_eq!(failed, 0, "openpty: {}", std::io::Error::last_os_error());
    // SAFETY: they are open, and nobody else's.
    unsafe { (File::from_raw_fd(outer), OwnedFd::from_raw_fd(inner)) }
}

/// What a terminal shows until its last program has closed it, which reads as an error.
fn shown(mut terminal: File) -> String {
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = terminal.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(shown).unwrap()
}

const PRINTS_CONTROLS: &str = r#"
    const guest = await instantiate(stdio, { inheritStdout: true, inheritStderr: true });
    const text = "a\x1b[31mred\x1b]0;title\x07 \x1b[2J\x9b1mgr\u00fc\u00dfe\x07\x08\tb\n";
    await say(guest, 1, text);
    await say(guest, 2, "\x1b[1A\x1b[2Kover\n");
    await guest.drop();
"#;

#[test]
fn a_terminal_gets_text_and_no_control_sequences() {
    let (outer, inner) = terminal();
    let (_folder, mut command) = app(PRINTS_CONTROLS);
    let mut child = command.stdout(inner.try_clone().unwrap()).stderr(inner).spawn().unwrap();
    // It holds the program's side open as well.
    drop(command);
    assert_eq!(shown(outer), "ared grüße\tb\r\nover\r\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_pipe_gets_every_byte() {
    let (_folder, mut command) = app(PRINTS_CONTROLS);
    let output = command.output().unwrap();
    assert_eq!(succeeded(&output), "a\x1b[31mred\x1b]0;title\x07 \x1b[2J\u{9b}1mgrüße\x07\x08\tb\n");
    assert_eq!(output.stderr, b"\x1b[1A\x1b[2Kover\n");
}

/// Eight guests print a thousand lines each, in so many pieces a line; gives how often each line was seen.
fn lines_of_eight(pieces: &str) -> BTreeMap<String, usize> {
    let source = r#"
        const guests = [];
        for (let i = 0; i < 8; i++) guests.push(await instantiate(stdio, { stdout: "inherit" }));
        await Promise.all(guests.map(async (guest, i) => {
            const line = `guest ${i} `.repeat(9) + "|" + ` of line ${i}`.repeat(6).slice(1) + "\n";
            await put(guest, line);
            await guest.call("PIECES", 1, line.length, 1000);
        }));
    "#;
    let mut seen = BTreeMap::new();
    for line in stdout_of(&source.replace("PIECES", pieces)).lines() {
        *seen.entry(line.to_owned()).or_default() += 1;
    }
    seen
}

#[test]
fn the_lines_of_many_guests_are_whole_and_none_is_lost() {
    let seen = lines_of_eight("whole_lines");
    assert_eq!((seen.len(), seen.values().all(|count| *count == 1000)), (8, true), "{seen:?}");
}

/// How long others wait for the second piece is bounded, so a busy machine may see a line broken off between the two; but
/// never another guest's piece in it.
#[test]
fn lines_that_come_in_pieces_are_not_mixed_either() {
    let seen = lines_of_eight("lines_in_halves");
    let count = |line: &str| seen.get(line).copied().unwrap_or(0);
    let whole: Vec<&String> = seen.keys().filter(|line| line.starts_with("guest") && line.contains("line")).collect();
    assert_eq!(whole.len(), 8, "{seen:?}");
    let mut printed = 0;
    for line in whole {
        let with_newline = line.len() + 1;
        let half = with_newline / 2;
        let (first, second) = (count(&line[..half]), count(&line[half..]));
        assert_eq!((count(line) + first, first), (1000, second), "{line}: {seen:?}");
        printed += count(line) + first + second;
    }
    assert_eq!(printed, seen.values().sum::<usize>(), "a line of nobody's: {seen:?}");
}

#[test]
fn what_guests_print_one_after_another_is_not_altered() {
    let source = r#"
        const [a, b] = [await instantiate(stdio, { stdout: "inherit", stderr: "inherit" }), await instantiate(stdio, { stdout: "inherit" })];
        await say(a, 1, "one ");
        await say(b, 1, "two\n\n thr");
        await say(a, 1, "ee");
        await say(a, 2, " four");
        await a.drop();
        await say(b, 1, " fi");
        await b.terminate();
        const c = await instantiate(stdio, { stdin: "ve", stdout: "inherit" });
        await c.run();
    "#;
    let (_folder, mut command) = app(source);
    assert_eq!(succeeded(&command.output().unwrap()), "one two\n\n three five");
    // The same file for both streams: one text.
    let (folder, _) = app(source);
    let out = File::create(folder.path().join("out")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("run").arg(folder.path().join("main.js")).stdout(out.try_clone().unwrap()).stderr(out);
    assert!(command.status().unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "one two\n\n three four five");
}

#[test]
fn a_line_that_a_guest_at_work_leaves_open_is_broken_off() {
    let source = r#"
        const [a, b] = [await instantiate(stdio, { stdin: "piped", stdout: "inherit" }), await instantiate(stdio, { stdout: "inherit" })];
        const writer = a.stdin.getWriter();
        const running = a.run();
        await writer.write("a prompt> ");
        // It has read, written, and reads again.
        while ((await a.stats()).hostCalls < 3) await turn();
        await say(b, 1, "another guest\n");
        await say(b, 1, "and again ");
        await writer.write("the answer");
        await writer.close();
        await running;
        await say(b, 1, "the end");
    "#;
    assert_eq!(stdout_of(source), "a prompt> \nanother guest\nand again \nthe answerthe end");
}

/// `runtime-wasm exec` of a guest that copies its input to its output.
fn cat(folder: &TempDir) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    command.arg("exec").arg(folder.path().join("stdio.wasm"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn exec_stands_in_a_pipe() {
    let folder = folder();
    let sent: Vec<u8> = (0..3_000_017_u32).map(|i| (i * 31 + (i >> 8) * 7) as u8).collect();
    let mut child = cat(&folder);
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn({
        let sent = sent.clone();
        move || stdin.write_all(&sent)
    });
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.stdout == sent,
        "{} bytes came, or others than the {} that were sent",
        output.stdout.len(),
        sent.len()
    );
}

/// Keeps writing to a child's stdin until that fails; counts what was written.
fn feed(child: &mut Child) -> Arc<AtomicUsize> {
    let written = Arc::new(AtomicUsize::new(0));
    let (mut stdin, counted) = (child.stdin.take().unwrap(), written.clone());
    std::thread::spawn(move || {
        while stdin.write_all(&[b'x'; 1024]).is_ok() {
            counted.fetch_add(1024, Ordering::SeqCst);
        }
    });
    written
}

#[test]
fn exec_ends_when_its_reader_closes_early() {
    let folder = folder();
    let mut child = cat(&folder);
    feed(&mut child);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    // The guest is told, and exits with what it is told.
    assert_eq!(child.wait().unwrap().code(), Some(EPIPE));
}

#[test]
fn exec_refuses_what_is_no_command() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("library.wasm"), wat::parse_str("(module)").unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
    let output = command.arg("exec").arg(folder.path().join("library.wasm")).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("_start") && stderr.contains("no WASI command"), "{stderr}");
}

#[test]
fn exec_is_interrupted_while_nobody_reads_its_output() {
    let folder = folder();
    let mut child = cat(&folder);
    let written = feed(&mut child);
    let stdout = child.stdout.take();
    // More than the pipe of its input holds: it has begun to read, and so to write.
    while written.load(Ordering::SeqCst) <= 64 * 1024 {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(stdout);
}

/// How many bytes lie in a pipe.
fn lying_in(pipe: &impl AsRawFd) -> usize {
    let mut count: libc::c_int = 0;
    // SAFETY: the descriptor is open, and the count valid for writes.
    assert_eq!(unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) }, 0);
    count.try_into().unwrap()
}

/// What a reader finds that begins to read long after the guest has been stopped in a write, by `stop`.
fn read_after(stop: &str) -> (usize, String) {
    let source = r#"
        const guest = await instantiate(stdio, { stdout: "inherit" });
        await put(guest, "x".repeat(4096));
        const flood = guest.callWith(OPTIONS, "flood", 1, 4096).catch(({ code }) => code);
        while (await compileFile("./go.wasm").then(() => false, () => true)) await turn();
        STOP;
        await flood;
        await guest.closed;
        console.error("gone");
        await say(await instantiate(stdio, { stdout: "inherit" }), 1, "the next\n");
    "#;
    let options = if stop.is_empty() { "{ timeoutMs: 3000 }" } else { "{}" };
    let (folder, mut command) = app(&source.replace("OPTIONS", options).replace("STOP", stop));
    let mut child = command.spawn().unwrap();
    let (mut stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    // Full, and the guest waits with its next chunk.
    let full = 64 * 1024;
    while lying_in(&stdout) < full {
        std::thread::yield_now();
    }
    fs::write(folder.path().join("go.wasm"), wat::parse_str("(module)").unwrap()).unwrap();
    let mut said = String::new();
    BufReader::new(stderr).read_line(&mut said).unwrap();
    assert_eq!(said, "gone\n");
    let mut read = String::new();
    stdout.read_to_string(&mut read).unwrap();
    assert!(child.wait().unwrap().success());
    (read.bytes().take_while(|byte| *byte == b'x').count(), read.trim_start_matches('x').to_owned())
}

#[test]
fn when_an_instance_is_gone_nothing_of_it_is_written_any_more_however_late_the_reader_is() {
    for stop in ["await guest.terminate()", "await guest.drop()", ""] {
        assert_eq!(read_after(stop), (64 * 1024, "the next\n".to_owned()), "{stop}");
    }
}

/// Runs a program to its end; gives its status, and how often its threads have slept.
#[expect(clippy::zombie_processes, reason = "wait4 waits for it")]
fn sleeps(command: &mut Command) -> (i32, i64) {
    let child = command.spawn().unwrap();
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    // SAFETY: both are valid for writes, and the child is nobody else's to wait for.
    let ended = unsafe { libc::wait4(child.id().try_into().unwrap(), &raw mut status, 0, usage.as_mut_ptr()) };
    assert!(ended > 0, "{}", std::io::Error::last_os_error());
    // SAFETY: it is filled in, and of integers only.
    (status, unsafe { usage.assume_init() }.ru_nvcsw)
}

/// A thread that is woken for each line costs ten times what the line does.
#[test]
fn a_guest_writes_by_itself_what_its_stream_takes_at_once() {
    let source = r#"
        const guest = await instantiate(stdio, { stdout: "inherit" });
        await put(guest, "a line\n");
        await guest.call("whole_lines", 1, 7, 20000);
        await guest.drop();
    "#;
    for path in ["file", "/dev/null"] {
        let (folder, mut command) = app(source);
        let path = folder.path().join(path);
        let (status, slept) = sleeps(command.stdout(File::create(&path).unwrap()));
        assert!(status == 0 && slept < 5000, "{}: {status}, {slept} times", path.display());
        if path.starts_with(folder.path()) {
            assert_eq!(fs::read_to_string(path).unwrap(), "a line\n".repeat(20_000));
        }
    }
}

/// As by Ctrl-S.
#[test]
fn a_guest_that_writes_to_a_terminal_whose_output_is_held_is_stopped() {
    let (outer, inner) = terminal();
    // SAFETY: the descriptor is open.
    assert_eq!(unsafe { libc::tcflow(inner.as_raw_fd(), libc::TCOOFF) }, 0);
    let (_folder, mut command) = app(r#"
        const guest = await instantiate(stdio, { stdout: "inherit" });
        await put(guest, "held\n");
        await guest.callWith({ timeoutMs: 300 }, "flood", 1, 5).catch(({ code }) => console.error(code));
        console.error((await guest.closed).reason);
    "#);
    let output = command.stdout(inner).spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "5011\ntimeout\n");
    drop(outer);
}

#[test]
fn a_pending_read_or_write_keeps_an_app_alive() {
    // The signal's timer alone would not.
    let source = r#"
        const guest = await instantiate(stdio, { stdin: "piped", stdout: "piped" });
        AbortSignal.timeout(50).addEventListener("abort", () => guest.terminate());
        WAIT
        console.log("done");
    "#;
    for (wait, expected) in [
        ("await guest.stdout.getReader().read();", "done\n"),
        (
            "await guest.stdin.getWriter().write(new Uint8Array(100_000)).catch(({ code }) => console.log(code));",
            "5005\ndone\n",
        ),
    ] {
        assert_eq!(stdout_of(&source.replace("WAIT", wait)), expected, "{wait}");
    }
}

#[test]
fn streams_that_nobody_waits_for_do_not() {
    let source = r#"
        const options = { stdin: new ReadableStream({}), stdout: "piped", stderr: "piped" };
        const [fed, idle] = [await instantiate(stdio, options), await instantiate(stdio, { ...options, stdin: "piped" })];
        await say(fed, 1, "unread");
        await idle.stdin.getWriter().write("unread");
        console.log("over");
    "#;
    assert_eq!(stdout_of(source), "over\n");
}
