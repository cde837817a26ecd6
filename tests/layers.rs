//! Who may import whom: layer by layer, and file by file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines of a file that are code, with their numbers.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Does a line name this? What stands in quotes by itself is a text.
fn names(line: &str, word: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"');
    line.match_indices(word)
        .any(|(at, _)| !is_word(line[..at].chars().next_back()) && !is_word(line[at + word.len()..].chars().next()))
}

/// Data flows js → ops → session → registry → actor → engine, and api → session. For each folder: what its code must not name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "src/ops",
        &["wasmtime", "crate::engine", "crate::registry", "crate::host", "crate::cli", "std::thread", "block_on"],
    ),
    (
        "src/session",
        &[
            "wasmtime",
            "deno_core",
            "napi",
            "crate::engine",
            "crate::ops",
            "crate::host",
            "crate::cli",
            "std::thread",
            "block_on",
        ],
    ),
    (
        "src/api",
        &[
            "wasmtime",
            "deno_core",
            "napi",
            "crate::engine",
            "crate::ops",
            "crate::host",
            "crate::cli",
            "std::thread",
            "block_on",
        ],
    ),
    (
        "src/caps",
        &[
            "wasmtime",
            "deno_core",
            "crate::registry",
            "crate::actor",
            "crate::engine",
            "crate::session",
            "crate::api",
            "crate::ops",
            "crate::host",
        ],
    ),
    (
        "src/registry",
        &["wasmtime", "deno_core", "crate::caps", "crate::session", "crate::ops", "crate::host", "crate::cli"],
    ),
    (
        "src/actor",
        &["deno_core", "crate::caps", "crate::registry", "crate::session", "crate::ops", "crate::host", "crate::cli"],
    ),
    (
        "src/engine",
        &["deno_core", "crate::actor", "crate::registry", "crate::session", "crate::caps", "crate::ops", "crate::host"],
    ),
    (
        "src/inspector",
        &[
            "wasmtime",
            "deno_core",
            "crate::engine",
            "crate::session",
            "crate::api",
            "crate::ops",
            "crate::host",
            "crate::cli",
        ],
    ),
    ("src/host", &["wasmtime", "crate::actor", "crate::engine", "crate::api", "crate::cli"]),
    ("src/cli", &["wasmtime"]),
];

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for (folder, forbidden) in FORBIDDEN {
        for file in files_below(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in code_lines(&text) {
                for word in forbidden.iter().filter(|word| names(line, word)) {
                    wrong.push(format!("{}:{number} names {word}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_files_that_run_guests_name_wasmtime() {
    for file in files_below(&root().join("src/actor")) {
        if file.components().any(|part| part.as_os_str() == "guest") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let named = code_lines(&text).find(|(_, line)| names(line, "wasmtime"));
        assert!(named.is_none(), "{}:{} names wasmtime", file.display(), named.unwrap().0);
    }
}

/// A module by its path from the root of the crate.
type Module = Vec<String>;

/// What a file says of others.
#[derive(Default)]
struct Mentions {
    /// Paths that its code names.
    used: Vec<Module>,
    /// What it hands on under a name of its own.
    handed_on: BTreeMap<String, Module>,
}

/// The files of `src`, by module, and what their code is, without comments, strings and unit tests.
fn modules() -> BTreeMap<Module, String> {
    let src = root().join("src");
    let module = |file: &Path| {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let mut parts: Module = path.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if ["mod", "lib"].contains(&parts.last().unwrap().as_str()) {
            parts.pop();
        }
        parts
    };
    let files = files_below(&src).into_iter().filter(|file| !file.ends_with("src/main.rs"));
    files.map(|file| (module(&file), code(&fs::read_to_string(&file).unwrap()))).collect()
}

fn code(text: &str) -> String {
    let text = text.split("mod tests {").next().unwrap();
    let lines: Vec<&str> = code_lines(text).map(|(_, line)| line.split(" // ").next().unwrap()).collect();
    // Between quotes is no code; a quote that is escaped ends nothing.
    lines.join("\n").replace("\\\"", "").split('"').step_by(2).collect()
}

/// `a::{b, c::{d, e as f}}` as paths, each with the name it is given.
fn paths_of(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    let Some((before, group)) = tree.split_once('{') else {
        let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree.rsplit("::").next().unwrap()));
        return vec![(path.trim().to_owned(), name.trim().to_owned())];
    };
    let group = group.strip_suffix('}').unwrap_or_else(|| panic!("{tree}"));
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in group.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let of_parts = parts.iter().filter(|part| !part.trim().is_empty()).flat_map(|part| paths_of(part));
    of_parts.map(|(path, name)| (format!("{before}{path}"), name)).collect()
}

/// A path as it stands in a module, from the root of the crate. None for what is no path of this crate.
fn from_root(path: &str, module: &Module, all: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut from = module.clone();
    match parts[0] {
        "crate" => from.clear(),
        "self" => {}
        "super" => {
            while parts.get(1) == Some(&"super") {
                parts.remove(0);
                from.pop();
            }
            from.pop();
        }
        child => {
            from.push(child.to_owned());
            return all.contains_key(&from).then(|| {
                from.extend(parts[1..].iter().map(|part| (*part).to_owned()));
                from
            });
        }
    }
    from.extend(parts[1..].iter().map(|part| (*part).to_owned()));
    Some(from)
}

/// What follows `use` on a line that begins with it, and whether others are handed what it names.
fn begun_use(line: &str) -> Option<(&str, bool)> {
    let line = line.trim_start();
    if let Some(tree) = line.strip_prefix("use ") {
        return Some((tree, false));
    }
    let (visibility, tree) = line.split_once(" use ")?;
    visibility.starts_with("pub").then_some((tree, true))
}

fn mentions(module: &Module, code: &str, all: &BTreeMap<Module, String>) -> Mentions {
    let mut found = Mentions::default();
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let Some((tree, handed_on)) = begun_use(line) else {
            // Who may see a thing is no import of theirs.
            let code =
                line.split_once("pub(in ").and_then(|(_, rest)| rest.split_once(')')).map_or(line, |(_, code)| code);
            let paths = code.split(|c| !is_path(c)).filter(|path| path.contains("::"));
            found.used.extend(paths.filter_map(|path| from_root(path, module, all)));
            continue;
        };
        let mut tree = tree.to_owned();
        while !tree.ends_with(';') {
            tree.push_str(lines.next().expect("a `use` ends"));
        }
        for (path, name) in paths_of(tree.trim_end_matches(';')) {
            match from_root(&path, module, all) {
                Some(path) if handed_on => drop(found.handed_on.insert(name, path)),
                Some(path) => found.used.push(path),
                None => {}
            }
        }
    }
    found
}

/// The file in which a path leads to something, by way of those that hand it on.
fn resolve(path: &Module, all: &BTreeMap<Module, Mentions>) -> Option<Module> {
    let known = (0..=path.len()).rev().find(|length| all.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(known);
    match rest.first().and_then(|name| all[module].handed_on.get(name)) {
        Some(target) => resolve(&target.iter().chain(&rest[1..]).cloned().collect(), all),
        None => Some(module.to_vec()),
    }
}

/// Which files each file imports.
fn imports() -> BTreeMap<Module, BTreeSet<Module>> {
    let codes = modules();
    let all: BTreeMap<_, _> =
        codes.iter().map(|(module, code)| (module.clone(), mentions(module, code, &codes))).collect();
    let of = |module: &Module| {
        let found = all[module].used.iter().filter_map(|path| resolve(path, &all));
        found.filter(|other| other != module).collect()
    };
    all.keys().map(|module| (module.clone(), of(module))).collect()
}

#[test]
fn no_two_files_import_each_other() {
    let mut imports = imports();
    let known = |from: &str, to: &str| {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Module>();
        imports[&path(from)].contains(&path(to))
    };
    // What is read is what is there: by name, in a group, by way of one that hands it on, and as a path in the code.
    assert!(known("actor::stop", "actor::cell::control") && known("actor::guest", "actor::guest::ending"));
    assert!(known("registry::runtime", "actor::handle") && known("registry::runtime", "engine::module"));
    assert!(known("ops::imports", "ops::values") && known("registry::machine", "registry::resources"));
    assert!(imports.values().map(BTreeSet::len).sum::<usize>() > 300, "{imports:?}");
    // What imports nothing that is left is in no circle, and what is left when there is no such file is all of them.
    while let Some(free) = imports.iter().find(|(_, to)| to.is_empty()).map(|(module, _)| module.clone()) {
        imports.remove(&free);
        imports.values_mut().for_each(|to| to.retain(|module| *module != free));
    }
    // Nor is what nobody imports.
    while let Some(free) = imports.keys().find(|module| !imports.values().any(|to| to.contains(*module))).cloned() {
        imports.remove(&free);
    }
    let show = |(from, to): (&Module, &BTreeSet<Module>)| {
        let to: Vec<String> = to.iter().map(|module| module.join("::")).collect();
        format!("{} imports {}", from.join("::"), to.join(", "))
    };
    assert!(
        imports.is_empty(),
        "files import each other in a circle:\n{}",
        imports.iter().map(show).collect::<Vec<_>>().join("\n")
    );
}
