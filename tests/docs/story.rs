//! A page that is followed as a reader follows it: in an empty folder, its files are written and its commands given, one after another.

use super::blocks::{Block, Test, blocks, root};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is before the reader's prompt.
struct Place {
    folder: TempDir,
    /// What the commands before have printed.
    printed: String,
}

/// Follows a page, from above to below.
pub fn follow(page: &str) {
    let mut place = Place::new();
    for block in blocks(page) {
        let at = format!("{page}:{}", block.line);
        place.give(&block);
        match &block.test {
            Test::File(name) => place.write(name, &block.text),
            Test::Run { exits } => place.run(&at, &block.text, *exits),
            Test::Prints => {
                assert!(
                    fits(&block.text, &place.printed),
                    "{at} is to print\n{}\nand prints\n{}",
                    block.text,
                    place.printed
                );
            }
            _ => {}
        }
    }
}

impl Place {
    /// A folder with nothing in it, and the command where the shell finds it.
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        for name in ["reader", "home", "bin"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_runtime-wasm"), folder.path().join("bin/runtime-wasm")).unwrap();
        // Under the name that the pages give it.
        let clang = Command::new(root().join("scripts/guest-compiler.sh")).arg("c").output().unwrap();
        if let Some(clang) = which(String::from_utf8(clang.stdout).unwrap().trim_end()) {
            symlink(clang, folder.path().join("bin/clang")).unwrap();
        }
        let place = Place { folder, printed: String::new() };
        fs::write(place.whereabouts(), place.path().to_str().unwrap()).unwrap();
        place
    }

    /// Where the reader began.
    fn path(&self) -> PathBuf {
        self.folder.path().join("reader").canonicalize().unwrap()
    }

    /// The file that says in which folder the shell is.
    fn whereabouts(&self) -> PathBuf {
        self.folder.path().join("whereabouts")
    }

    fn give(&self, block: &Block) {
        for (path, name) in &block.given {
            let (from, to) = (root().join(path), self.path().join(name));
            assert!(from.exists(), "{path} is missing: `make guests npm-staged` makes it");
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            symlink(from, to).unwrap();
        }
    }

    fn write(&self, name: &str, text: &str) {
        let here = fs::read_to_string(self.whereabouts()).unwrap();
        let file = Path::new(here.trim_end()).join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Lets a shell do what the block says, in the folder where the one before has ended.
    fn run(&mut self, at: &str, commands: &str, exits: i32) {
        let (here, bin) = (self.whereabouts(), self.folder.path().join("bin"));
        let script = format!("cd \"$(cat '{0}')\"\ntrap \"pwd >'{0}'\" EXIT\n{commands}", here.display());
        let output = Command::new("timeout")
            .args(["--signal=KILL", "120", "bash", "-c", &format!("exec 2>&1; set -eo pipefail\n{script}")])
            .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()))
            .env("HOME", self.folder.path().join("home"))
            .env("NO_COLOR", "1")
            .env("NPM_CONFIG_UPDATE_NOTIFIER", "false")
            // Cargo's own libraries are none of another compiler's.
            .env_remove("LD_LIBRARY_PATH")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(exits), "{at}\n{commands}\n{}", self.printed);
    }
}

/// Where this program is, if it is in PATH or is a path.
fn which(name: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).collect::<Vec<_>>();
    folders.into_iter().find(|path| !name.is_empty() && path.is_file())
}

/// Is this what is expected? There `…` stands for anything.
pub fn fits(expected: &str, printed: &str) -> bool {
    let mut parts = expected.trim_end().split('…');
    let mut rest = printed.trim_end();
    let Some(first) = parts.next() else { return rest.is_empty() };
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let Some((last, parts)) = parts.collect::<Vec<_>>().split_last().map(|(last, parts)| (*last, parts.to_vec()))
    else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn what_fits_is_told_from_what_does_not() {
    for (expected, printed) in [("a\n", "a"), ("a…c", "abc"), ("…", ""), ("a … b\n…", "a 12 b\nmore\n"), ("a…a", "aa")]
    {
        assert!(fits(expected, printed), "{expected:?} {printed:?}");
    }
    for (expected, printed) in [("a", "ab"), ("a…c", "ab"), ("a…a", "a"), ("b", "a")] {
        assert!(!fits(expected, printed), "{expected:?} {printed:?}");
    }
}
