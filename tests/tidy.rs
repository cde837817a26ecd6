//! The rules that the compiler does not check: that every file says what it is, and that what the pages say of the code is true.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_source_file_says_what_it_is() {
    for folder in ["src", "tests", "examples", "loom", "fuzz/cases", "fuzz/fuzz_targets"] {
        for file in files_below(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.starts_with("//!"), "{} does not start with a `//!` line", file.display());
        }
    }
    for file in files_below(&root().join("js"), ".js") {
        assert!(fs::read_to_string(&file).unwrap().starts_with("//"), "{} does not say what it is", file.display());
    }
}

#[test]
fn the_extensions_scripts_are_ascii_as_deno_core_requires() {
    for file in files_below(&root().join("js"), ".js") {
        assert!(fs::read(&file).unwrap().is_ascii(), "{} is not ASCII", file.display());
    }
}

#[test]
fn all_ops_have_the_projects_prefix() {
    // All ops of all extensions share one namespace; a duplicate aborts V8 at start-up and goes unseen on QuickJS.
    for folder in ["src/ops", "src/host"] {
        for file in files_below(&root().join(folder), ".rs") {
            let text = fs::read_to_string(&file).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with("#[op2")) {
                let function = lines[index..].iter().find(|line| line.contains("fn ")).unwrap();
                assert!(function.contains("fn op_wasm_"), "{}:{}: {function}", file.display(), index + 1);
            }
        }
    }
}

#[test]
fn the_code_table_in_the_docs_is_the_code() {
    let docs = fs::read_to_string(root().join("docs/semantics.md")).unwrap();
    for code in runtime_wasm::error::ErrorCode::ALL {
        let row = format!("| {} | {} |", code as u16, code.name());
        assert!(docs.contains(&row), "docs/semantics.md has no row {row}");
    }
    let script = fs::read_to_string(root().join("js/error.js")).unwrap();
    for code in runtime_wasm::error::ErrorCode::ALL {
        let line = format!("{}: \"{}\"", code as u16, code.name());
        assert!(script.contains(&line), "js/error.js has no {line}");
    }
}

/// The word or number that stands between these two.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("there is no {before}"));
    rest.split_once(after).unwrap_or_else(|| panic!("{before} is not followed by {after:?}")).0
}

/// What a page says, without its examples and what it quotes of the code.
fn prose(page: &str) -> String {
    let outside = page.split("```").step_by(2).collect::<String>();
    outside.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[test]
fn the_figures_of_the_verification_page_are_those_of_the_code() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let (makefile, soak, lock) = (read("Makefile"), read("tests/soak/soak.js"), read("Cargo.lock"));
    let minutes = between(&makefile, "SOAK_SECONDS ?= ", "\n").parse::<u64>().unwrap() / 60;
    let at_once = between(&soak, "await Promise.all([", "]").matches("life()").count();
    let loom = read("loom/src/lib.rs");
    let bounds = |name: &str| between(&loom, &format!("const {name}: [usize; 2] = ["), "]").split_once(", ").unwrap();
    let (small, small_more) = bounds("PREEMPTIONS");
    let (actors, actors_more) = bounds("PREEMPTIONS_OF_ACTORS");
    let (largest, largest_more) = bounds("PREEMPTIONS_OF_THE_LARGEST");
    let figures = [
        format!("at most {small} preemptions ({actors} for whole actors, {largest} for the largest)"),
        format!("with at most\n{small_more}, {actors_more} and {largest_more}, in many"),
        format!(", {at_once} at a time,"),
        format!("for {minutes} minutes (`"),
        format!("` {})", between(&lock, "name = \"v8x\"\nversion = \"", "\"")),
        format!("; {} where it does not compile;", runtime_wasm::error::ErrorCode::Compile as u16),
    ];
    let mut page = prose(&read("docs/verification.md"));
    for figure in figures {
        assert!(page.contains(&figure), "docs/verification.md does not say \"{figure}\"");
        page = page.replace(&figure, "");
    }
    // Not the digits of a name, such as V8's.
    let is_figure = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let unchecked = page.lines().find(|line| line.split(|c: char| !c.is_alphanumeric()).any(is_figure));
    assert_eq!(unchecked, None, "a figure that no test holds against the code");
}

#[test]
fn the_lists_of_the_verification_page_are_those_of_the_code() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let docs = read("docs/verification.md");
    let rows = |heading: &str| {
        let (_, table) = docs.split_once(heading).unwrap_or_else(|| panic!("there is no table {heading}"));
        let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
        rows.map(|row| row.split('|').nth(1).unwrap().trim().replace('`', "")).collect::<Vec<_>>()
    };
    let makefile = read("Makefile");
    let targets = rows("| target | input |");
    assert_eq!(targets.join(" "), between(&makefile, "FUZZ_TARGETS ?= ", "\n"));
    for target in &targets {
        assert!(root().join("fuzz/fuzz_targets").join(target).with_extension("rs").is_file(), "{target}");
        assert!(!files_below(&root().join("fuzz/corpus").join(target), "").is_empty(), "{target}");
    }
    let soak = read("tests/soak/soak.js");
    for kind in rows("| kind | does |") {
        assert!(soak.contains(&format!("settled(\"{kind}\"")) || soak.contains(&format!("made(\"{kind}\"")), "{kind}");
    }
    assert_eq!(soak.matches("await made(\"").count(), rows("| kind | does |").len(), "kinds of lives in soak.js");
}

#[test]
fn the_build_script_looks_for_the_versions_that_the_manifest_pins() {
    let build = fs::read_to_string(root().join("build.rs")).unwrap();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for name in ["deno_fetch", "deno_web", "deno_webidl"] {
        let pinned = manifest.split_once(&format!("\n{name} = {{ version = \"=")).expect(name).1;
        let version = pinned.split_once('"').unwrap().0;
        assert!(build.contains(&format!("(\"{name}\", \"{version}\")")), "build.rs looks for another {name}");
    }
}

#[test]
fn the_known_weaknesses_are_fixed_in_this_version() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let number = |version: &str| -> Vec<u32> { version.split('.').map(|part| part.parse().unwrap()).collect() };
    let this = number(env!("CARGO_PKG_VERSION"));
    let rows: Vec<Vec<&str>> =
        page.lines().map(|row| row.split(" | ").collect()).filter(|row: &Vec<_>| row.len() == 4).collect();
    for row in &rows[1..] {
        let affected = row[1].strip_prefix("up to ").unwrap().split(';').next().unwrap();
        assert!(number(affected) < number(row[2]) && number(row[2]) <= this, "{row:?}");
    }
    assert!(rows.len() > 3, "{rows:?}");
}

#[test]
fn the_tests_that_the_security_page_names_exist() {
    let docs = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = docs.lines().filter(|line| line.starts_with("| ") && line.contains(".rs`"));
    let mut named = 0;
    for row in rows {
        let shown_by = row.rsplit(" | ").next().unwrap();
        let mut text = String::new();
        // Between backticks: a file, then tests in it.
        for word in shown_by.split('`').skip(1).step_by(2) {
            if word.ends_with(".rs") || word.ends_with(".js") {
                text = fs::read_to_string(root().join(word)).unwrap_or_else(|error| panic!("{word}: {error}"));
            } else {
                assert!(
                    [format!("fn {word}()"), format!("test(\"{word}\"")].iter().any(|test| text.contains(test)),
                    "docs/security.md names a test {word} that is not there"
                );
                named += 1;
            }
        }
    }
    assert!(named >= 15, "only {named} tests are named");
}
