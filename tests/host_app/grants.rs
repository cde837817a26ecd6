//! What the manifest grants, and nothing else.

use super::app::{App, GRANTS, printed};
use runtime_wasm::caps::{Caps, FsError, Writing};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn what_is_not_granted_is_denied_by_name_and_key_whether_or_not_it_exists() {
    let app = App::new(GRANTS);
    fs::write(app.path().join("data/a.txt"), "a").unwrap();
    fs::write(app.path().join("secret.txt"), "secret").unwrap();
    fs::write(app.path().join("in/a.csv"), "csv").unwrap();
    fs::write(app.path().join("in/a.key"), "key").unwrap();
    symlink("../secret.txt", app.path().join("data/link")).unwrap();
    symlink("..", app.path().join("data/up")).unwrap();
    symlink("../escaped.txt", app.path().join("both/dangling")).unwrap();
    symlink("a.txt", app.path().join("data/within")).unwrap();
    let found = app.run(
        r#"
        const { lstat, mkdir, readDir, readFile, readTextFile, remove, rename, stat, watch, writeFile } = app;
        console.log(await refused(readFile("/etc/passwd")));
        console.log(await refused(writeFile("data/a.txt", "")));
        const reads = ["secret.txt", "secret.none", "data/../secret.txt", "data/link", "data/up/secret.txt", "data/up/none", "data/up/data/../secret.txt",
          "in/a.key", "in", "/", "", "in/../../x", "data\0/a", "out/x", "~/x", ".", "data/a.txt/../../secret.txt"];
        for (const read of [readFile, readTextFile, app.readFileStream, readDir, stat, watch]) {
          console.log(...new Set(await Promise.all(reads.map((path) => short(read(path))))));
        }
        // A symlink can be looked at itself where it is granted, and not what it leads to.
        console.log((await lstat("data/link")).isSymlink, await short(lstat("secret.txt")), await readTextFile("data/within"));
        console.log(await readTextFile("in/a.csv"), await readTextFile("in/../data/./a.txt"));
        // To write is another grant than to read.
        const writes = ["data/new", "secret.txt", "both/../secret.txt", "both/dangling", "in/a.csv", "/tmp/x", "manifest.app.toml", "main.js"];
        for (const write of [(path) => writeFile(path, "x"), app.writeFileStream]) {
          console.log(...new Set(await Promise.all(writes.map((path) => short(write(path))))));
        }
        for (const change of [mkdir, remove, (path) => remove(path, { recursive: true }), (path) => mkdir(path, { recursive: true }),
          (path) => rename(path, "out/x"), (path) => rename("both/dangling", path)]) {
          console.log(...new Set(await Promise.all(["data/new", "secret.txt", "both/../secret.txt", "in/a.csv", "data", "."].map((path) => short(change(path))))));
        }
        console.log(await short(readFile("out/x")), await short(stat("made.txt")));
        // A name that is a symlink is removed itself.
        await remove("both/dangling");
        "#,
    );
    let expected = [
        "PermissionDenied 5009 undefined [5009] \"/etc/passwd\" is not granted by `read` in [capabilities.fs]",
        "PermissionDenied 5009 undefined [5009] \"data/a.txt\" is not granted by `write` in [capabilities.fs]",
    ];
    let mut lines = found.lines();
    for line in expected {
        assert_eq!(lines.next(), Some(line));
    }
    for _ in 0..6 {
        assert_eq!(lines.next(), Some("denied"), "{found}");
    }
    assert_eq!(lines.next(), Some("true denied a"));
    assert_eq!(lines.next(), Some("csv a"));
    for _ in 0..8 {
        assert_eq!(lines.next(), Some("denied"), "{found}");
    }
    assert_eq!(lines.collect::<Vec<_>>(), ["denied denied"]);
    assert_eq!(fs::read_to_string(app.path().join("secret.txt")).unwrap(), "secret");
    assert!(!app.path().join("escaped.txt").exists());
}

#[test]
fn a_folder_that_a_symlink_leads_out_to_is_not_told_of_and_a_file_is_no_folder() {
    let app = App::new(GRANTS);
    for folder in ["elsewhere", "out/inner"] {
        fs::create_dir(app.path().join(folder)).unwrap();
    }
    for (target, name) in [("../elsewhere", "there"), ("../nowhere", "gone"), ("inner", "within")] {
        symlink(target, app.path().join("out").join(name)).unwrap();
    }
    fs::write(app.path().join("data/file"), "x").unwrap();
    let found = app.run(
        r#"
        const { mkdir, readFile, stat, writeFile } = app;
        console.log(await short(mkdir("out/there", { recursive: true })), await short(mkdir("out/gone", { recursive: true })));
        console.log(await short(mkdir("out/within", { recursive: true })), await short(mkdir("out/within/x/y", { recursive: true })));
        console.log(await short(writeFile("out/a/", "x")), await short(writeFile("out/b/.", "x")), await short(mkdir("out/c/")));
        console.log(await short(readFile("data/file/")), await short(stat("data/file/.")), (await stat("data/")).isDirectory);
        console.log(await short(readFile("data/none/../file")), await short(mkdir("out/none/../x")));
        "#,
    );
    let lines = [
        "IoError EEXIST IoError EEXIST",
        "no error but undefined no error but undefined",
        "IoError EISDIR IoError EISDIR no error but undefined",
        "IoError ENOTDIR IoError ENOTDIR true",
        "IoError ENOENT IoError ENOENT",
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), lines);
    let mut made: Vec<_> =
        fs::read_dir(app.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    made.sort();
    assert_eq!(made, ["c", "gone", "inner", "there", "within"]);
}

