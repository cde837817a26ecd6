//! What an app does for itself by `runtime:app`: files, variables, standard streams and signals.

#![cfg(feature = "host")]

use runtime_wasm::caps::{Caps, FsError, Writing};
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const GRANTS: &str = r#"
[capabilities.fs]
read = ["./data", "./in/*.csv", "./both"]
write = ["./out", "./both", "./made.txt"]
[capabilities.env]
allow = ["APP_*", "GONE"]
"#;

/// An app in a folder of its own, with this manifest.
struct App {
    folder: TempDir,
}

impl App {
    fn new(manifest: &str) -> App {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.app.toml"), manifest).unwrap();
        for name in ["data", "in", "out", "both"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        App { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script in which `app` is the whole of `runtime:app`.
    fn command(&self, script: &str) -> Command {
        let main = self.path().join("main.js");
        fs::write(&main, format!("import * as app from \"runtime:app\";\n{HELPERS}\n{script}")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_runtime-wasm"));
        command.arg("run").arg(main).stdin(Stdio::null());
        command
    }

    /// What the script prints.
    fn run(&self, script: &str) -> String {
        printed(&self.command(script).output().unwrap())
    }
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout.clone()).unwrap()
}

const HELPERS: &str = r#"
    const refused = (promise) => promise.then(
      (value) => `no error but ${value}`,
      (error) => `${error.name} ${error.code} ${error.reason} ${error.message}`,
    );
    const short = (promise) => promise.then(
      (value) => `no error but ${value}`, (error) => error.code === 5009 ? "denied" : `${error.name} ${error.reason}`,
    );
"#;

#[test]
fn files_are_written_and_read_whole_and_piece_by_piece() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        const { readFile, readTextFile, writeFile } = app;
        await writeFile("both/a", "gr\u00fc\u00dfe");
        console.log((await readFile("both/a")).join(), await readTextFile("both/a"));
        await writeFile("both/a", new Uint8Array([0, 255, 10]).subarray(1));
        await writeFile("./both/a", new Uint16Array([1]).buffer, { append: true });
        await writeFile("both/a", new DataView(new ArrayBuffer(9), 8), { append: true });
        console.log((await readFile("both/a")).join());
        console.log(await short(writeFile("both/a", "x", { createNew: true })), await short(writeFile("both/b", "x", { create: false })));
        await writeFile("both/b", (async function* () { yield "one "; yield new Uint8Array([50]); })());
        console.log(await readTextFile("both/b", { maxBytes: 5 }), await short(readTextFile("both/b", { maxBytes: 4 })));
        await writeFile("both/c", new Blob(["from a blob"]).stream());
        console.log(await new Response(await app.readFileStream(new URL("./both/c", import.meta.url))).text());

        // More than a stream holds at once, and back.
        const piece = new Uint8Array(300_000).map((_, index) => index);
        const writer = (await app.writeFileStream("both/large")).getWriter();
        for (let i = 0; i < 5; i++) await writer.write(piece);
        await writer.close();
        let sum = 0, length = 0;
        for await (const bytes of await app.readFileStream("both/large")) {
          length += bytes.length;
          sum += bytes.reduce((a, b) => a + b, 0);
        }
        console.log(length === 1_500_000, sum === 5 * piece.reduce((a, b) => a + b, 0));
        await (await app.readFileStream("both/large")).cancel();
        await (await app.readFileStream("both/large")).pipeTo(await app.writeFileStream("both/copy"));
        console.log((await app.stat("both/copy")).size);

        let over = "nobody said it is over";
        const source = { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 5 }), return: async () => { over = "over"; } }) };
        console.log(await writeFile("both/d", source).catch((error) => error.message), over);
        console.log(await writeFile("both/d", null).catch((error) => error.name), await readFile("both/d", { size: 1 }).catch(String));
        "#,
    );
    assert_eq!(
        found,
        "103,114,195,188,195,159,101 grüße\n255,10,1,0,0\nIoError EEXIST IoError ENOENT\none 2 IoError EFBIG\nfrom a blob\ntrue true\n1500000\n\
         a piece of the data must be a string or bytes over\nTypeError TypeError: unknown option \"size\"; there are maxBytes\n"
    );
}

