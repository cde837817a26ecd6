//! Paths, differentially: a tree of folders, files and links is made, a manifest grants some of it, and what opens is held
//! against what `realpath` says.

mod tree;

use crate::input::Input;
use runtime_wasm::caps::{Access, Caps, CapsError, CapsErrorKind};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tree::{NAMES, Tree, path, place};

const WILD: [&str; 8] = ["*", "**", "*.wasm", "?", "a*", "*e*", "?.wasm", "**"];

/// Makes a tree and a manifest, and asks for paths; changes the tree, and asks again.
pub fn paths(data: &[u8]) {
    let mut input = Input::new(data);
    let tree = Tree::new(&mut input);
    let rules: Vec<Rule> = (0..1 + input.below(4)).map(|_| Rule::new(&mut input, &tree)).collect();
    let app = tree.root.join("app");
    let manifest = app.join("manifest.app.toml");
    let home = tree.root.join("home");
    let open = |text: &str| Caps::from_toml(text, &manifest, Some(&home));
    // Refused where a pattern is none.
    let Ok(caps) = open(&manifest_text(&rules)) else { return };
    let nothing = open("[capabilities.wasm]").expect("a manifest that grants nothing");
    let asked: Vec<String> = (0..1 + input.below(8)).map(|_| path(&mut input, &tree, &NAMES)).collect();
    let mut roots = Roots::default();
    roots.add(&rules);
    for path in &asked {
        for wanted in [Wanted::Module, Wanted::Folder(None), Wanted::Folder(Some(Access::ReadWrite))] {
            let opened = Opened::ask(&caps, path, wanted);
            check_outcome(&tree, &rules, path, wanted, &opened);
            if let Err(refused) = &opened
                && refused.kind == CapsErrorKind::Denied
            {
                let always = Opened::ask(&nothing, path, wanted).expect_err("granted by nothing");
                assert_eq!(*refused, always, "the refusal of {path:?} tells something");
            }
        }
    }
    for _ in 0..input.below(4) {
        tree.change(&mut input);
        roots.add(&rules);
        for path in &asked {
            for wanted in [Wanted::Module, Wanted::Folder(None)] {
                if let Ok(opened) = Opened::ask(&caps, path, wanted) {
                    let is_in_place = rules.iter().any(|rule| opened.real.starts_with(&rule.place));
                    assert!(
                        is_in_place || roots.hold(&opened.real),
                        "{path:?} opened {:?}, which is in no granted folder",
                        opened.real
                    );
                }
            }
        }
    }
}

/// What is asked for a path.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Module,
    Folder(Option<Access>),
}

/// What the grants opened, as the kernel sees it.
#[derive(Debug)]
struct Opened {
    real: PathBuf,
    access: Option<Access>,
    is_wanted: bool,
}

impl Opened {
    fn ask(caps: &Caps, path: &str, wanted: Wanted) -> Result<Opened, CapsError> {
        let (fd, said, access) = match wanted {
            Wanted::Module => caps.open_module(path).map(|module| (module.file.into(), module.path, None))?,
            Wanted::Folder(want) => {
                caps.open_preopen(path, want).map(|folder| (folder.dir, folder.path, Some(folder.access)))?
            }
        };
        let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let real = fs::canonicalize(&link).unwrap_or_else(|error| panic!("{said:?} is gone: {error}"));
        let kind = fs::metadata(&link).expect("a descriptor").file_type();
        let is_wanted = if wanted == Wanted::Module { kind.is_file() } else { kind.is_dir() };
        Ok(Opened { real, access, is_wanted })
    }
}

/// Before anything has changed, the outcome is known.
fn check_outcome(tree: &Tree, rules: &[Rule], path: &str, wanted: Wanted, found: &Result<Opened, CapsError>) {
    let covering = |real: &Path| rules.iter().filter(|rule| rule.grants(wanted) && rule.covers(real, wanted)).collect();
    let found = match found {
        Ok(opened) => {
            let by: Vec<&Rule> = covering(&opened.real);
            assert!(opened.is_wanted, "{path:?} opened {:?}, which is of another kind", opened.real);
            assert!(!by.is_empty(), "{path:?} opened {:?}, which nothing grants", opened.real);
            let most = by.iter().map(|rule| rule.access).max();
            let access = if let Wanted::Folder(Some(want)) = wanted { Some(want) } else { most };
            assert!(wanted == Wanted::Module || opened.access == access, "{path:?}: {:?}", opened.access);
            Ok(&opened.real)
        }
        Err(error) => Err(error.kind),
    };
    let Some(real) = tree.real(path) else { return };
    let by: Vec<&Rule> = covering(&real);
    // Whether `folder/**` covers the folder itself is of no use to anybody: it is no module.
    let begins_a_rule = |rule: &Rule| rule.module && fs::canonicalize(&rule.folder).is_ok_and(|folder| folder == real);
    if wanted == Wanted::Module && by.is_empty() && rules.iter().any(begins_a_rule) {
        assert!(found.is_err(), "{path:?} opened, which no grant covers");
        return;
    }
    let kind = fs::metadata(&real).expect("it is there").file_type();
    let expected = match wanted {
        _ if by.is_empty() => Err(CapsErrorKind::Denied),
        Wanted::Module if kind.is_file() => Ok(&real),
        Wanted::Module => Err(CapsErrorKind::Io),
        Wanted::Folder(_) if kind.is_dir() => Ok(&real),
        Wanted::Folder(_) => Err(CapsErrorKind::Wasi),
    };
    // Behind a folder that is not granted, `..` means the same whatever the folder is: nothing is told of it.
    assert!(found == expected || tree.goes_up(path), "{path:?} as {wanted:?} is {real:?}, not {found:?}");
}

