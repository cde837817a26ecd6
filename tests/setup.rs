//! What setup says on machines that are not like this one: with other compilers, another Node.js, without root or without apt.
//! Each machine is a folder of programs; nothing real is installed or asked.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the scripts use of any system.
const SYSTEM: &[&str] = &[
    "awk", "bash", "cat", "cut", "dirname", "env", "grep", "head", "mktemp", "rm", "sed", "sort", "timeout", "touch",
    "true",
];
/// Says that it is some user, who is not root.
const ID: &str = "echo 1000";
/// Asks for a password unless it is told not to; whoever waits for it waits for ever.
const SUDO: &str =
    r#"[ "$1" = -n ] && { echo "sudo: a password is required" >&2; exit 1; }; while :; do read -r _ <&2; done"#;
const CARGO: &str = "exit 0";
/// A compiler that makes what it is asked for.
const CLANG: &str = r#"while [ "$1" != -o ]; do shift; done; touch "$2""#;

/// A rustc with these targets, of which it can build for one.
fn rustc(version: &str, targets: &str, builds: &str) -> String {
    format!(
        r#"case "$*" in
        --version) echo "rustc {version} (0000000 2026-01-01)" ;;
        "--print target-list") printf '%s\n' {targets} ;;
        *"--target {builds} "*) while [ "$1" != -o ]; do shift; done; touch "$2" ;;
        *) echo "error[E0463]: can't find crate for std" >&2; exit 1 ;;
        esac"#
    )
}

fn node(version: &str) -> String {
    format!("echo {version}")
}

struct Machine(TempDir);

