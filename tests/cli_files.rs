//! Files that commands are given: those that are no modules are refused at once, in bounded memory, with what they are; text is assembled.

#![cfg(feature = "host")]

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const COMMANDS: [&str; 2] = ["exec", "inspect"];

/// Runs a command with little address space: whoever reads a file to its end is aborted. One that hangs is ended after a minute.
fn run(args: &[&str], file: &Path) -> (Option<i32>, String) {
    let limited = "ulimit -v 4000000; exec timeout --signal=KILL 60 \"$0\" \"$@\"";
    let mut command = Command::new("bash");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_runtime-wasm")]).args(args).arg(file);
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("module.wasm");
    (folder, file)
}

/// A valid module with a custom section of so many bytes, most of them in a hole of the file.
fn module_with(file: &Path, custom: u32) {
    use std::os::unix::fs::FileExt;
    let mut start = b"\0asm\x01\0\0\0\0".to_vec();
    let mut size = custom + 2;
    for _ in 0..4 {
        start.push(size as u8 | 0x80);
        size >>= 7;
    }
    start.extend([size as u8, 1, b'x']);
    let written = File::create(file).unwrap();
    written.write_all_at(&start, 0).unwrap();
    written.set_len(start.len() as u64 + u64::from(custom)).unwrap();
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let (folder, fifo) = folder();
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let socket = folder.path().join("socket.wasm");
    let _listener = UnixListener::bind(&socket).unwrap();
    let cases = [
        (fifo.as_path(), "a pipe"),
        (socket.as_path(), "a socket"),
        (folder.path(), "a folder"),
        (Path::new("/dev/zero"), "a device"),
        (Path::new("/dev/tty"), "a device"),
    ];
    for (file, what) in cases {
        for command in COMMANDS {
            let (code, stderr) = run(&[command], file);
            assert_eq!(code, Some(1), "{command} {}: {stderr}", file.display());
            assert!(stderr.contains(what) && stderr.contains("cannot be read"), "{stderr}");
        }
    }
}

#[test]
fn a_manifest_is_a_regular_file_and_no_long_one() {
    let (folder, _) = folder();
    let at = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
    fs::write(at("long"), "#".repeat((1 << 20) + 1)).unwrap();
    fs::write(at("just"), "#".repeat(1 << 20)).unwrap();
    fs::write(at("latin1"), b"# \xe9").unwrap();
    fs::write(at("main.js"), "console.log(1);").unwrap();
    let cases = [
        ("fifo", "cannot be read: it is a pipe, not a regular file"),
        ("zero", "cannot be read: it is a device, not a regular file"),
        ("long", "cannot be read: it has more than 1 MiB"),
        ("latin1", "cannot be read: it is no text in UTF-8"),
    ];
    for (name, why) in cases {
        let named = format!("--manifest={}", at(name).display());
        for (code, stderr) in [run(&["check"], &at(name)), run(&["run", &named], &at("main.js"))] {
            assert!(code == Some(1) && stderr.contains(why) && stderr.contains(name), "{name}: {code:?} {stderr}");
        }
    }
    assert_eq!(run(&["check"], &at("just")).0, Some(0));
    // One that is found is not passed over in favour of one above.
    fs::create_dir(at("sub")).unwrap();
    fs::write(at("manifest.app.toml"), "[capabilities.env]\nallow = [\"HOME\"]\n").unwrap();
    fs::write(at("sub/main.js"), "console.log(1);").unwrap();
    assert!(Command::new("mkfifo").arg(at("sub/manifest.app.toml")).status().unwrap().success());
    for (code, stderr) in [run(&["check"], &at("sub")), run(&["run"], &at("sub/main.js"))] {
        assert!(code == Some(1) && stderr.contains("a pipe"), "{code:?} {stderr}");
    }
}

#[test]
fn no_more_of_a_file_is_read_than_a_module_may_have() {
    let (_folder, file) = folder();
    File::create(&file).unwrap().set_len(1 << 40).unwrap();
    // Of those in /proc, some never end and say that they are empty.
    for file in [file.as_path(), Path::new("/proc/self/mem"), Path::new("/proc/self/maps"), Path::new("/proc/kmsg")] {
        for command in COMMANDS {
            let (code, stderr) = run(&[command], file);
            assert_eq!(code, Some(1), "{command} {}: {stderr}", file.display());
            assert!(stderr.starts_with("error: ") && stderr.lines().count() == 1, "{stderr}");
        }
    }
}

