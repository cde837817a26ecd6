//! Standard streams that are closed or that nobody reads, and a system that gives no threads: an exit code as ever, or one line that
//! says what is missing.

#![cfg(feature = "host")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const TRAPS: &str = r#"(module (func (export "_start") unreachable))"#;
const RETURNS: &str = r#"(module (func (export "_start")))"#;
/// Any user but root, whom limits on threads do not bind.
const NOBODY: u32 = 65534;

/// A folder that every user may read, with guests, an app, and a copy of the binary.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    fs::write(path("traps.wasm"), wat::parse_str(TRAPS).unwrap()).unwrap();
    fs::write(path("returns.wasm"), wat::parse_str(RETURNS).unwrap()).unwrap();
    fs::write(path("main.js"), "console.log(1); console.error(2); throw new Error(\"3\");").unwrap();
    fs::write(path("fine.js"), "console.log(1);").unwrap();
    fs::copy(env!("CARGO_BIN_EXE_runtime-wasm"), path("runtime-wasm")).unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs a line of shell in the folder, with the words of a command in `"$@"`.
fn shell(folder: &Path, line: &str, words: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.current_dir(folder).args(["-c", line, "bash", "./runtime-wasm"]).args(words).stdin(Stdio::null());
    command
}

const COMMANDS: [(&[&str], i32); 8] = [
    (&["exec", "traps.wasm"], 134),
    (&["exec", "returns.wasm"], 0),
    (&["exec", "missing.wasm"], 1),
    (&["exec", "--fuel"], 2),
    (&["inspect", "returns.wasm"], 0),
    (&["inspect", "main.js"], 1),
    (&["run", "main.js"], 1),
    (&["types"], 0),
];

#[test]
fn exit_codes_are_the_same_when_nobody_reads_the_output() {
    let folder = folder();
    // The reader of a process substitution that has ended is gone for certain once `wait` has returned.
    let unread = "exec 9> >(:); wait $!; ";
    for streams in ["2>&9", ">&9", ">&9 2>&9", "2>&-", ">&-", "<&- >&- 2>&-"] {
        for (words, code) in COMMANDS {
            let Output { status, stderr, .. } =
                shell(folder.path(), &format!("{unread} \"$@\" {streams}"), words).output().unwrap();
            let stderr = String::from_utf8_lossy(&stderr);
            assert_eq!(status.code(), Some(code), "{words:?} {streams}: {stderr}");
        }
    }
}

/// Runs each command within a limit of the shell's, as another user where this one is root, and holds it to a plain end.
fn assert_plain_ends(limit: &str, values: std::ops::RangeInclusive<u32>) {
    let folder = folder();
    let commands = [&["exec", "returns.wasm"][..], &["run", "fine.js"], &["inspect", "returns.wasm"], &["types"]];
    for (value, words) in values.flat_map(|value| commands.map(|words| (value, words))) {
        let mut command = shell(folder.path(), &format!("ulimit {limit} {value}; exec \"$@\""), words);
        if rustix::process::getuid().is_root() {
            // A user's threads are counted over all that run as that user, other tests among them.
            let user = if limit == "-u" { NOBODY - 1 } else { NOBODY };
            command.uid(user).gid(NOBODY);
        }
        let Output { status, stdout, stderr } = command.env("RUST_BACKTRACE", "1").output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        let case = format!("{words:?} within {limit} {value}: {stderr}");
        if status.success() {
            assert!(stderr.is_empty(), "{case}");
        } else {
            assert_eq!((status.code(), stderr.lines().count()), (Some(1), 1), "{case}");
            assert!(stderr.starts_with("error: ") && !stderr.contains(".rs:"), "{case}");
            assert!(stdout.is_empty(), "{case}");
        }
    }
}

#[test]
fn without_threads_a_command_says_so_in_one_line() {
    assert_plain_ends("-u", 1..=8);
}

#[test]
fn without_files_a_command_says_so_in_one_line() {
    // With fewer the binary itself cannot be loaded.
    assert_plain_ends("-n", 5..=24);
}
