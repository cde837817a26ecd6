//! `runtime-wasm init`: the app runs as it is written, and so it does with its plugin built anew; nothing is written over.

use super::blocks::{read, root};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const LANGUAGES: [&str; 5] = ["c", "rust", "assemblyscript", "zig", "js"];

fn output(command: &mut Command) -> Output {
    // Cargo's own libraries are none of another compiler's.
    command.env_remove("LD_LIBRARY_PATH").output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What it prints.
fn succeeds(command: &mut Command) -> String {
    let output = output(command);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

fn runtime_wasm() -> Command {
    Command::new(env!("CARGO_BIN_EXE_runtime-wasm"))
}

/// A new app, in a folder that was not there.
fn app(language: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeeds(runtime_wasm().args(["init", "--plugin", language]).arg(folder.path().join("new/app")));
    folder
}

/// Runs it, and holds what it prints against what it is to print.
fn runs(app: &Path) {
    let printed = succeeds(runtime_wasm().arg("run").arg(app.join("main.ts")));
    let lines: Vec<&str> = printed.lines().collect();
    let [first, stopped, second, refused] = lines[..] else { panic!("{printed}") };
    assert_eq!([first, second, refused], ["HELLO, WORLD!", "ONCE MORE!", "refused: PermissionDenied 5009"]);
    assert!(stopped.starts_with("stopped: FuelExhausted 5011. "), "{printed}");
}

/// The app runs with the plugin it came with; that is no longer there when its script builds it.
fn runs_and_builds(language: &str, build: impl FnOnce(&Path)) {
    let folder = app(language);
    let app = folder.path().join("new/app");
    runs(&app);
    fs::remove_file(app.join("plugins/plugin.wasm")).unwrap();
    build(&app);
    runs(&app);
}

fn build_script(app: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg(app.join("plugin/build.sh"));
    command
}

/// The compiler for guests that is here, as the one place knows that looks for one.
fn compiler(language: &str) -> String {
    succeeds(Command::new(root().join("scripts/guest-compiler.sh")).arg(language)).trim_end().to_owned()
}

#[test]
fn an_app_with_a_plugin_in_c_runs_and_its_plugin_is_built() {
    runs_and_builds("c", |app| drop(succeeds(build_script(app).env("CLANG", compiler("c")))));
}

#[test]
fn an_app_with_a_plugin_in_rust_runs_and_its_plugin_is_built() {
    runs_and_builds("rust", |app| {
        let compiler = compiler("rust");
        let (rustc, target) = compiler.rsplit_once(' ').unwrap();
        let plugin = app.join("plugin");
        if target == "wasm32-wasip1" {
            succeeds(build_script(app).env("RUSTC", rustc).env_remove("CARGO_TARGET_DIR"));
        } else {
            // A rustc of before 1.78, which no cargo of today works with.
            let words = ["--edition", "2021", "--target", target, "--crate-type", "cdylib", "-O", "plugin.rs", "-o"];
            succeeds(Command::new(rustc).args(words).arg("../plugins/plugin.wasm").current_dir(plugin));
        }
    });
}

#[test]
fn an_app_with_a_plugin_in_assemblyscript_runs_and_its_plugin_is_built() {
    runs_and_builds("assemblyscript", |app| {
        symlink(root().join("examples/guests/assemblyscript/node_modules"), app.join("plugin/node_modules")).unwrap();
        succeeds(&mut build_script(app));
    });
}

#[test]
fn an_app_with_a_plugin_in_zig_runs_and_its_plugin_is_built() {
    runs_and_builds("zig", |app| drop(succeeds(build_script(app).env("ZIG", compiler("zig")))));
}

#[test]
fn an_app_with_a_plugin_in_javascript_runs_and_its_plugin_is_built() {
    runs_and_builds("js", |app| {
        symlink(root().join("tests/components/tools/node_modules"), app.join("plugin/node_modules")).unwrap();
        succeeds(&mut build_script(app));
    });
}

/// So a new app's `npm install` gets what is tested.
#[test]
fn the_compilers_from_npm_are_those_that_are_tested() {
    let json = |path: &str| serde_json::from_str::<serde_json::Value>(&read(path)).unwrap();
    let ours = json("examples/guests/assemblyscript/package.json");
    assert_eq!(json("src/cli/init/assemblyscript/package.json")["devDependencies"], ours["devDependencies"]);
    let (app, ours) = (json("src/cli/init/js/package.json"), json("tests/components/tools/package.json"));
    assert_eq!([&app["devDependencies"], &app["overrides"]], [&ours["dependencies"], &ours["overrides"]]);
}

#[test]
fn an_app_has_no_type_errors() {
    // The others have the files of the first.
    for language in ["rust", "js"] {
        let folder = app(language);
        let compiler = root().join("target/tools/typescript/lib/tsc.js");
        succeeds(Command::new("node").arg(compiler).arg("-p").arg(folder.path().join("new/app")));
    }
}

#[test]
fn the_stand_in_for_a_plugin_in_javascript_is_what_its_text_and_its_types_say() {
    let folder = root().join("src/cli/init/js");
    let made = wat::parse_file(folder.join("plugin.wat")).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(folder.join("plugin.wasm"), &made).unwrap();
    }
    assert!(
        made == fs::read(folder.join("plugin.wasm")).unwrap(),
        "plugin.wasm is not plugin.wat; BLESS=1 makes it so"
    );
    let types = succeeds(runtime_wasm().arg("types").arg(folder.join("plugin.wasm")));
    assert_eq!(types, read("src/cli/init/js/plugin.d.ts"));
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    for taken in ["main.ts", "plugin/plugin.rs", "plugins/plugin.wasm", "tsconfig.json"] {
        let (app, taken) = (folder.path().join(taken.replace('/', "-")), Path::new(taken));
        fs::create_dir_all(app.join(taken).parent().unwrap()).unwrap();
        fs::write(app.join(taken), "mine").unwrap();
        let refused = output(runtime_wasm().arg("init").arg(&app));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(taken.to_str().unwrap()) && said.contains("nothing is written over"), "{said}");
        assert_eq!(fs::read_to_string(app.join(taken)).unwrap(), "mine");
        assert_eq!(fs::read_dir(&app).unwrap().count(), 1, "something was written beside it");
    }
    // Nor through a link that leads nowhere yet.
    let app = folder.path().join("linked");
    fs::create_dir(&app).unwrap();
    symlink(folder.path().join("elsewhere"), app.join("main.ts")).unwrap();
    assert_eq!(output(runtime_wasm().arg("init").arg(&app)).status.code(), Some(1));
    assert!(!folder.path().join("elsewhere").exists());
}