#[test]
fn the_bound_on_a_module_is_that_of_the_manifest_and_a_flag_sets_it() {
    let (_folder, file) = folder();
    let limit = u32::try_from(runtime_wasm::limits::MODULE_BYTES_MAX).unwrap();
    module_with(&file, limit - 16);
    assert_eq!(fs::metadata(&file).unwrap().len(), u64::from(limit));
    let (code, stderr) = run(&["inspect"], &file);
    assert_eq!(code, Some(0), "{stderr}");
    let (code, stderr) = run(&["exec"], &file);
    assert!(code == Some(1) && stderr.contains("no WASI command"), "{stderr}");
    module_with(&file, limit - 15);
    for command in COMMANDS {
        let (code, stderr) = run(&[command], &file);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("67108864 bytes") && stderr.contains("--max-module-bytes"), "{stderr}");
        let (_, stderr) = run(&[command, "--max-module-bytes", "65MiB"], &file);
        assert!(!stderr.contains("--max-module-bytes"), "{stderr}");
        let (code, stderr) = run(&[command, "--max-module-bytes=67108864"], &file);
        assert!(code == Some(1) && stderr.contains("--max-module-bytes"), "{stderr}");
        let (code, stderr) = run(&[command, "--max-module-bytes", "0"], &file);
        assert!(code == Some(2) && stderr.contains("expected a size"), "{stderr}");
    }
}

#[test]
fn what_is_no_module_is_named_by_exec_too() {
    let (_folder, file) = folder();
    let cases: [(&[u8], &str); 5] = [
        (b"(module)", "is WebAssembly text"),
        (b"", "is empty"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"#!/bin/sh\n", "is not WebAssembly"),
    ];
    for (bytes, expected) in cases {
        fs::write(&file, bytes).unwrap();
        for command in COMMANDS {
            let (code, stderr) = run(&[command], &file);
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains(expected) && stderr.contains("module.wasm"), "{command}: {stderr}");
        }
    }
}

#[test]
fn a_files_name_is_shown_so_that_no_terminal_obeys_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\x1b[31m\n\u{202e}.wasm");
    let traps = wat::parse_str("(module (func (export \"_start\") unreachable))").unwrap();
    for bytes in [&b"no module"[..], b"\0asm\x01\0\0\0", b"\0asm\x01\0\0\0\xff", &traps] {
        fs::write(&file, bytes).unwrap();
        for command in COMMANDS {
            let (_, stderr) = run(&[command], &file);
            assert!(!stderr.contains(['\x1b', '\u{202e}']), "{command}: {stderr:?}");
        }
    }
    fs::remove_file(&file).unwrap();
    let name = file.to_str().unwrap();
    for args in [&["exec"][..], &["inspect"], &["run"], &["exec", "--dir", name], &["exec", "--env", name]] {
        let (code, stderr) = run(args, &file);
        assert_eq!((code, stderr.lines().count()), (Some(1), 1), "{stderr:?}");
        assert!(!stderr.contains(['\x1b', '\u{202e}']), "{stderr:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let (_folder, file) = folder();
    fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    for args in [&["inspect", file.to_str().unwrap()][..], &["types"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).args(args).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && stderr.contains("stdout cannot be written"), "{stderr}");
    }
}

const TEXT: &str =
    "(module\n  (func (export \"add\") (param i32 i32) (result i32)\n    (i32.add (local.get 0) (local.get 1))))\n";
const WRONG: &str = "(module\n  (func (export \"f\")\n    call $x\x1b))\n";

#[test]
fn text_is_taken_by_every_command_that_reads_a_module() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calculator.wat");
    fs::write(&file, TEXT).unwrap();
    let cache = folder.path().join("cache");
    let run = |args: &[&str], words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.env("RUNTIME_WASM_CACHE", &cache).args(args).arg(&file).args(words);
        let Output { status, stdout, stderr } = command.output().unwrap();
        (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    };
    assert_eq!(run(&["exec", "--invoke", "add"], &["2", "3"]), (0, "5\n".to_owned(), String::new()));
    assert!(run(&["inspect"], &[]).1.contains("\"add\" function (i32, i32) -> (i32)"));
    assert!(run(&["types"], &[]).1.contains("interface Calculator"), "{}", run(&["types"], &[]).1);
    assert_eq!(run(&["cache", "warm"], &[]).0, 0);
    fs::write(&file, "(component (core module))").unwrap();
    assert!(run(&["inspect"], &[]).1.starts_with("component "));
    // A bound is that of the text, too; and what it comes to is checked as any module is.
    let (code, _, stderr) = run(&["exec", "--max-module-bytes", "8"], &[]);
    assert!(code == 1 && stderr.contains("--max-module-bytes"), "{stderr}");
    fs::write(&file, "(module (func (result i32)))").unwrap();
    let (code, _, stderr) = run(&["exec"], &[]);
    assert!(code == 1 && stderr.contains("[5000]") && stderr.contains("type mismatch"), "{stderr}");
    fs::write(&file, WRONG).unwrap();
    for command in ["exec", "inspect", "types"] {
        let (code, stdout, stderr) = run(&[command], &[]);
        assert_eq!((code, &*stdout), (1, ""));
        assert!(stderr.contains("calculator.wat:3:12: ") && stderr.contains("\n3 |     call $x\\u{1b}"), "{stderr}");
        assert!(!stderr.contains('\x1b'), "{stderr:?}");
    }
}

