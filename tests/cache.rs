//! The cache of compiled code: what is taken from it, what is not, and that nothing of it is ever an error of a module's.

#![cfg(feature = "host")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A command that prints a word; one that is said to be large has code for it.
fn guest(word: &str) -> Vec<u8> {
    let functions = if word.starts_with("large") { "(func (export \"\") (drop (i32.const 1)))" } else { "" };
    let functions: String = (0..2000).map(|number| functions.replace("\"\"", &format!("\"{number}\""))).collect();
    let length = word.len() + 1;
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00{}\00\00\00{word}\n")
            (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64))))
            {functions})"#,
        format_args!("\\{length:02x}"),
    );
    wat::parse_str(text).unwrap()
}

struct Place {
    folder: TempDir,
    cache: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache/of/code");
        Place { folder, cache }
    }

    fn module(&self, word: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{word}.wasm"));
        fs::write(&file, guest(word)).unwrap();
        file
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.args(args).env("RUNTIME_WASM_CACHE", &self.cache).stdin(Stdio::null());
        command
    }

    /// Runs a module; was its code taken from the cache?
    fn is_cached(&self, word: &str) -> bool {
        self.is_cached_with(&[], word)
    }

    fn is_cached_with(&self, flags: &[&str], word: &str) -> bool {
        let file = self.module(word);
        was_cached(self.command(&["exec", "--log", "info"]).args(flags).arg(file), word)
    }

    fn entries(&self) -> Vec<PathBuf> {
        let mut entries: Vec<_> = fs::read_dir(&self.cache).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    }

    /// What `cache` says.
    fn cache(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(&["cache"]).args(args).output().unwrap();
        assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }
}

fn was_cached(command: &mut Command, word: &str) -> bool {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let log = String::from_utf8(stderr).unwrap();
    assert!(status.success() && stdout == format!("{word}\n").as_bytes(), "{status}: {log}");
    let outcomes = ["outcome=\"cached\"", "outcome=\"ok\""].map(|outcome| log.matches(outcome).count());
    assert!(outcomes == [1, 0] || outcomes == [0, 1], "{outcomes:?}: {log}");
    outcomes[0] == 1
}

fn change(file: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    change(&mut bytes);
    fs::write(file, bytes).unwrap();
}

#[test]
fn the_second_process_takes_what_the_first_has_compiled() {
    let place = Place::new();
    assert!(!place.is_cached("one") && place.is_cached("one"));
    // Other bytes, and code that counts fuel, are others; and both stay.
    assert!(!place.is_cached("two") && !place.is_cached_with(&["--fuel", "100000"], "one"));
    assert!(place.is_cached("one") && place.is_cached("two") && place.is_cached_with(&["--fuel", "100000"], "one"));
    assert_eq!(place.entries().len(), 3);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&place.cache), 0o700);
    assert!(place.entries().iter().all(|entry| mode(entry) == 0o600), "{:?}", place.entries());
}

#[test]
fn what_is_damaged_or_foreign_is_compiled_anew_and_replaced() {
    let place = Place::new();
    assert!(!place.is_cached("word"));
    let entry = place.entries().remove(0);
    let whole = fs::read(&entry).unwrap();
    let length = whole.len();
    // Every part of it: the code's head, its middle, and all that follows the code.
    let places = [0, 1, 64, length / 2, length - 53].into_iter().chain(length - 52..length);
    for at in places {
        change(&entry, |bytes| bytes[at] ^= 0x40);
        assert!(!place.is_cached("word") && place.is_cached("word"), "damaged at {at} of {length}");
    }
    for kept in [0, 1, 51, 52, 53, length / 2, length - 1] {
        change(&entry, |bytes| bytes.truncate(kept));
        assert!(!place.is_cached("word") && place.is_cached("word"), "cut to {kept} of {length}");
    }
    change(&entry, |bytes| bytes.push(0));
    assert!(!place.is_cached("word") && place.is_cached("word"));
    // The code of another module under this one's name.
    assert!(!place.is_cached("other"));
    let other = place.entries().into_iter().find(|other| *other != entry).unwrap();
    fs::copy(&other, &entry).unwrap();
    assert!(!place.is_cached("word") && place.is_cached("word") && place.is_cached("other"));
    // No file at all.
    for make in [|path: &Path| fs::create_dir(path).unwrap(), |path: &Path| symlink("/dev/zero", path).unwrap()] {
        fs::remove_file(&entry).unwrap();
        make(&entry);
        assert!(!place.is_cached("word") && place.is_cached("word"));
    }
}