#[test]
fn what_is_there_otherwise_stays_and_what_cannot_be_written_is_said() {
    let folder = tempfile::tempdir().unwrap();
    // A new repository has a README and more, and its folder may have any name.
    let mine = folder.path().join("it's mine");
    fs::create_dir(&mine).unwrap();
    let files = ["notes.txt", "README.md", ".gitignore"];
    files.iter().for_each(|name| fs::write(mine.join(name), "mine").unwrap());
    let said = succeeds(runtime_wasm().arg("init").arg("it's mine").current_dir(folder.path()));
    assert!(files.iter().all(|name| fs::read_to_string(mine.join(name)).unwrap() == "mine"));
    assert!(said.contains("left as it is: README.md, .gitignore\n"), "{said}");
    assert!(said.contains(r"  runtime-wasm run 'it'\''s mine/main.ts'  "), "{said}");
    runs(&mine);

    // A file stands where a folder is to be, so all that was written before is gone again.
    let app = folder.path().join("half");
    fs::create_dir(&app).unwrap();
    fs::write(app.join("plugins"), "mine").unwrap();
    let refused = output(runtime_wasm().arg("init").arg(&app));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("plugins/plugin.wasm cannot be written"), "{said}");
    assert!(!app.join("main.ts").exists());
}

#[test]
fn a_language_that_there_is_none_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = output(runtime_wasm().args(["init", "--plugin", "cobol"]).arg(folder.path().join("app")));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(LANGUAGES.iter().all(|language| said.contains(language)), "{said}");
    assert!(!folder.path().join("app").exists());
}
