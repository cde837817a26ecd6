//! What the command line says of itself, and to whoever makes a mistake: help, versions, completions, manual pages, hints and colours.

#![cfg(feature = "host")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_runtime-wasm");
const COMMANDS: [&str; 9] = ["init", "run", "exec", "check", "inspect", "types", "cache", "completions", "man"];

/// Runs it in a folder: the exit code, stdout and stderr.
fn runtime_wasm(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(BINARY);
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    said(command.output().unwrap())
}

fn said(output: Output) -> (i32, String, String) {
    let Output { status, stdout, stderr } = output;
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder with these files; those of WebAssembly are written as text.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let bytes = if name.ends_with(".wasm") { wat::parse_str(text).unwrap() } else { text.as_bytes().to_vec() };
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn a_version_names_both_engines() {
    let here = folder(&[]);
    let (code, long, _) = runtime_wasm(here.path(), &["--version"]);
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!((code, lines.len(), lines[0]), (0, 3, concat!("runtime-wasm ", env!("CARGO_PKG_VERSION"))));
    let engine = if cfg!(feature = "v8") { "JavaScript   V8 1" } else { "JavaScript   QuickJS-ng 0." };
    assert!(lines[1].starts_with(engine), "{long}");
    let lock = read("Cargo.lock");
    let wasmtime = lock.split("name = \"wasmtime\"\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(lines[2], format!("WebAssembly  wasmtime {wasmtime}"));
    assert_eq!(runtime_wasm(here.path(), &["-V"]).1, format!("{}\n", lines[0]));
}

#[test]
fn every_shell_is_told_all_commands() {
    let here = folder(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, script, stderr) = runtime_wasm(here.path(), &["completions", shell]);
        assert_eq!((code, &*stderr), (0, ""));
        for word in COMMANDS.iter().chain(&["timeout-ms", "no-cache"]) {
            assert!(script.contains(word), "{shell} is not told of {word}");
        }
    }
    let (_, script, _) = runtime_wasm(here.path(), &["completions", "bash"]);
    fs::write(here.path().join("script"), script).unwrap();
    let asked = "source ./script; COMP_WORDS=(runtime-wasm exec --timeo); COMP_CWORD=2; _runtime__wasm runtime-wasm --timeo exec; echo ${COMPREPLY[@]}";
    let completed = said(Command::new("bash").current_dir(here.path()).args(["-c", asked]).output().unwrap());
    assert_eq!(completed.1, "--timeout-ms\n", "{}", completed.2);
    let (code, _, stderr) = runtime_wasm(here.path(), &["completions", "tcsh"]);
    assert!(code == 2 && stderr.contains("tcsh") && stderr.contains("zsh"), "{stderr}");
}

#[test]
fn there_is_a_manual_page_for_each_command_and_the_same_one_twice() {
    let here = folder(&[("file", "")]);
    let pages = |name: &str| -> Vec<(String, String)> {
        assert_eq!(runtime_wasm(here.path(), &["man", name]), (0, String::new(), String::new()));
        let files = fs::read_dir(here.path().join(name)).unwrap().map(|entry| entry.unwrap().path());
        let mut pages: Vec<_> = files
            .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&file).unwrap()))
            .collect();
        pages.sort();
        pages
    };
    let once = pages("a/man1");
    let names: BTreeSet<String> = once.iter().map(|(name, _)| name.clone()).collect();
    let own = COMMANDS.iter().map(|command| format!("runtime-wasm-{command}.1"));
    assert_eq!(names, own.chain(["runtime-wasm.1".to_owned()]).collect());
    for (name, page) in &once {
        assert!(page.contains(&format!(".TH {} 1", name.trim_end_matches(".1"))), "{name}: {page}");
        assert!(!page.contains(here.path().to_str().unwrap()) && !page.contains('\x1b'), "{name}: {page}");
    }
    let of = |name: &str| &once.iter().find(|(other, _)| other == name).unwrap().1;
    assert!(of("runtime-wasm-exec.1").contains("134") && of("runtime-wasm-exec.1").contains("timeout\\-ms"));
    assert!(of("runtime-wasm.1").contains("runtime\\-wasm\\-run(1)"), "{}", of("runtime-wasm.1"));
    // Examples are lines, not a paragraph.
    let examples = of("runtime-wasm.1").split_once(".SH EXAMPLES\n.nf\n").unwrap().1.split_once("\n.fi").unwrap().0;
    assert!(
        examples.lines().count() > 8 && examples.lines().all(|line| line.starts_with("runtime\\-wasm ")),
        "{examples}"
    );
    assert!(of("runtime-wasm-run.1").contains(".SH \"EXIT CODES\"\n.nf\n"), "{}", of("runtime-wasm-run.1"));
    assert!(of("runtime-wasm-check.1").contains(".SH NOTES\n.PP\n"), "{}", of("runtime-wasm-check.1"));
    assert_eq!(pages("b"), once);
    let (code, _, stderr) = runtime_wasm(here.path(), &["man", "file/man1"]);
    assert!(code == 1 && stderr.contains("file/man1 cannot be written"), "{stderr}");
}