#[test]
fn folders_are_listed_made_renamed_and_removed() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        const { lstat, mkdir, readDir, remove, rename, stat, writeFile } = app;
        await mkdir("both/x/y/z", { recursive: true });
        await mkdir("both/x/y/z/", { recursive: true });
        console.log(await short(mkdir("both/x")), await short(mkdir("both/no/no")));
        await writeFile("both/x/file", "12345");
        await writeFile("both/x/.hidden", "");
        const kind = (found) => found.isFile ? "file" : found.isDirectory ? "folder" : found.isSymlink ? "symlink" : "other";
        console.log((await readDir("both/x")).map((entry) => entry.name + " " + kind(entry)).join());
        const found = await stat("both/x/file");
        console.log(kind(found), found.size, found.mode.toString(8), Math.abs(found.modifiedMs - Date.now()) < 60_000, kind(await lstat("both")));
        await rename("both/x", "both/w");
        await rename("both/w/file", "out/moved");
        console.log((await readDir("both/w")).length, await short(stat("both/x")), await short(rename("both/w", "out/moved")));
        console.log(await short(remove("both/w")), await short(remove("both/none")), await short(remove("both/none", { recursive: true })));
        await remove("both/w", { recursive: true });
        await remove("out/moved");
        await writeFile("made.txt", "a file that is granted by its name");
        // What is granted as a folder may itself be removed and made.
        await remove("out");
        await mkdir("out");
        await writeFile("out/a", "");
        console.log((await readDir("both")).length);
        console.log(await mkdir("out/m", { mode: 0o700 }).then(() => rename("out/m", "both/m")).then(() => stat("both/m")).then((found) => (found.mode & 0o777).toString(8)));
        "#,
    );
    assert_eq!(
        found,
        "IoError EEXIST IoError ENOENT\n.hidden file,file file,y folder\nfile 5 100644 true folder\n2 IoError ENOENT IoError ENOTDIR\n\
         IoError ENOTEMPTY IoError ENOENT IoError ENOENT\n0\n700\n"
    );
    assert_eq!(fs::read_to_string(app.path().join("made.txt")).unwrap(), "a file that is granted by its name");
}

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
fn what_is_not_there_by_a_relative_path_says_where_it_was_looked_for() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        for (const failing of [app.readTextFile("data/none"), app.stat("data/none"), app.writeFile("both/none/file", ""), app.readDir("data/none")]) {
          console.log(await failing.catch(({ reason, message }) => `${reason} ${message}`));
        }
        "#,
    );
    let there = format!("; looked for in {}", app.path().canonicalize().unwrap().display());
    assert_eq!(
        found.lines().filter(|line| line.starts_with("ENOENT [5008] \"") && line.ends_with(&there)).count(),
        4,
        "{found}"
    );
    let absolute = format!("console.log(await refused(app.readFile({:?})))", app.path().join("data/none"));
    assert!(!app.run(&absolute).contains("looked for"));
}

