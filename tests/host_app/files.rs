//! Files and folders.

use super::app::{App, GRANTS};
use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

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
fn what_is_not_there_by_a_relative_path_says_where_it_was_looked_for() {
    let app = App::new(GRANTS);
    let found = app.run(
        r#"
        const { readDir, readTextFile, stat, writeFile } = app;
        for (const fails of [() => readTextFile("data/none"), () => stat("data/none"), () => writeFile("both/none/file", ""), () => readDir("data/none")]) {
          console.log(await fails().catch(({ reason, message }) => `${reason} ${message}`));
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