#[test]
fn help_and_the_page_list_the_same_exit_codes() {
    let here = folder(&[]);
    let page = read("docs/command-line.md");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?.parse::<i32>().ok()?, cells.next()?.to_owned()))
    });
    let rows: Vec<(i32, String)> = rows.collect();
    assert_eq!(rows.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [0, 1, 2, 130, 134, 143]);
    for command in ["run", "exec"] {
        let (_, help, _) = runtime_wasm(here.path(), &[command, "--help"]);
        let listed = help.split("Exit codes:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        let codes: BTreeSet<i32> =
            listed.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        let of_page =
            rows.iter().filter(|(code, of)| *code != 0 && (of == "all" || of.contains(&format!("`{command}`"))));
        let of_page: BTreeSet<i32> = of_page.map(|(code, _)| *code).collect();
        assert!(codes.is_superset(&of_page) && codes.len() <= of_page.len() + 1, "{command}: {codes:?} {of_page:?}");
    }
    let (_, help, _) = runtime_wasm(here.path(), &["--help"]);
    assert!(help.contains("Exit codes: 0 if all went well, 1 for an error, 2 for a mistake"), "{help}");
    let commands = COMMANDS.iter().all(|command| page.contains(&format!("| `runtime-wasm {command} ")));
    assert!(commands, "the page leaves out a command");
}

