//! The archive of a release: packing twice comes to the same bytes, and what should be in it is. Building is not done here: it takes minutes.

#![cfg(feature = "host")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const ENGINE: &str = if cfg!(feature = "v8") { "v8" } else { "quickjs" };

/// Packs a binary into a folder, as a user whose files nobody else may read: the script's exit code and what it says.
fn pack(binary: &Path, engine: &str, out: &Path) -> (i32, String) {
    let line = "umask 077; exec scripts/dist.sh pack \"$@\"";
    let mut command = Command::new("bash");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-c", line, "bash", engine]).arg(binary);
    let output = command.env("DIST", out).env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn tar(args: &[&str], archive: &Path) -> String {
    let Output { status, stdout, .. } = Command::new("tar").args(args).arg(archive).env("TZ", "UTC").output().unwrap();
    assert!(status.success());
    String::from_utf8(stdout).unwrap()
}

#[test]
fn packing_twice_comes_to_the_same_bytes_with_all_that_belongs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    // The binary of the tests is large; this is what it does.
    let binary = folder.path().join("binary");
    fs::write(&binary, format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_runtime-wasm"))).unwrap();
    fs::set_permissions(&binary, Permissions::from_mode(0o700)).unwrap();
    let archives = ["a", "b"].map(|name| {
        let out = folder.path().join(name);
        let (code, said) = pack(&binary, ENGINE, &out);
        assert_eq!(code, 0, "{said}");
        let mut files: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), 2, "{files:?}");
        files
    });
    let [[archive, sum], [again, _]] = archives.map(|files| <[_; 2]>::try_from(files).unwrap());
    let name = archive.file_name().unwrap().to_str().unwrap();
    let start = format!("runtime-wasm-{}-{ENGINE}-", env!("CARGO_PKG_VERSION"));
    assert!(name.starts_with(&start) && name.ends_with(".tar.gz"), "{name}");
    assert!(fs::read(&archive).unwrap() == fs::read(&again).unwrap(), "two archives of the same");
    let mut check = Command::new("sha256sum");
    check.current_dir(archive.parent().unwrap()).args(["--check", "--quiet"]).arg(&sum);
    assert!(check.status().unwrap().success());

    let top = name.trim_end_matches(".tar.gz");
    let listed = tar(&["--list", "--file"], &archive);
    for file in [
        "bin/runtime-wasm",
        "share/man/man1/runtime-wasm.1",
        "share/man/man1/runtime-wasm-exec.1",
        "share/bash-completion/completions/runtime-wasm",
        "share/zsh/site-functions/_runtime-wasm",
        "share/fish/vendor_completions.d/runtime-wasm.fish",
        "share/runtime-wasm/manifest.schema.json",
        "share/runtime-wasm/runtime-wasm.d.ts",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "LICENSES-OF-DEPENDENCIES",
    ] {
        assert!(listed.lines().any(|line| line == format!("{top}/{file}")), "{file} is not in\n{listed}");
    }
    for line in tar(&["--list", "--verbose", "--full-time", "--numeric-owner", "--file"], &archive).lines() {
        let is_right = line.contains(" 0/0 ") && line.contains(" 2023-11-14 22:13:20 ");
        let mode = &line[..10];
        assert!(is_right && ["drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"].contains(&mode), "{line}");
    }
    let licences = tar(&["--extract", "--to-stdout", "--wildcards", "*/LICENSES-OF-DEPENDENCIES", "--file"], &archive);
    for linked in ["wasmtime 4", "deno_core 0.", "clap 4.", "the Rust standard library", "Permission is hereby granted"]
    {
        assert!(licences.contains(linked), "{linked} is not named");
    }
    // Neither what only tests use nor a path of this machine.
    for absent in ["\ncriterion ", "\ntempfile ", env!("CARGO_MANIFEST_DIR"), "registry/src"] {
        assert!(!licences.contains(absent), "{absent}");
    }
}

#[test]
fn the_engine_of_a_binary_is_the_one_that_its_archive_is_named_after() {
    let out = tempfile::tempdir().unwrap();
    let other = if cfg!(feature = "v8") { "quickjs" } else { "v8" };
    let (code, said) = pack(Path::new(env!("CARGO_BIN_EXE_runtime-wasm")), other, out.path());
    assert!(code == 1 && said.contains(&format!("is not built on {other}")), "{said}");
    let (code, said) = pack(Path::new("x"), "spidermonkey", out.path());
    assert!(code == 1 && said.contains("there is no engine spidermonkey"), "{said}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}
