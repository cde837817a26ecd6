//! The blocks of code on a page of Markdown, and what the comments above them say of how they are tested.
//!
//! A comment is `<!-- test: … -->`, on a line of its own above the block:
//!
//! - `file NAME`: the block is this file, in the folder of the page;
//! - `run`, or `run, exits 1`: a shell's commands, run in that folder, in the order of the page;
//! - `prints`: what the commands before it print; `…` stands for anything;
//! - `in PATH`: this test of ours runs it;
//! - `is PATH`: it is this file of ours, word by word, which a test of its own runs;
//! - `none: REASON`: it is not run.
//!
//! `<!-- test: given PATH as NAME -->` stands for what a reader has by other means, such as a download: a link to a file or a folder of ours.

use std::fs;
use std::path::{Path, PathBuf};

/// How a block is tested, as the comment above it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    File(String),
    Run {
        exits: i32,
    },
    Prints,
    In(String),
    Is(String),
    None(String),
    /// No comment: by its language.
    Unsaid,
}

/// A block of code.
#[derive(Debug, Clone)]
pub struct Block {
    /// Where its first line is on the page, from 1.
    pub line: usize,
    pub language: String,
    pub text: String,
    pub test: Test,
    /// Links that are made before it is run: from where, and under which name.
    pub given: Vec<(String, String)>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All pages, as paths below the root.
pub fn pages() -> Vec<String> {
    let mut pages: Vec<String> = ["README.md", "SECURITY.md", "npm/README.md"].map(str::to_owned).into();
    let mut folders: Vec<PathBuf> = ["docs", "examples"].map(|folder| root().join(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    pages.sort();
    pages
}

/// What a comment says, if it is one of ours.
fn comment(line: &str) -> Option<&str> {
    line.strip_prefix("<!-- test: ")
        .map(|rest| rest.strip_suffix(" -->").unwrap_or_else(|| panic!("{line} has no end")))
}

fn test(said: &str) -> Test {
    match said.split_once(' ').unwrap_or((said, "")) {
        ("file", name) => Test::File(name.to_owned()),
        ("run", "") => Test::Run { exits: 0 },
        ("run,", rest) => {
            Test::Run { exits: rest.strip_prefix("exits ").and_then(|code| code.parse().ok()).expect(said) }
        }
        ("prints", "") => Test::Prints,
        ("in", path) => Test::In(path.to_owned()),
        ("is", path) => Test::Is(path.to_owned()),
        ("none:", reason) => Test::None(reason.to_owned()),
        _ => panic!("what is {said:?}?"),
    }
}

/// The blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let text = read(page);
    let mut lines = text.lines().enumerate();
    let (mut found, mut said, mut given) = (Vec::new(), None, Vec::new());
    while let Some((number, line)) = lines.next() {
        if let Some(comment) = comment(line) {
            match comment.strip_prefix("given ") {
                Some(rest) => {
                    let (path, name) = rest.split_once(" as ").unwrap_or_else(|| panic!("{page}: {line}"));
                    given.push((path.to_owned(), name.to_owned()));
                }
                None => assert!(said.replace(test(comment)).is_none(), "{page}:{}: two comments", number + 1),
            }
            continue;
        }
        let Some(language) = line.strip_prefix("```") else {
            assert!(said.is_none() || line.is_empty(), "{page}:{}: a comment that stands above no block", number + 1);
            continue;
        };
        let text =
            lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(|line| format!("{line}\n"));
        found.push(Block {
            line: number + 2,
            language: language.to_owned(),
            text: text.collect(),
            test: said.take().unwrap_or(Test::Unsaid),
            given: std::mem::take(&mut given),
        });
    }
    assert!(said.is_none() && given.is_empty(), "{page}: a comment that stands above no block");
    found
}
