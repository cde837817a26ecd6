//! A tree of folders, files, links and FIFOs, and paths in it and out of it.

use crate::input::Input;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const NAMES: [&str; 6] = ["a", "b", "c.wasm", "d.wasm", ".e", "é x"];
const ENTRIES_MAX: usize = 24;

/// Folders, files, links and FIFOs beneath a temporary folder.
pub struct Tree {
    pub root: PathBuf,
    _folder: TempDir,
}

impl Tree {
    pub fn new(input: &mut Input) -> Tree {
        // In memory, where there is such a place: a disk is twenty times slower.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder");
        let root = fs::canonicalize(folder.path()).expect("its path");
        let tree = Tree { root, _folder: folder };
        for name in ["app", "outside", "home", "app/a"] {
            fs::create_dir(tree.root.join(name)).expect("a folder");
        }
        for _ in 0..input.below(ENTRIES_MAX) {
            tree.add(input);
        }
        tree
    }

    /// Adds something somewhere. Where there is something already, or no folder, nothing happens.
    fn add(&self, input: &mut Input) {
        let place = self.place(input);
        let _ = match input.below(8) {
            0 | 1 => fs::create_dir(&place),
            2 | 3 => fs::File::create_new(&place).map(drop),
            4 => fs::hard_link(self.place(input), &place),
            5 if input.once_in(3) => mknodat(CWD, &place, FileType::Fifo, Mode::RWXU, 0).map_err(Into::into),
            5 if input.once_in(3) => fs::create_dir(place.join(OsStr::from_bytes(b"\xff"))),
            _ => symlink(path(input, self, &NAMES).replace('\0', "").replace('~', "."), &place),
        };
    }

    /// Takes something away or moves it, and puts something in its place.
    pub fn change(&self, input: &mut Input) {
        let place = self.place(input);
        let _ = match input.below(3) {
            0 => fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place)),
            1 => fs::rename(&place, self.place(input)),
            _ => Ok(()),
        };
        self.add(input);
    }

    /// A path within the tree, through its links too.
    fn place(&self, input: &mut Input) -> PathBuf {
        let mut place = self.root.join(input.pick(&["app", "app/a", "outside", "home"]));
        for _ in 0..input.below(3) {
            place.push(input.pick(&NAMES));
        }
        // Links lead out of the tree, and nothing is to be changed there.
        let inside = place.parent().and_then(|parent| fs::canonicalize(parent).ok());
        let inside = inside.is_some_and(|parent| parent != self.root && parent.starts_with(&self.root));
        if inside { place } else { self.root.join("app/b") }
    }

    /// What the app means by a path, as text.
    pub fn absolute(&self, path: &str) -> String {
        let root = self.root.to_str().expect("a name in UTF-8");
        match path.strip_prefix('~') {
            Some(rest) => format!("{root}/home/{rest}"),
            None if path.starts_with('/') => path.to_owned(),
            None => format!("{root}/app/{path}"),
        }
    }

    /// What the system says the path is, if it is anything.
    pub fn real(&self, path: &str) -> Option<PathBuf> {
        if path.is_empty() || path.contains('\0') {
            return None;
        }
        fs::canonicalize(self.absolute(path)).ok()
    }

    /// Does a path that leads to something go up from a folder that it names, by itself or by a symlink on its way?
    pub fn goes_up(&self, path: &str) -> bool {
        goes_up(Path::new(path)) || links(Path::new(&self.absolute(path))).iter().any(|target| goes_up(target))
    }
}

/// Where a path leads, or would lead.
pub fn place(path: &Path) -> PathBuf {
    let (mut place, mut links) = (PathBuf::from("/"), 0);
    let mut ahead: Vec<OsString> = path.iter().rev().map(OsStr::to_owned).collect();
    while let Some(name) = ahead.pop() {
        if name == ".." {
            place.pop();
            continue;
        }
        place.push(name);
        if let Ok(target) = fs::read_link(&place)
            && links < 40
        {
            place.pop();
            links += 1;
            ahead.extend(target.iter().rev().map(OsStr::to_owned));
        }
    }
    place
}

/// What the symlinks say that a path leads through, which leads to something.
fn links(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for through in path.ancestors() {
        let (Ok(target), Some(above)) = (fs::read_link(through), through.parent()) else { continue };
        let above = fs::canonicalize(above).expect("a folder with a link in it");
        found.extend(links(&above.join(&target)));
        found.push(target);
    }
    found
}

/// Does it go up from what it names before?
fn goes_up(text: &Path) -> bool {
    text.iter().skip_while(|name| *name == "/" || *name == "." || *name == "..").any(|name| name == "..")
}

/// Some path of these names.
pub fn path(input: &mut Input, tree: &Tree, names: &[&str]) -> String {
    let root = tree.root.to_str().expect("a name in UTF-8");
    let mut path = match input.below(10) {
        0..4 => String::new(),
        4 => "./".to_owned(),
        5 => "~/".to_owned(),
        6 => "../".to_owned(),
        7 => format!("{root}/{}/", input.pick(&["app", "outside", "home"])),
        8 => "/".to_owned(),
        _ => format!("../{}/", input.pick(&["outside", "app", "home"])),
    };
    for _ in 0..input.below(5) {
        path += match input.below(10) {
            0 => "..",
            1 => ".",
            2 if input.once_in(8) => "\0",
            _ => input.pick(names),
        };
        path += "/";
    }
    if !input.once_in(8) && path.len() > 1 {
        path.pop();
    }
    path
}
