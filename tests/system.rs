//! The system's own limits, users without privileges, and systems without `/proc`: guests get errors, and the process ends in its own way.

#![cfg(all(feature = "host", target_os = "linux"))]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A command that makes a file, writes 128 KiB, lists the folder, and exits with the first errno.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 3)
    (data (i32.const 1024) "out")
    (func $end_if (param $errno i32) (if (local.get $errno) (then (call $exit (local.get $errno)))))
    (func (export "_start") (local $n i32)
        (call $end_if (call $path_open (i32.const 3) (i32.const 1) (i32.const 1024) (i32.const 3) (i32.const 9)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 8)))
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.const 4096))
        (loop $more
            (call $end_if (call $write (i32.load (i32.const 8)) (i32.const 0) (i32.const 1) (i32.const 12)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $more (i32.lt_s (local.get $n) (i32.const 32))))
        (call $end_if (call $readdir (i32.const 3) (i32.const 65536) (i32.const 4096) (i64.const 0) (i32.const 12)))
        (call $exit (i32.const 0))))"#;

const FBIG: i32 = 22;
const BINARY: &str = env!("CARGO_BIN_EXE_runtime-wasm");

/// A folder that everybody may use, with the guest and a folder to show it.
fn place() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let shown = place.path().join("shown");
    fs::create_dir(&shown).unwrap();
    fs::write(place.path().join("guest.wasm"), wat::parse_str(GUEST).unwrap()).unwrap();
    for open in [place.path(), &shown] {
        fs::set_permissions(open, fs::Permissions::from_mode(0o777)).unwrap();
    }
    (place, shown)
}

/// Has bash do something before it becomes the command that shows the folder to the guest.
fn exec_after(shell: &str, binary: &Path, place: &Path) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{shell} exec \"$0\" \"$@\"")]).arg(binary);
    let shown = format!("{}::/d", place.join("shown").display());
    command.args(["exec", "--dir", &shown]).arg(place.join("guest.wasm"));
    command.env("RUST_BACKTRACE", "0").output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr))
}

/// May this user do this, in a namespace of its own?
fn may(shell: &str) -> bool {
    let may = Command::new("unshare").args(["-Urm", "bash", "-c", shell]).output();
    let may = may.is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("NOT RUN: the system lets this user not do `{shell}` in a namespace of its own");
    }
    may
}

#[test]
fn a_file_beyond_the_systems_limit_is_an_error_to_the_guest_only() {
    let (place, shown) = place();
    let output = exec_after("ulimit -f 64;", Path::new(BINARY), place.path());
    assert_eq!(output.status.code(), Some(FBIG), "{}", said(&output));
    assert_eq!(fs::metadata(shown.join("out")).unwrap().len(), 64 * 1024);
}

#[test]
fn small_limits_of_each_kind_end_nothing_by_a_panic_or_a_signal() {
    let (place, _) = place();
    for limit in ["-n 40", "-n 24", "-n 12", "-v 6000000", "-v 1000000", "-d 200000", "-s 1024", "-l 0", "-i 1", "-c 0"]
    {
        let output = exec_after(&format!("ulimit {limit};"), Path::new(BINARY), place.path());
        let said = said(&output);
        assert!(output.status.signal().is_none() && !said.contains("panicked"), "{limit}: {said}");
        assert!(output.status.success() || said.contains("error"), "{limit}: {said}");
    }
}

const NO_PROC: &str = "mount -t tmpfs none /proc";

#[test]
fn without_proc_folders_are_shown_all_the_same() {
    if !may(NO_PROC) {
        return;
    }
    let (place, shown) = place();
    let shell =
        format!("exec unshare -Urm bash -c '{NO_PROC} && ! test -e /proc/self && exec \"$0\" \"$@\"' \"$0\" \"$@\";");
    let output = exec_after(&shell, Path::new(BINARY), place.path());
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::metadata(shown.join("out")).unwrap().len(), 128 * 1024);
}

/// Each of them shows a folder, and lets go of it.
#[test]
fn without_proc_an_app_makes_and_ends_many_instances() {
    const MANY: &str = r#"
        import { compileFile, instantiate } from "runtime:wasm";
        const module = await compileFile("./guest.wasm");
        for (let i = 0; i < 60; i++) {
            const made = await Promise.all([1, 2, 3, 4, 5].map(() => instantiate(module, { preopens: { "/d": "./shown" } })));
            await Promise.all(made.map((one) => one.call("_start")));
            await Promise.all(made.map((one) => one.drop()));
        }
        console.log("done");
    "#;
    if !may(NO_PROC) {
        return;
    }
    let (place, _) = place();
    let manifest = "[capabilities.wasm]\nload = [\"./*.wasm\"]\npreopens = [\"./shown\"]\n";
    fs::write(place.path().join("manifest.app.toml"), manifest).unwrap();
    fs::write(place.path().join("main.js"), MANY).unwrap();
    let shell = format!("{NO_PROC} && exec \"$0\" run \"$1\"");
    let mut command = Command::new("unshare");
    command.args(["-Urm", "bash", "-c", &shell, BINARY]).arg(place.path().join("main.js"));
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "done\n", "{}", said(&output));
}

/// The binary where everybody may run it, and how to become nobody.
fn as_nobody(place: &Path) -> Option<(PathBuf, &'static str)> {
    if !rustix::process::getuid().is_root() {
        eprintln!("NOT RUN: only the superuser can become another user");
        return None;
    }
    let binary = place.join("runtime-wasm");
    fs::hard_link(BINARY, &binary).or_else(|_| fs::copy(BINARY, &binary).map(drop)).unwrap();
    Some((binary, "exec setpriv --reuid=65534 --regid=65534 --clear-groups"))
}

#[test]
fn a_user_without_privileges_shows_folders_that_it_may_read() {
    let (place, shown) = place();
    let Some((binary, become_nobody)) = as_nobody(place.path()) else { return };
    let output = exec_after(&format!("{become_nobody} \"$0\" \"$@\";"), &binary, place.path());
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(fs::metadata(shown.join("out")).unwrap().len(), 128 * 1024);
    // Others it is not shown, and the guest nothing of them.
    fs::set_permissions(&shown, fs::Permissions::from_mode(0o700)).unwrap();
    let output = exec_after(&format!("{become_nobody} \"$0\" \"$@\";"), &binary, place.path());
    assert!(!output.status.success() && said(&output).contains("shown"), "{}", said(&output));
}

#[test]
fn a_user_without_threads_or_files_is_told_so() {
    let (place, _) = place();
    let Some((binary, become_nobody)) = as_nobody(place.path()) else { return };
    for limit in ["-u 1", "-u 3", "-u 5", "-n 16"] {
        let shell = format!("{become_nobody} bash -c 'ulimit {limit}; exec \"$0\" \"$@\"' \"$0\" \"$@\";");
        let output = exec_after(&shell, &binary, place.path());
        let said = said(&output);
        assert!(output.status.signal().is_none() && !said.contains("panicked"), "{limit}: {said}");
        assert!(output.status.success() || said.contains("error"), "{limit}: {said}");
    }
}