#[test]
fn what_was_meant_is_said() {
    let traps = "(module (func (export \"f\") unreachable) (func (export \"g\")) (memory (export \"m\") 1))";
    let component = "(component)";
    let here = folder(&[
        ("main.js", ""),
        ("main.ts", ""),
        ("tool.wasm", traps),
        ("empty.wasm", "(module)"),
        ("part.wasm", component),
        ("odd\x1b[2J.js", ""),
    ]);
    fs::create_dir(here.path().join("app")).unwrap();
    fs::write(here.path().join("app/main.ts"), "").unwrap();
    for (args, code, said) in [
        (&["exec", "main.js"][..], 1, "main.js is a script, not WebAssembly: `runtime-wasm run main.js` runs it"),
        (&["inspect", "main.ts"], 1, "`runtime-wasm run main.ts`"),
        (&["types", "main.js"], 1, "`runtime-wasm run main.js`"),
        (&["exec", "odd\x1b[2J.js"], 1, "`runtime-wasm run odd\\u{1b}[2J.js`"),
        (&["run", "tool.wasm"], 1, "tool.wasm is WebAssembly, not a script: `runtime-wasm exec tool.wasm` runs it"),
        (&["run", "tool.wat"], 1, "`runtime-wasm exec tool.wat`"),
        (&["run", "tool"], 1, "tool: a script ends in .js, .mjs, .ts or .mts"),
        (&["run", "app"], 1, "app is a folder: `runtime-wasm run app/main.ts` runs the app in it"),
        (&["run", "--inspect", "9090", "main.js"], 1, "a value of --inspect follows a `=`, as in --inspect=9090"),
        (&["run", "--audit", "needed.toml", "main.js"], 1, "as in --audit=needed.toml"),
        (
            &["exec", "tool.wasm", "--invoke", "g"],
            1,
            "calls another: f, g; it goes before the file: what follows that is the guest's",
        ),
        (&["exec", "part.wasm", "--invoke=g"], 1, "it goes before the file"),
        (&["main.js"], 2, "error: main.js is no command\nnote: to run it, say `runtime-wasm run main.js`"),
        (&["./tool.wasm", "x"], 2, "note: to run it, say `runtime-wasm exec ./tool.wasm`"),
        (&["a\x1b[2J.wat"], 2, "note: to run it, say `runtime-wasm exec a\\u{1b}[2J.wat`"),
        (&["-"], 2, "note: to run it, say `runtime-wasm run -`"),
        (&["exec", "tool.wasm"], 1, "no WASI command; --invoke EXPORT calls another: f, g"),
        (&["exec", "empty.wasm"], 1, "no WASI command; --invoke EXPORT calls another"),
        (&["exec", "part.wasm"], 1, "has no export \"wasi:cli/run#run\": it is no WASI command"),
    ] {
        let (status, stdout, stderr) = runtime_wasm(here.path(), args);
        assert_eq!((status, &*stdout), (code, ""), "{args:?}: {stderr}");
        assert!(stderr.contains(said) && !stderr.contains('\x1b'), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{args:?}: {stderr}");
    }
    // Who asks for nothing has made no mistake that would have to be named: this is the help.
    let (status, stdout, stderr) = runtime_wasm(here.path(), &[]);
    assert!(status == 2 && stdout.is_empty() && stderr.starts_with("Host WebAssembly "), "{stderr}");
    let (_, _, stderr) = runtime_wasm(here.path(), &["rum"]);
    assert!(stderr.contains("run") && !stderr.contains("note:"), "{stderr}");
}

#[test]
fn a_limit_of_nothing_is_refused_with_a_sentence() {
    let here = folder(&[("m.wasm", "(module (func (export \"_start\")))")]);
    for flag in ["--timeout-ms", "--cpu-ms", "--fuel"] {
        let (code, _, stderr) = runtime_wasm(here.path(), &["exec", flag, "0", "m.wasm"]);
        assert!(code == 2 && stderr.contains("it must be 1 or more; leave the option out for no limit"), "{stderr}");
    }
    for (args, said) in [
        (["--memory-mib", "0"], "it must be 1 or more"),
        (["--max-module-bytes", "0"], "expected a size of 1 or more"),
        (["--timeout-ms", "1.5"], "it must be a whole number from 1 to 18446744073709551615"),
        (["--fuel", "many"], "it must be a whole number"),
    ] {
        let (code, _, stderr) = runtime_wasm(here.path(), &["exec", args[0], args[1], "m.wasm"]);
        assert!(code == 2 && stderr.contains(said) && stderr.contains(args[0]), "{stderr}");
    }
    assert_eq!(runtime_wasm(here.path(), &["exec", "--timeout-ms=60000", "--memory-mib=1", "m.wasm"]).0, 0);
}

/// Runs a command on a terminal, which is both stdout and stderr, and gives what that shows.
fn on_a_terminal(folder: &Path, variables: &str, words: &[&str]) -> String {
    let run = "import pty, sys; pty.spawn(sys.argv[1:])";
    let mut command = Command::new("python3");
    command.current_dir(folder).args(["-c", run, "env"]).args(variables.split_whitespace()).arg(BINARY).args(words);
    command
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("CI")
        .env("TERM", "xterm")
        .stdin(Stdio::null());
    said(command.output().unwrap()).1
}

#[test]
fn there_are_colors_on_a_terminal_and_never_with_no_color() {
    let here = folder(&[("main.js", "throw new Error(\"bad\\x1b[2J\");")]);
    let red = "\x1b[1;31merror:\x1b[0m ";
    for words in [&["exec", "missing.wasm"][..], &["run", "main.js"], &["exec", "--fuel", "0", "x"]] {
        let shown = on_a_terminal(here.path(), "A=1", words);
        assert!(shown.contains(red) && !shown.contains("\x1b[2J"), "{words:?}: {shown:?}");
        for variables in ["NO_COLOR=1", "CLICOLOR=0", "TERM=dumb", "NO_COLOR=1 CLICOLOR_FORCE=1"] {
            let shown = on_a_terminal(here.path(), variables, words);
            assert!(shown.contains("error: ") && !shown.contains('\x1b'), "{words:?} {variables}: {shown:?}");
        }
        let (_, _, stderr) = runtime_wasm(here.path(), words);
        assert!(stderr.starts_with("error: ") && !stderr.contains('\x1b'), "{words:?}: {stderr:?}");
    }
    let forced = Command::new(BINARY).arg("rum").env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR").output().unwrap();
    assert!(said(forced).2.starts_with(red));
}
