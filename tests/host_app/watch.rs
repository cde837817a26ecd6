//! Changes that are told of.

use super::app::{App, GRANTS};
use std::fs;

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