#[test]
fn no_file_holds_up_the_event_loop_or_is_touched_that_is_none() {
    let app = App::new(GRANTS);
    for name in ["data/pipe", "both/pipe"] {
        let path = std::ffi::CString::new(app.path().join(name).to_str().unwrap()).unwrap();
        // SAFETY: the path is a string that ends in a NUL.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    }
    let socket = std::os::unix::net::UnixListener::bind(app.path().join("data/socket")).unwrap();
    symlink("/dev/zero", app.path().join("data/zero")).unwrap();
    // Waits until somebody opens the pipe to read it, which nobody does.
    let pipe = app.path().join("data/pipe");
    let opened = std::sync::Arc::new(AtomicBool::new(false));
    let seen = opened.clone();
    std::thread::spawn(move || {
        let writer = fs::OpenOptions::new().write(true).open(pipe);
        seen.store(writer.is_ok(), Ordering::SeqCst);
    });
    let found = app.run(
        r#"
        const none = ["data/pipe", "data/socket"];
        for (const path of none) {
          console.log(await refused(app.readFile(path)));
          console.log(await short(app.readFileStream(path)), (await app.stat(path)).isFile, await short(app.readDir(path)));
        }
        console.log(await short(app.writeFile("both/pipe", "x")), await short(app.readFile("data/zero")), await short(app.readFile("data")));
        "#,
    );
    let of = |path: &str| {
        format!(
            "IoError 5008 EINVAL [5008] \"{path}\" cannot be read: it is neither a file nor a folder\nIoError EINVAL false IoError ENOTDIR\n"
        )
    };
    assert_eq!(found, of("data/pipe") + &of("data/socket") + "IoError EINVAL denied IoError EISDIR\n");
    assert!(!opened.load(Ordering::SeqCst), "the pipe was opened");
    assert!(fs::metadata(app.path().join("both/pipe")).unwrap().file_type().is_fifo());
    drop(socket);
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
fn a_folder_is_removed_however_deep_it_is_and_no_symlink_in_it_is_followed() {
    let app = App::new(GRANTS);
    fs::write(app.path().join("data/kept"), "kept").unwrap();
    let mut deep = app.path().join("both/deep");
    for depth in 0..300 {
        fs::create_dir(&deep).unwrap();
        fs::write(deep.join("file"), "").unwrap();
        if depth % 50 == 0 {
            symlink(app.path().join("data"), deep.join("link")).unwrap();
        }
        deep.push("d");
    }
    let found = app.run(
        r#"
        await app.remove("both/deep", { recursive: true });
        console.log((await app.readDir("both")).length, await app.readTextFile("data/kept"));
        "#,
    );
    assert_eq!(found, "0 kept\n");
}

#[test]
fn changes_are_told_of_folders_and_of_files() {
    let app = App::new(GRANTS);
    fs::write(app.path().join("both/file"), "").unwrap();
    let found = app.run(
        r#"
        const { mkdir, remove, rename, watch, writeFile } = app;
        const seen = [];
        const folder = await watch("./both/");
        await writeFile("both/a", "x");
        await rename("both/a", "both/b");
        await remove("both/b");
        for await (const { kind, path } of folder) {
          if (seen.at(-1) !== kind + " " + path) seen.push(kind + " " + path);
          if (kind === "remove" && path === "./both/b") break;
        }
        console.log(seen.join("\n"));
        console.log((await folder.next()).done);

        // Files, of which one does not exist yet, and one is replaced by another.
        const files = await watch(["both/new", "both/file"]);
        await writeFile("both/other", "");
        await rename("both/other", "both/file");
        await mkdir("both/new");
        console.log(await files.next().then(({ value }) => value.kind + " " + value.path));
        console.log(await files.next().then(({ value }) => value.kind + " " + value.path));
        const waiting = files.next();
        files.close();
        console.log((await waiting).done);

        // It ends where there is nothing left to watch.
        const gone = await watch("both/new");
        await remove("both/new");
        for await (const { kind, path } of gone) console.log(kind, path);
        console.log(await watch([]).catch((error) => error.name), await short(watch("both/none/file")));
        "#,
    );
    assert_eq!(
        found,
        "create ./both/a\nmodify ./both/a\nclose ./both/a\nremove ./both/a\ncreate ./both/b\nremove ./both/b\ntrue\n\
         create both/file\ncreate both/new\ntrue\nremove both/new\nTypeError IoError ENOENT\n"
    );
}

#[test]
fn whoever_asks_for_several_changes_at_once_gets_them_in_turn() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        const guard = setTimeout(() => app.exit(9), 60_000);
        const changes = await app.watch("both");
        const asked = [changes.next(), changes.next(), changes.next()];
        // Folders, since each is one change: how many those of a file come to depends on how soon they are read.
        for (const name of ["a", "b", "c"]) await app.mkdir(`both/${name}`);
        console.log((await Promise.all(asked)).map(({ value }) => `${value.kind} ${value.path}`).join());
        const left = [changes.next(), changes.next()];
        changes.close();
        console.log((await Promise.all(left)).map(({ done }) => done).join());
        clearTimeout(guard);
        "#,
    );
    assert_eq!(found, "create both/a,create both/b,create both/c\ntrue,true\n");
}