#[test]
fn a_folder_that_others_could_have_written_to_is_not_used() {
    let place = Place::new();
    assert!(!place.is_cached("word"));
    let set = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    let above = place.cache.parent().unwrap();
    for (folder, mode) in [(&*place.cache, 0o777), (&*place.cache, 0o770), (above, 0o777), (above, 0o720)] {
        let before = fs::metadata(folder).unwrap().mode();
        set(folder, mode);
        let entries = place.entries();
        assert!(!place.is_cached("word") && !place.is_cached("word"), "{} with {mode:o}", folder.display());
        assert_eq!(place.entries(), entries);
        set(folder, before);
        assert!(place.is_cached("word"));
    }
    // Others may read what is above it, and write where they cannot touch what is ours.
    for mode in [0o755, 0o1777] {
        set(above, mode);
        assert!(place.is_cached("word"));
    }
    // What others could only read is closed to them.
    set(&place.cache, 0o755);
    assert!(place.is_cached("word"));
    assert_eq!(fs::metadata(&place.cache).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn links_of_ones_own_are_followed_and_those_of_others_are_not() {
    let mut place = Place::new();
    assert!(!place.is_cached("word"));
    let real = std::mem::replace(&mut place.cache, place.folder.path().join("link"));
    symlink("cache/of/../of/code", &place.cache).unwrap();
    assert!(place.is_cached("word"));
    fs::remove_file(&place.cache).unwrap();
    symlink(&real, &place.cache).unwrap();
    assert!(place.is_cached("word"));
    let to_itself = place.folder.path().join("round");
    symlink("round", &to_itself).unwrap();
    let link = std::mem::replace(&mut place.cache, to_itself);
    assert!(!place.is_cached("word") && !place.is_cached("word"));
    // Only the superuser can give a link away.
    if is_root() {
        place.cache = link;
        std::os::unix::fs::lchown(&place.cache, Some(65534), Some(65534)).unwrap();
        assert!(!place.is_cached("word") && !place.is_cached("word"));
        place.cache = real;
        assert!(place.is_cached("word"));
        let entry = place.entries().remove(0);
        std::os::unix::fs::chown(&entry, Some(65534), None).unwrap();
        assert!(!place.is_cached("word") && place.is_cached("word"));
        std::os::unix::fs::chown(&place.cache, Some(65534), None).unwrap();
        assert!(!place.is_cached("word") && !place.is_cached("word"));
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn where_nothing_can_be_kept_all_runs_as_without_a_cache() {
    let place = Place::new();
    // Its entry does not fit into what a file may have; its memory does.
    let file = place.module("large");
    let limited = "ulimit -f 128; exec \"$0\" \"$@\"";
    for _ in 0..2 {
        let mut command = Command::new("bash");
        command.args(["-c", limited, env!("CARGO_BIN_EXE_runtime-wasm"), "exec", "--log", "info"]).arg(&file);
        assert!(!was_cached(command.env("RUNTIME_WASM_CACHE", &place.cache).stdin(Stdio::null()), "large"));
    }
    assert_eq!(place.entries(), [] as [PathBuf; 0], "what could not be written is left behind");
    // A file in the folder's place, one that cannot be made, and none at all.
    for cache in [file.clone(), "/proc/self/none".into(), "/dev/null/none".into(), "".into()] {
        for _ in 0..2 {
            let mut command = place.command(&["exec", "--log", "info"]);
            assert!(!was_cached(command.arg(&file).env("RUNTIME_WASM_CACHE", &cache), "large"), "{}", cache.display());
        }
    }
    assert!(!place.is_cached("large") && place.is_cached("large") && !place.is_cached_with(&["--no-cache"], "large"));
}

#[test]
fn many_processes_share_one_cache() {
    let place = Place::new();
    let files: Vec<_> = (0..4).map(|number| place.module(&format!("word{number}"))).collect();
    let start = |number: usize| {
        let mut command = place.command(&["exec"]);
        command.arg(&files[number % files.len()]).stdout(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..24).map(start).collect();
    for (number, child) in children.into_iter().enumerate() {
        let Output { status, stdout, .. } = child.wait_with_output().unwrap();
        assert!(
            status.success() && stdout == format!("word{}\n", number % files.len()).as_bytes(),
            "{number}: {status}"
        );
    }
    assert_eq!(place.entries().len(), files.len());
    assert!((0..4).all(|number| place.is_cached(&format!("word{number}"))));
}

#[test]
fn the_command_shows_warms_and_clears() {
    let place = Place::new();
    assert!(place.cache(&["show"]).contains(": 0 entries of 0 B, at most 1.0 GiB"));
    let [one, two] = ["one", "two"].map(|word| place.module(word));
    let bad = place.folder.path().join("bad.wasm");
    fs::write(&bad, "no module").unwrap();
    let warmed = place.command(&["cache", "warm"]).args([&one, &bad, &two]).output().unwrap();
    let said = String::from_utf8(warmed.stderr).unwrap();
    assert!(warmed.status.code() == Some(1) && said.contains("bad.wasm") && said.lines().count() == 1, "{said}");
    assert!(place.is_cached("one") && place.is_cached("two") && !place.is_cached_with(&["--fuel", "100000"], "one"));
    place.cache(&["warm", "--fuel", two.to_str().unwrap()]);
    assert!(place.is_cached_with(&["--fuel", "100000"], "two"));
    let shown = place.cache(&["show"]);
    assert!(shown.starts_with(place.cache.to_str().unwrap()) && shown.contains(": 4 entries of "), "{shown}");
    assert!(place.cache(&["clear"]).contains("removed 4 entries"));
    assert!(place.entries().is_empty() && !place.is_cached("one"));
    fs::set_permissions(&place.cache, PermissionsExt::from_mode(0o777)).unwrap();
    let warmed = place.command(&["cache", "warm"]).arg(&one).output().unwrap();
    let said = String::from_utf8(warmed.stderr).unwrap();
    assert!(warmed.status.code() == Some(1) && said.contains("nothing can be kept there"), "{said}");
    let none = place.command(&["cache", "show"]).env("RUNTIME_WASM_CACHE", "").output().unwrap();
    assert_eq!(none.status.code(), Some(1));
}

/// An app that compiles the same bytes four times, and once more as a file.
const SCRIPT: &str = r#"
import { compile, compileFile, dropModule, instantiate } from "runtime:wasm";
const bytes = Uint8Array.from(GUEST);
const modules = await Promise.all([0, 1, 2, 3].map(() => compile(bytes)));
modules.push(await compileFile("./word.wasm"));
if (new Set(modules).size !== 5) throw new Error("modules have one id");
await dropModule(modules[0]);
const instance = await instantiate(modules[4], { inheritStdout: true });
await instance.call("_start");
"#;

#[test]
fn an_app_shares_the_code_of_equal_bytes_and_its_manifest_says_where_code_is_kept() {
    let place = Place::new();
    place.module("word");
    let at = |name: &str| place.folder.path().join(name);
    fs::write(at("main.js"), SCRIPT.replace("GUEST", &format!("{:?}", guest("word")))).unwrap();
    let run = |manifest: &str, cache: Option<&Path>| {
        let text = format!("[capabilities.wasm]\nload = [\"./*.wasm\"]\n{manifest}\n");
        fs::write(at("manifest.app.toml"), text).unwrap();
        let mut command = place.command(&["run", "--log", "info"]);
        match cache {
            Some(cache) => command.env("RUNTIME_WASM_CACHE", cache),
            None => command.env_remove("RUNTIME_WASM_CACHE").env("XDG_CACHE_HOME", at("xdg")),
        };
        was_cached(command.arg(at("main.js")), "word")
    };
    assert!(!run("", Some(&place.cache)) && run("", Some(&place.cache)));
    assert!(!run("cache = false", Some(&place.cache)) && !run("cache = false", Some(&place.cache)));
    assert!(!run("", None) && run("cache = true", None) && at("xdg/runtime-wasm").is_dir());
    assert!(!run("cache = \"./mine\"", None) && run("cache = \"./mine\"", None) && at("mine").is_dir());
    assert!(run("cache = \"./mine\"", Some(&place.cache)));
    // Of a cache that has no room for it nothing is taken, and nothing is an error.
    assert!(
        !run("cache = \"./small\"\nmax_cache = \"1KiB\"", None) && !run("cache = \"./small\"\nmax_cache = 1024", None)
    );
    assert!(!run("cache = \"./large\"\nmax_cache = \"2GiB\"", None) && run("cache = \"./large\"", None));
}

#[test]
fn the_environment_says_how_much_is_kept() {
    let place = Place::new();
    let with = |most: &str, args: &[&str]| {
        let output = place.command(args).env("RUNTIME_WASM_CACHE_MAX", most).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert!(with("512MiB", &["cache", "show"]).1.contains("at most 512.0 MiB"));
    assert!(
        with("2048", &["cache", "show"]).1.contains("at most 2.0 KiB")
            && with("", &["cache", "show"]).1.contains("at most 1.0 GiB")
    );
    let file = place.module("word");
    let (code, said) = with("1KiB", &["exec", file.to_str().unwrap()]);
    assert!(code == Some(0) && place.entries().is_empty(), "{said}");
    for wrong in ["much", "0", "-1", "1.5GiB"] {
        for args in [&["cache", "show"][..], &["exec", file.to_str().unwrap()]] {
            let (code, said) = with(wrong, args);
            assert!(
                code == Some(1) && said.contains("RUNTIME_WASM_CACHE_MAX") && said.contains(wrong),
                "{code:?} {said}"
            );
        }
    }
}