#[test]
fn without_a_section_in_the_manifest_there_are_no_files_and_no_variables() {
    let app = App::new("[capabilities.wasm]\nload = [\"./data\"]\npreopens = [\"./data\"]\n");
    fs::write(app.path().join("data/a"), "a").unwrap();
    let script = r#"
        console.log(await short(app.readFile("data/a")), await short(app.writeFile("data/a", "")), await short(app.watch("data")));
        try { app.env.get("HOME"); } catch (error) { console.log(error.name, error.code, error.message); }
        console.log(Object.keys(app.env.toObject()).length);
    "#;
    let denied = "denied denied denied\nPermissionDenied 5009 [5009] the variable \"HOME\" is not granted by `allow` in [capabilities.env]\n0\n";
    assert_eq!(app.run(script), denied);
    fs::remove_file(app.path().join("manifest.app.toml")).unwrap();
    assert_eq!(app.run(script), denied, "without a manifest");
}

#[test]
fn whoever_swaps_a_folder_for_a_symlink_gets_nothing_out_or_in() {
    let app = App::new(GRANTS);
    let (inner, aside, outside) =
        (app.path().join("both/inner"), app.path().join("both/aside"), app.path().join("outside"));
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&inner).unwrap();
    fs::write(outside.join("file"), "secret").unwrap();
    fs::write(inner.join("file"), "plain").unwrap();
    let caps = Caps::from_file(&app.path().join("manifest.app.toml")).unwrap();
    let over = AtomicBool::new(false);
    let (mut good, mut other) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fs::rename(&inner, &aside).unwrap();
                symlink("../outside", &inner).unwrap();
                fs::remove_file(&inner).unwrap();
                fs::rename(&aside, &inner).unwrap();
            }
        });
        let how = Writing { append: false, create: true, create_new: false, mode: 0o600 };
        for _ in 0..3000 {
            match caps.open_to_read("both/inner/file") {
                Ok(mut file) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).unwrap();
                    assert_ne!(text, "secret");
                    good += 1;
                }
                Err(FsError::Denied(_) | FsError::Failed(_)) => other += 1,
            }
            if let Ok(mut file) = caps.open_to_write("both/inner/new", how) {
                file.write_all(b"x").unwrap();
            }
            if let Ok(entry) = caps.open_entry("both/inner/made") {
                let _ = rustix::fs::mkdirat(&entry.folder, &entry.name, rustix::fs::Mode::RWXU);
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(good > 0, "{good} were read, {other} were not");
    let names: Vec<_> = fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["file"], "something was made outside");
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "secret");
}

#[test]
fn variables_are_those_that_the_manifest_allows() {
    let app = App::new(GRANTS);
    let script = r#"
        const { env } = app;
        console.log(env.get("APP_MODE"), env.get("APP_NONE"), env.get("GONE"), JSON.stringify(env.toObject()));
        for (const name of ["SECRET", "app_mode", "", "APP_=", "APP\0"]) {
          try { console.log(env.get(name)); } catch (error) { console.log(error.name, error.code); }
        }
    "#;
    let mut command = app.command(script);
    let output = command.env_clear().envs([("APP_MODE", "test"), ("SECRET", "x")]).output().unwrap();
    let denied = "PermissionDenied 5009\n";
    let expected =
        format!("test undefined undefined {{\"APP_MODE\":\"test\"}}\n{denied}{denied}{denied}undefined\n{denied}");
    assert_eq!(printed(&output), expected);
}

#[test]
fn an_audit_gives_a_manifest_with_which_the_same_job_is_done() {
    let app = App::new(GRANTS);
    fs::write(app.path().join("data/a"), "a").unwrap();
    let script = r#"
        await app.writeFile("both/b", await app.readFile("data/a"));
        console.log(await short(app.stat("both/none")), await short(app.remove("out/none")), app.env.get("APP_MODE"));
        await app.mkdir("out/new", { recursive: true });
        await app.remove("out/new");
    "#;
    let audit = |option: &str| {
        let mut command = app.command(script);
        let words: Vec<_> = command.get_args().map(std::ffi::OsStr::to_owned).collect();
        command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").args(option.split(' ')).args(&words[1..]).current_dir(app.path()).env("APP_MODE", "test");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(audit("--audit=needed.toml"), "IoError ENOENT IoError ENOENT test\n");
    let needed = fs::read_to_string(app.path().join("needed.toml")).unwrap();
    assert!(needed.contains("\"./data/a\"") && !needed.contains(".csv") && !needed.contains("made.txt"), "{needed}");
    assert_eq!(audit("--manifest needed.toml"), "IoError ENOENT IoError ENOENT test\n", "{needed}");
}

#[test]
fn an_audit_grants_what_was_not_there_and_is_refused_where_it_cannot_be_written() {
    let app = App::new("[capabilities.wasm]\nload = [\"./**\"]\n[capabilities.fs]\nread = [\"./data\"]\n");
    let script = r#"
        const { compileFile } = await import("runtime:wasm");
        console.log(await compileFile("data/optional.wasm").catch(({ code }) => code));
        console.log((await app.readTextFile(import.meta.resolve("./data/a"))).length);
    "#;
    fs::write(app.path().join("data/a"), "abc").unwrap();
    let run = |options: &str| {
        let main = app.command(script).get_args().nth(1).unwrap().to_owned();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").args(options.split(' ')).arg(main).current_dir(app.path()).output().unwrap()
    };
    assert_eq!(printed(&run("--audit=needed.toml")), "5008\n3\n");
    assert_eq!(printed(&run("--manifest needed.toml")), "5008\n3\n");
    let refused = run("--audit=none/needed.toml");
    assert!(refused.status.code() == Some(1) && refused.stdout.is_empty(), "{refused:?}");
}