#[test]
fn a_watch_ends_with_its_folder_whoever_holds_that_open() {
    let app = App::new(GRANTS);
    fs::create_dir(app.path().join("both/inner")).unwrap();
    let held = fs::File::open(app.path().join("both/inner")).unwrap();
    // One that is granted is held by its grant.
    let found = app.run(
        r#"
        const guard = setTimeout(() => app.exit(9), 60_000);
        for (const [watched, removed] of [["both/inner", "both/inner"], ["both/file", "both"], ["both", "both"]]) {
          await app.mkdir("both", { recursive: true });
          if (watched === "both/file") await app.writeFile(watched, "");
          const changes = await app.watch(watched);
          await app.remove(removed, { recursive: true });
          const seen = new Set();
          for await (const { kind, path } of changes) seen.add(`${kind} ${path}`);
          console.log([...seen].join());
        }
        clearTimeout(guard);
        "#,
    );
    drop(held);
    assert_eq!(found, "remove both/inner\nremove both/file\nremove both\n");
}

#[test]
fn the_names_of_a_large_folder_are_all_there_and_sorted() {
    let app = App::new(GRANTS);
    for number in 0..2500 {
        fs::write(app.path().join(format!("data/{number:05}-gr\u{fc}n")), "").unwrap();
    }
    fs::create_dir(app.path().join("data/00000")).unwrap();
    symlink("00000", app.path().join("data/zz")).unwrap();
    let found = app.run(
        r#"
        const found = await app.readDir("data");
        console.log(found.length, JSON.stringify([found[0], found[1], found[2501]]));
        console.log(found.slice(1, -1).every(({ name, isFile }, index) => isFile && name === String(index).padStart(5, "0") + "-gr\u00fcn"));
        "#,
    );
    let entry = |name: &str, kind: usize| {
        format!(
            "{{\"name\":\"{name}\",\"isFile\":{},\"isDirectory\":{},\"isSymlink\":{}}}",
            kind == 0,
            kind == 1,
            kind == 2
        )
    };
    let expected = [entry("00000", 1), entry("00000-gr\u{fc}n", 0), entry("zz", 2)].join(",");
    assert_eq!(found, format!("2502 [{expected}]\ntrue\n"));
}

#[test]
fn what_goes_wrong_first_while_pieces_are_written_is_what_is_told() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        const write = (data) => app.writeFile("both/a", data).then(() => "no error", (error) => `${error.name} ${error.message}`);
        const iterable = (iterator, key = Symbol.iterator) => ({ [key]: () => iterator });
        console.log(await write(iterable({ next: () => ({ value: 5 }), return() { throw new Error("hides it"); } })));
        let closed = "not closed";
        console.log(await write(iterable({ next() { throw new Error("next fails"); }, return() { closed = "closed"; } })), closed);
        for (const wrong of [null, 1, undefined]) console.log(await write(iterable(wrong)), "|", await write(iterable(wrong, Symbol.asyncIterator)));
        console.log(await write(iterable({ next: () => null })));
        console.log(await write({ [Symbol.iterator]: 5 }));
        "#,
    );
    let no_object = "TypeError the iterator of the data must be an object";
    let expected = [
        "TypeError a piece of the data must be a string or bytes",
        "Error next fails not closed",
        &format!("{no_object} | {no_object}"),
        &format!("{no_object} | {no_object}"),
        &format!("{no_object} | {no_object}"),
        "TypeError what next() of the data's iterator gives must be an object",
        "TypeError the data must be a string, bytes, or a stream or an iterable of these",
    ];
    assert_eq!(found.lines().collect::<Vec<_>>(), expected);
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