/// One entry of `load` or `preopens`.
#[derive(Debug)]
struct Rule {
    entry: String,
    module: bool,
    access: Access,
    /// What comes before the first wildcard, as an absolute path.
    folder: PathBuf,
    /// Where that leads at the start, or would lead.
    place: PathBuf,
    /// What comes after.
    pattern: Vec<String>,
}

impl Rule {
    fn new(input: &mut Input, tree: &Tree) -> Rule {
        let module = input.once_in(2);
        let names = if input.once_in(2) { [&NAMES[..], &WILD[..]].concat() } else { NAMES.to_vec() };
        let entry = path(input, tree, &names);
        let absolute = tree.absolute(&entry);
        let mut pattern: Vec<String> =
            absolute.split('/').filter(|n| !n.is_empty() && *n != ".").map(str::to_owned).collect();
        let wild = pattern.iter().position(|name| name.contains(['*', '?'])).unwrap_or(pattern.len());
        let rest = pattern.split_off(if module { wild.min(pattern.len().saturating_sub(1)) } else { wild });
        let folder = PathBuf::from("/").join(pattern.join("/"));
        let access = if input.once_in(2) { Access::Read } else { Access::ReadWrite };
        let place = place(&folder);
        Rule { entry, module, access, folder, place, pattern: rest }
    }

    fn text(&self) -> String {
        let entry = toml::Value::from(self.entry.as_str());
        match self.access {
            Access::Read if !self.module => format!("{{ path = {entry}, access = 'read' }}"),
            _ => entry.to_string(),
        }
    }

    fn grants(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Module => self.module,
            Wanted::Folder(want) => !self.module && want <= Some(self.access),
        }
    }

    /// Does it cover this path without links?
    fn covers(&self, real: &Path, wanted: Wanted) -> bool {
        let Ok(folder) = fs::canonicalize(&self.folder) else { return false };
        let Ok(beneath) = real.strip_prefix(folder) else { return false };
        let names: Vec<&OsStr> = beneath.iter().collect();
        let pattern: Vec<&str> = self.pattern.iter().map(String::as_str).collect();
        match wanted {
            Wanted::Module => !names.is_empty() && matches(&pattern, &names, true),
            Wanted::Folder(_) if pattern.is_empty() => true,
            // And all that is beneath what matches.
            Wanted::Folder(_) => (1..=names.len()).any(|end| matches(&pattern, &names[..end], true)),
        }
    }
}

fn manifest_text(rules: &[Rule]) -> String {
    let list = |module| {
        let entries: Vec<String> = rules.iter().filter(|rule| rule.module == module).map(Rule::text).collect();
        entries.join(", ")
    };
    format!("[capabilities.wasm]\nload = [{}]\npreopens = [{}]\n", list(true), list(false))
}

/// Names against a pattern for each, where `**` stands for any number of names: at the end for one at least, unless it is all.
fn matches(pattern: &[&str], names: &[&OsStr], first: bool) -> bool {
    match pattern {
        [] => names.is_empty(),
        ["**"] => first || !names.is_empty() && names.iter().all(|name| name.to_str().is_some()),
        ["**", rest @ ..] => (0..=names.len()).any(|skipped| {
            names[..skipped].iter().all(|name| name.to_str().is_some())
                && matches(rest, &names[skipped..], first && skipped == 0)
        }),
        [name, rest @ ..] => match names {
            [found, others @ ..] => {
                found.to_str().is_some_and(|found| name_matches(name, found)) && matches(rest, others, false)
            }
            [] => false,
        },
    }
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let mut rest = name.chars();
    match pattern.chars().next() {
        None => name.is_empty(),
        Some('*') => {
            (0..=name.len()).filter(|at| name.is_char_boundary(*at)).any(|at| name_matches(&pattern[1..], &name[at..]))
        }
        Some('?') => rest.next().is_some() && name_matches(&pattern[1..], rest.as_str()),
        Some(c) => rest.next() == Some(c) && name_matches(&pattern[c.len_utf8()..], rest.as_str()),
    }
}

/// The folders that have been granted at some time, by device and number.
#[derive(Default)]
struct Roots(HashSet<(u64, u64)>);

impl Roots {
    fn add(&mut self, rules: &[Rule]) {
        for found in rules.iter().filter_map(|rule| fs::metadata(&rule.folder).ok()) {
            self.0.insert((found.dev(), found.ino()));
        }
    }

    /// Is the path one of them, or in one?
    fn hold(&self, real: &Path) -> bool {
        let known =
            |folder: &Path| fs::metadata(folder).is_ok_and(|found| self.0.contains(&(found.dev(), found.ino())));
        real.ancestors().any(known)
    }
}
