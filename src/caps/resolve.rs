//! What a path really means, and opening it without meaning anything else.

use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// Symlinks followed before a path is taken for a loop; Linux has the same bound.
const LINKS_MAX: usize = 40;

/// The path with every symlink resolved. What does not exist, or cannot be seen, is taken as written, so that a missing path is
/// judged like one that exists. `None` for a loop, and for `..` behind something missing or a file.
pub(super) fn real_path(path: &Path) -> Option<PathBuf> {
    let mut real = PathBuf::from("/");
    let mut ahead: VecDeque<OsString> = names(path);
    let mut links = 0;
    let mut missing = false;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            // As the system has it: only a folder has one above it.
            if missing || !real.is_dir() {
                return None;
            }
            real.pop();
            continue;
        }
        real.push(&name);
        if missing {
            continue;
        }
        match readlinkat(rustix::fs::CWD, &real, Vec::new()) {
            Ok(target) => {
                links += 1;
                if links > LINKS_MAX {
                    return None;
                }
                real.pop();
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                if target.is_absolute() {
                    real = PathBuf::from("/");
                }
                let mut with_target = names(&target);
                with_target.append(&mut ahead);
                ahead = with_target;
            }
            // It exists and is no symlink.
            Err(Errno::INVAL) => {}
            Err(_) => missing = true,
        }
    }
    Some(real)
}

/// The same without the last name, which is taken as it is, be it a symlink. A path that ends in no name is the folder that it means.
pub(super) fn real_name(path: &Path) -> Option<PathBuf> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Some(real_path(parent)?.join(name)),
        _ => real_path(path),
    }
}

/// The components that mean something: names and `..`.
fn names(path: &Path) -> VecDeque<OsString> {
    let name = |component: Component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsStr::new("..").to_owned()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(name).collect()
}

/// Opens a path of plain names beneath a folder, one name at a time and never through a symlink.
///
/// The last name is opened with `flags`, which must say `NOFOLLOW`; an empty path opens the folder itself.
pub(super) fn open_beneath(folder: impl AsFd, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut names: Vec<&OsStr> = path.iter().collect();
    let last = names.pop().unwrap_or(OsStr::new("."));
    let mut current: Option<OwnedFd> = None;
    for name in names {
        let next = match &current {
            None => openat(&folder, name, step, Mode::empty())?,
            Some(current) => openat(current, name, step, Mode::empty())?,
        };
        current = Some(next);
    }
    match &current {
        None => openat(&folder, last, flags, Mode::empty()),
        Some(current) => openat(current, last, flags, Mode::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn symlinks_are_resolved_and_missing_tails_kept() {
        let root = tempfile::tempdir().unwrap();
        let real_root = std::fs::canonicalize(root.path()).unwrap();
        std::fs::create_dir(real_root.join("folder")).unwrap();
        symlink("folder", real_root.join("relative")).unwrap();
        symlink(real_root.join("relative"), real_root.join("absolute")).unwrap();
        symlink("nowhere/deep", real_root.join("dangling")).unwrap();
        symlink("loop", real_root.join("loop")).unwrap();
        let real = |path: &str| real_path(&real_root.join(path));
        assert_eq!(real("absolute/x/y"), Some(real_root.join("folder/x/y")));
        assert_eq!(real("relative/../folder/."), Some(real_root.join("folder")));
        assert_eq!(real("dangling"), Some(real_root.join("nowhere/deep")));
        assert_eq!(real("loop"), None);
        assert_eq!(real("missing/../folder"), None);
        std::fs::write(real_root.join("file"), "").unwrap();
        assert_eq!((real("file/.."), real("file/../folder"), real("file/x/..")), (None, None, None));
        assert_eq!(real_path(Path::new("/../../etc/..")), Some(PathBuf::from("/")));
    }
}