/// What a child's output says next.
fn line(output: &mut ChildStdout) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while byte[0] != b'\n' && output.read(&mut byte).unwrap() == 1 {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

#[test]
fn bytes_come_in_and_go_out_as_they_are() {
    let app = App::new("");
    let script = r#"
        for await (const bytes of app.stdin.readable) await app.stdout.write(bytes);
        await app.stderr.write("over");
        console.log(app.stdin.isTerminal, app.stdout.isTerminal, app.stdin.readable === app.stdin.readable);
    "#;
    let mut child =
        app.command(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // More than pipes hold, and no text.
    let bytes: Vec<u8> = (0..400_000_u32).map(|number| (number * 7) as u8).collect();
    let mut stdin = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let sender = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    sender.join().unwrap();
    assert!(output.stdout == [&bytes[..], b"false false true\n"].concat(), "{} bytes", output.stdout.len());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "over");
}

#[test]
fn an_input_that_stays_open_keeps_no_app_that_has_let_go_of_it() {
    let app = App::new("");
    let script = r#"
        const reader = app.stdin.readable.getReader();
        console.log(new TextDecoder().decode((await reader.read()).value));
        const waiting = reader.read();
        await reader.cancel();
        console.log((await waiting).done);
    "#;
    let mut child = app.command(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"one").unwrap();
    assert!(child.wait().unwrap().success());
    let mut found = String::new();
    child.stdout.take().unwrap().read_to_string(&mut found).unwrap();
    assert_eq!(found, "one\ntrue\n");
    drop(stdin);
}

#[test]
fn an_output_that_nobody_reads_holds_up_nothing_and_one_that_is_gone_is_an_error() {
    let app = App::new("");
    let script = r#"
        const written = [app.stdout.write(new Uint8Array(1_000_000)), app.stdout.write("x")].map((promise) => short(promise));
        await new Promise((resolve) => setTimeout(resolve, 1));
        console.error("goes on");
        console.error((await Promise.all(written)).join());
    "#;
    let mut child = app.command(script).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut said = [0; 8];
    stderr.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"goes on\n");
    drop(child.stdout.take());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "IoError EPIPE,IoError EPIPE\n");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_terminal_is_known_with_its_size() {
    let (mut outer, mut inner) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: both descriptors are valid for writes, the size is one, and the other arguments may be null.
    let failed = unsafe {
        libc::openpty(&raw mut outer, &raw mut inner, std::ptr::null_mut(), std::ptr::null(), &raw const size)
    };
    assert_eq!(failed, 0, "openpty: {}", std::io::Error::last_os_error());
    // SAFETY: they are open, and nobody else's.
    let (_outer, inner) = unsafe { (OwnedFd::from_raw_fd(outer), OwnedFd::from_raw_fd(inner)) };
    let app = App::new("");
    let script = r#"console.log(JSON.stringify([app.terminalSize(), app.stdin.isTerminal, app.stdout.isTerminal]));"#;
    assert_eq!(app.run(script), "[null,false,false]\n");
    let output = app.command(script).stdin(inner).output().unwrap();
    assert_eq!(printed(&output), "[{\"columns\":100,\"rows\":24},true,false]\n");
}

/// A child that has said "ready".
fn ready(app: &App, script: &str) -> (Child, ChildStdout) {
    let mut child = app.command(script).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    assert_eq!(line(&mut stdout), "ready\n");
    (child, stdout)
}

fn send(child: &Child, signal: i32) {
    // SAFETY: it sends a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

/// What the child still prints, and its exit code.
fn rest(mut child: Child, mut stdout: ChildStdout) -> (String, Option<i32>) {
    let (mut text, mut errors) = (String::new(), String::new());
    stdout.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (text + &errors, child.wait().unwrap().code())
}

#[test]
fn listeners_are_done_before_a_signal_ends_the_app() {
    let app = App::new("");
    for (signal, name, code) in [(libc::SIGTERM, "SIGTERM", 143), (libc::SIGINT, "SIGINT", 130)] {
        let script = format!(
            r#"
            const timer = setInterval(() => {{}}, 1000);
            app.onSignal("{name}", async (event) => {{
              console.log("first", event.signal);
              await new Promise((resolve) => setTimeout(resolve, 20));
              console.log("saved");
            }});
            const stop = app.onSignal("{name}", () => console.log("never"));
            app.onSignal("{name}", () => console.log("second"));
            stop();
            console.log("ready");
            "#
        );
        let (child, stdout) = ready(&app, &script);
        send(&child, signal);
        assert_eq!(rest(child, stdout), (format!("first {name}\nsecond\nsaved\n"), Some(code)));
    }
}

#[test]
fn an_app_goes_on_after_a_signal_if_it_says_so_and_others_end_nothing() {
    let app = App::new("");
    let script = r#"
        let left = 2;
        app.onSignal("SIGINT", (event) => {
          event.preventDefault();
          console.log("interrupted");
        });
        app.onSignal("SIGUSR1", () => console.log("one"));
        const stop = app.onSignal("SIGTERM", () => console.log("not any more"));
        stop();
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, script);
    for _ in 0..2 {
        send(&child, libc::SIGINT);
        assert_eq!(line(&mut stdout), "interrupted\n");
        send(&child, libc::SIGUSR1);
        assert_eq!(line(&mut stdout), "one\n");
    }
    send(&child, libc::SIGTERM);
    assert_eq!(rest(child, stdout), (String::new(), Some(143)));
}

