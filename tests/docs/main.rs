//! The pages: each block of code in README and docs is run, compiled or parsed, or says why it is not; pages to follow are followed, the reference is
//! that of the types, and what `runtime-wasm init` writes runs.

#![cfg(feature = "host")]

mod blocks;
mod examples;
mod init;
mod links;
#[cfg(feature = "quickjs")]
mod on_node;
mod running;
mod story;
#[cfg(feature = "quickjs")]
mod types;

use blocks::{Block, Test, blocks, pages, read, root};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use story::follow;

/// A test for each page that is to be followed, and one that none is left out. What stands in npm is tested with the default engine only, since it is
/// there when all tests run.
macro_rules! followed {
    ($($(#[$only:meta])? $name:ident = $page:literal),* $(,)?) => {
        $($(#[$only])? #[test] fn $name() { follow($page); })*

        #[test]
        fn every_page_with_commands_is_followed() {
            let known = [$($page),*];
            for page in pages() {
                let has_commands = blocks(&page).iter().any(|block| matches!(block.test, Test::Run { .. }));
                assert_eq!(has_commands, known.contains(&page.as_str()), "{page}");
            }
        }
    };
}

followed! {
    #[cfg(feature = "quickjs")] the_readme_can_be_followed = "README.md",
    #[cfg(feature = "quickjs")] the_tutorial_can_be_followed = "docs/tutorial.md",
    #[cfg(feature = "quickjs")] packages_from_npm_are_bundled = "docs/how-to/npm-packages.md",
    text_goes_both_ways = "docs/how-to/strings.md",
    a_queue_runs_its_jobs = "docs/how-to/job-queue.md",
    a_dead_plugin_is_replaced = "docs/how-to/replace-a-dead-plugin.md",
    everything_in_the_zoo_is_stopped = "examples/zoo/README.md",
    modules_and_components_are_called_by_name = "docs/command-line.md",
    limits_are_measured = "docs/how-to/limits.md",
}

/// How many blocks are not run. Whoever adds one has a reason, and says so here.
const NOT_RUN: usize = 17;

/// How a block is tested; an error where it is not.
fn tested(page: &str, block: &Block) -> Result<&'static str, String> {
    match (&block.test, block.language.as_str()) {
        (Test::File(_), _) => Ok("is a file of its page's story"),
        (Test::Run { .. }, "sh") => Ok("is run by a shell"),
        (Test::Prints, "text") => Ok("is what is printed"),
        (Test::None(reason), _) if reason.len() >= 10 => Ok("is not run"),
        (Test::None(_), _) => Err("gives no reason".into()),
        (Test::In(test), _) if read(test).contains(page.rsplit('/').next().unwrap()) => Ok("is run by another test"),
        (Test::In(test), _) => Err(format!("{test} does not name the page")),
        (Test::Is(path), _) if read(path) == block.text => Ok("is a file that a test runs"),
        (Test::Is(path), _) => Err(format!("is another text than {path}")),
        (Test::Unsaid, "" | "text") => Ok("is no code"),
        (Test::Unsaid, "js" | "ts") => Ok("is type-checked"),
        (Test::Unsaid, "toml") => manifest(&block.text).map(|()| "is parsed"),
        (Test::Unsaid, "json") => {
            serde_json::from_str::<serde_json::Value>(&block.text).map_err(|error| error.to_string())?;
            Ok("is parsed")
        }
        (Test::Unsaid, "rust" | "rust,no_run")
            if read("src/lib.rs").contains(&format!("include_str!(\"../{page}\")")) =>
        {
            Ok("is a doctest")
        }
        (test, language) => Err(format!("{test:?} is no test of {language:?}")),
    }
}

/// TOML, and if it is a manifest of ours, one that an app runs with.
fn manifest(text: &str) -> Result<(), String> {
    text.parse::<toml::Table>().map_err(|error| error.to_string())?;
    if !text.contains("[capabilities") {
        return Ok(());
    }
    let app = tempfile::tempdir().unwrap();
    fs::write(app.path().join("manifest.app.toml"), text).unwrap();
    fs::write(app.path().join("main.js"), "import \"runtime:wasm\";").unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_runtime-wasm")).arg("run").arg(app.path().join("main.js")).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

#[test]
fn every_block_of_code_is_tested_or_says_why_it_is_not() {
    let (mut counted, mut wrong) = (BTreeMap::<&str, usize>::new(), Vec::new());
    for page in pages() {
        for block in blocks(&page) {
            match tested(&page, &block) {
                Ok(how) => *counted.entry(how).or_default() += 1,
                Err(why) => wrong.push(format!("{page}:{}: {why}", block.line)),
            }
        }
    }
    println!("{counted:#?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(counted.get("is not run").copied().unwrap_or_default(), NOT_RUN);
}

#[test]
fn files_that_a_page_has_are_used_on_it() {
    for page in pages() {
        let blocks = blocks(&page);
        let last = |wanted: fn(&Test) -> bool| blocks.iter().rposition(|block| wanted(&block.test));
        let (file, run) = (last(|test| matches!(test, Test::File(_))), last(|test| matches!(test, Test::Run { .. })));
        assert!(file.is_none() || file < run, "{page}: a file that no command comes after");
    }
}

/// What an example prints. Examples are built with the tests, beside the binary.
fn example(name: &str) -> String {
    let example = Path::new(env!("CARGO_BIN_EXE_runtime-wasm")).with_file_name("examples").join(name);
    let output = Command::new(&example).output().unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_embedding_example_runs() {
    assert_eq!(example("embed"), "5 + 3 = 8, says a guest on its own thread\n");
}

#[test]
fn the_plugin_host_outlives_its_plugins() {
    let printed = example("plugin_host");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..2], ["shouts: Welcome!", "asks: Hello from 2"], "{printed}");
    assert!(lines[2].starts_with("spins: [5011] ") && lines[3].starts_with("traps: [5002] "), "{printed}");
    assert_eq!(lines.len(), 4, "{printed}");
}

#[test]
fn the_reference_is_that_of_the_types() {
    let output = Command::new("node").arg(root().join("scripts/reference.mjs")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = String::from_utf8(output.stdout).unwrap();
    if std::env::var_os("BLESS").is_some() {
        fs::write(root().join("docs/reference.md"), &made).unwrap();
    }
    assert!(made == read("docs/reference.md"), "`node scripts/reference.mjs > docs/reference.md` makes it anew");
}