impl Machine {
    /// One that has everything.
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        for program in SYSTEM {
            let real = std::env::split_paths(&std::env::var_os("PATH").unwrap())
                .map(|folder| folder.join(program))
                .find(|path| path.exists())
                .unwrap_or_else(|| panic!("no {program}"));
            symlink(real, machine.0.path().join(program)).unwrap();
        }
        for program in ["cmake", "cc", "c++", "make", "python3", "npm", "chromium", "chromedriver"] {
            machine.has(program, "exit 0");
        }
        // Whoever installs something leaves a trace.
        machine.has("apt-get", &format!("echo \"$*\" >>'{}'", machine.installed().display()));
        machine
            .has("id", ID)
            .has("sudo", SUDO)
            .has("cargo", CARGO)
            .has("clang-19", CLANG)
            .has("node", &node("v20.1.0"));
        machine.has("rustc", &rustc("1.95.0", "wasm32-wasip1", "wasm32-wasip1"));
        machine
    }

    fn installed(&self) -> PathBuf {
        self.0.path().join("installed")
    }

    fn has(&self, program: &str, script: &str) -> &Machine {
        let path = self.0.path().join(program);
        fs::write(&path, format!("#!/usr/bin/env bash\n{script}\n")).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn lacks(&self, program: &str) -> &Machine {
        fs::remove_file(self.0.path().join(program)).unwrap();
        self
    }

    /// Runs a script, and gives back whether it succeeds and what it says.
    fn run(&self, script: &str, word: &str) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
        let mut command = Command::new(script);
        let output = command.arg(word).env_clear().env("PATH", self.0.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    /// What setup says as it refuses.
    fn refusal(&self, word: &str) -> String {
        let (done, said) = self.run("setup.sh", word);
        assert!(!done && said.starts_with("setup: "), "{said}");
        assert!(!self.installed().exists(), "something was installed");
        said
    }
}

#[test]
fn where_all_is_there_nothing_is_said() {
    assert_eq!(Machine::new().run("setup.sh", "build"), (true, String::new()));
}

#[test]
fn who_is_not_root_is_told_the_command_and_asked_for_nothing() {
    let machine = Machine::new();
    machine.lacks("cmake").lacks("c++");
    for _ in 0..2 {
        let said = machine.refusal("build");
        assert!(
            said.contains("root") && said.contains("apt-get install --no-install-recommends cmake g++\n"),
            "{said}"
        );
        let _ = fs::remove_file(machine.0.path().join("sudo"));
    }
    machine.lacks("apt-get");
    let said = machine.refusal("build");
    assert!(said.contains("Debian's packages: cmake g++\n"), "{said}");
}

#[test]
fn root_and_who_needs_no_password_install_what_is_missing_and_nothing_has_to_go_for_it() {
    let sudo = "[ \"$1\" = -n ] && shift && exec \"$@\"";
    for (id, sudo) in [("echo 0", SUDO), (ID, sudo)] {
        let machine = Machine::new();
        machine.lacks("cmake").has("id", id).has("sudo", sudo);
        let (done, said) = machine.run("setup.sh", "build");
        assert!(done && said == "setup: installing with apt: cmake\n", "{said}");
        let asked = fs::read_to_string(machine.installed()).unwrap();
        let install = asked.lines().last().unwrap();
        assert!(
            install.starts_with("install ") && install.contains("--no-remove") && install.ends_with(" cmake"),
            "{asked}"
        );
        machine.has("apt-get", "[ \"$1\" = update ]");
        let (done, said) = machine.run("setup.sh", "build");
        assert!(
            !done && said.ends_with("apt did not install these (it must not remove others for them): cmake\n"),
            "{said}"
        );
    }
}

#[test]
fn all_that_is_missing_for_the_tests_is_named_at_once() {
    let machine = Machine::new();
    machine.lacks("chromium").lacks("chromedriver");
    machine.lacks("cmake").lacks("clang-19").lacks("node").has("apt-cache", "echo '  Candidate: 1:22.1+dfsg-1'");
    machine.has("rustc", &rustc("1.96.0", "wasm32-wasip1 wasm32-wasi", "none"));
    let said = machine.refusal("test");
    let apart = ["cmake", "nodejs", "npm", "clang-19", "lld-19", "wasi-libc", "rustc", "libstd-rust-dev-wasm32"];
    for package in apart.into_iter().chain(["chromium", "chromium-driver"]) {
        assert!(said.contains(&format!(" {package}")), "{package}: {said}");
    }
}

#[test]
fn an_old_rust_and_an_old_node_are_refused_with_what_is_needed() {
    let machine = Machine::new();
    machine.has("rustc", &rustc("1.63.0", "wasm32-wasi", "wasm32-wasi"));
    let said = machine.refusal("build");
    assert!(said.contains("Rust 1.95 or later") && said.contains("1.63.0"), "{said}");
    let machine = Machine::new();
    machine.has("node", &node("v18.20.4"));
    let said = machine.refusal("test");
    assert!(said.contains("Node.js 20 or later") && said.contains("v18.20.4"), "{said}");
    // Nor is it installed where the distribution has no newer one.
    machine.lacks("node").has("apt-cache", "echo '  Candidate: 18.20.4+dfsg-1'");
    let said = machine.refusal("test");
    assert!(said.contains("Node.js 20 or later") && !said.contains("apt-get"), "{said}");
    for version in ["v20.0.0", "v22.3.0", "v24.0.0", "v100.0.0"] {
        let machine = Machine::new();
        machine.has("node", &node(version)).lacks("npm");
        let said = machine.refusal("test");
        assert!(said.contains("no npm") && !said.contains(version), "{said}");
    }
}

#[test]
fn a_compiler_is_found_by_what_it_builds_whatever_it_is_called() {
    let machine = Machine::new();
    let found = |language: &str| {
        let (done, said) = machine.run("guest-compiler.sh", language);
        assert!(done, "{said}");
        said.trim_end().replace(&format!("{}/", machine.0.path().display()), "")
    };
    assert_eq!((found("c"), found("rust")), ("clang-19".to_owned(), "rustc wasm32-wasip1".to_owned()));
    let broken = "echo 'clang: error: no wasm-ld' >&2; exit 1";
    machine.has("clang-19", broken).has("clang-9", CLANG).has("clang-21", CLANG).has("clang-22", broken);
    assert_eq!(found("c"), "clang-21");
    machine.lacks("clang-21").lacks("clang-9").has("clang", CLANG);
    assert_eq!(found("c"), "clang");
    machine.has("rustc", &rustc("1.63.0", "x86_64-unknown-linux-gnu wasm32-wasi", "wasm32-wasi"));
    assert_eq!(found("rust"), "rustc wasm32-wasi");
    machine.has("rustc", &rustc("1.80.0", "wasm32-wasi wasm32-wasip1", "wasm32-wasi"));
    assert_eq!(found("rust"), "rustc wasm32-wasi");
}

#[test]
fn where_no_compiler_will_do_each_is_named_with_why_and_how_to_get_one() {
    let machine = Machine::new();
    machine.has("clang-19", "echo 'clang: error: no wasm-ld' >&2; exit 1");
    machine.has("rustc", &rustc("1.96.0", "wasm32-wasip1", "none"));
    let (done, said) = machine.run("guest-compiler.sh", "c");
    assert!(!done && said.contains("clang-19: clang: error: no wasm-ld") && said.contains("WASI_SDK_PATH"), "{said}");
    let (done, said) = machine.run("guest-compiler.sh", "rust");
    assert!(!done && said.contains("wasm32-wasip1: error[E0463]") && said.contains("rustup target add"), "{said}");
}

#[test]
fn the_zig_that_setup_unpacks_comes_before_others() {
    let machine = Machine::new();
    let root = machine.0.path().join("repository");
    let unpacked = root.join("target/tools/ziglang/ziglang");
    fs::create_dir_all(&unpacked).unwrap();
    fs::create_dir(root.join("scripts")).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/guest-compiler.sh");
    fs::copy(script, root.join("scripts/guest-compiler.sh")).unwrap();
    let script = root.join("scripts/guest-compiler.sh");
    let found = || machine.run(script.to_str().unwrap(), "zig");
    let (done, said) = found();
    assert!(!done && said.contains("no zig here") && said.contains("pip install ziglang"), "{said}");
    let zig = r#"for last; do :; done; touch "${last#-femit-bin=}""#;
    machine.has("zig", zig);
    assert_eq!(found(), (true, format!("{}\n", machine.0.path().join("zig").display())));
    machine.has("repository/target/tools/ziglang/ziglang/zig", zig);
    assert_eq!(found(), (true, format!("{}\n", unpacked.join("zig").display())));
    machine.has("repository/target/tools/ziglang/ziglang/zig", "echo 'error: no lib' >&2; exit 1").lacks("zig");
    let (done, said) = found();
    assert!(!done && said.contains("ziglang/zig: error: no lib"), "{said}");
}