#[test]
fn a_listener_that_listens_again_hears_of_the_next_signal() {
    let app = App::new("");
    let script = r#"
        let heard = 0;
        const listen = () => {
          console.log(`heard ${heard += 1}`);
          if (heard === 1) setTimeout(() => console.log("and that was all"), 0);
          if (heard === 3) app.exit(0);
          app.onSignal("SIGUSR1", listen);
        };
        app.onSignal("SIGUSR1", listen);
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, script);
    send(&child, libc::SIGUSR1);
    assert_eq!([line(&mut stdout), line(&mut stdout)], ["heard 1\n", "and that was all\n"]);
    // Both listen now.
    send(&child, libc::SIGUSR1);
    assert_eq!(rest(child, stdout), ("heard 2\nheard 3\n".to_owned(), Some(0)));
}

#[test]
fn listeners_that_take_too_long_end_with_another_signal_or_with_their_time() {
    let app = App::new("");
    let waits = r#"
        app.onSignal("SIGTERM", () => {
          console.log("waiting");
          return new Promise((resolve) => setTimeout(resolve, 1e6));
        });
        setInterval(() => {}, 1000);
        console.log("ready");
    "#;
    let (child, mut stdout) = ready(&app, waits);
    send(&child, libc::SIGTERM);
    assert_eq!(line(&mut stdout), "waiting\n");
    send(&child, libc::SIGINT);
    assert_eq!(rest(child, stdout), (String::new(), Some(130)));

    // One that never comes back is ended after its time, and so is an app that never takes notice.
    let spins = "app.onSignal(\"SIGTERM\", () => { console.log(\"spins\"); while (true); }); setInterval(() => {}, 1000); console.log(\"ready\");";
    let busy = "app.onSignal(\"SIGTERM\", () => console.log(\"never\")); console.log(\"ready\"); while (true);";
    let children = [waits, spins, busy].map(|script| ready(&app, script));
    children.iter().for_each(|(child, _)| send(child, libc::SIGTERM));
    let ends = children.map(|(child, stdout)| rest(child, stdout));
    assert_eq!(ends, ["waiting\n", "spins\n", ""].map(|said| (said.to_owned(), Some(143))));
}

#[test]
fn a_listener_may_exit_or_fail_and_an_app_that_has_nothing_else_to_do_ends() {
    let app = App::new("");
    for (listener, said, code) in [
        ("() => app.exit(7)", "", 7),
        ("() => { throw new Error('on purpose'); }", "on purpose", 1),
        // One that listens once.
        (
            "async () => { stop(); await new Promise((done) => setTimeout(done, 20)); console.log('saved'); }",
            "saved",
            143,
        ),
        ("() => { clearInterval(timer); return new Promise(() => {}); }", "", 143),
    ] {
        let script = format!(
            "const timer = setInterval(() => {{}}, 1000); const stop = app.onSignal(\"SIGTERM\", {listener}); console.log(\"ready\");"
        );
        let (child, stdout) = ready(&app, &script);
        send(&child, libc::SIGTERM);
        let (found, ended) = rest(child, stdout);
        assert!(ended == Some(code) && found.contains(said), "{listener}: {found} {ended:?}");
    }
    // To listen is no reason to go on.
    assert_eq!(app.run("app.onSignal(\"SIGINT\", () => {}); app.onSignal(\"SIGHUP\", () => {});"), "");
    let found = app
        .run("try { app.onSignal(\"SIGKILL\", () => {}); } catch (error) { console.log(error.name, error.message); }");
    assert!(found.starts_with("TypeError \"SIGKILL\" is no signal to listen to; there are SIGINT, "), "{found}");
}