#[test]
fn text_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.wat");
    let most = runtime_wasm::limits::TEXT_BYTES_MAX;
    // What costs most for its length, within the address space that `run` gives.
    for (start, again, end) in [
        ("(module (func ", "nop ", "))"),
        ("(module ", "(func)", ")"),
        ("(module (func ", "(block)", "))"),
        ("(module (type (func (param ", "i32 ", "))))"),
        ("(module (memory 1) (data ", "\"\" ", "))"),
        ("(module ", "(;;)", ")"),
        ("(module (rec ", "(type (struct))", "))"),
        ("(component ", "(core module)", ")"),
    ] {
        let count = (most - start.len() - end.len()) / again.len();
        fs::write(&file, format!("{start}{}{end}", again.repeat(count))).unwrap();
        let (code, stderr) = run(&["inspect"], &file);
        assert!(code == Some(0) || code == Some(1) && stderr.starts_with("error: "), "{again}: {code:?} {stderr}");
        assert!(!stderr.contains("memory allocation"), "{stderr}");
    }
    fs::write(&file, " ".repeat(most + 1)).unwrap();
    let (code, stderr) = run(&["exec"], &file);
    assert!(code == Some(1) && stderr.contains("more than 1.0 MiB of text"), "{stderr}");
    // One level within another is bounded by the parser.
    fs::write(&file, format!("(module (func {}", "(block ".repeat(100_000))).unwrap();
    let (code, stderr) = run(&["exec"], &file);
    assert!(code == Some(1) && stderr.contains("large.wat:1:"), "{stderr}");
}

#[test]
fn an_app_loads_text_where_the_manifest_grants_it() {
    let app = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(app.path().join(name), text).unwrap();
    write("add.wat", TEXT);
    write("wrong.wat", WRONG);
    write("text.wasm", TEXT);
    let hash = |text: &str| -> String {
        runtime_wasm::engine::sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    write(
        "main.js",
        &format!(
            r#"import {{ compile, compileFile, instantiate }} from "runtime:wasm";
            const failed = (promise) => promise.then(() => "granted", (error) => error.message);
            const add = await instantiate(await compileFile("./add.wat", {{ sha256: "{}" }}));
            console.log(await add.exports.add(2, 3));
            console.log(await failed(compileFile("./wrong.wat")));
            console.log(await failed(compileFile("./text.wasm")));
            console.log(await failed(compile(new TextEncoder().encode("(module)"))));
            console.log(await failed(compileFile("./add.wat", {{ sha256: "{}" }})));
            console.log(await failed(compileFile("./other.wat")));"#,
            hash(TEXT),
            hash("(module)")
        ),
    );
    let printed = |load: &str| {
        write("manifest.app.toml", &format!("[capabilities.wasm]\nload = {load}\n"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        let output = command.current_dir(app.path()).args(["run", "main.js"]).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (stdout, stderr) = printed(r#"["./add.wat", "./wrong.wat", "./*.wasm"]"#);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], &*stderr), (6, "5", ""), "{stdout}");
    for (line, said) in lines[1..].iter().zip([
        "[5000] the module \"./wrong.wat\" cannot be assembled: ./wrong.wat:3:12: ",
        "[5000] the module \"./text.wasm\" is WebAssembly text",
        "is WebAssembly text",
        "[5009] \"./add.wat\" is not the file that the caller pinned",
        "[5009] \"./other.wat\" is not granted",
    ]) {
        assert!(line.contains(said) && !line.contains('\x1b'), "{line}");
    }
    let (stdout, stderr) = printed(r#"["./*.wasm"]"#);
    assert!(stdout.is_empty() && stderr.contains("[5009] \"./add.wat\" is not granted"), "{stderr}");
}
