//! What a path really means, and opening it without meaning anything else.

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// Symlinks followed before a path is taken for a loop; Linux has the same bound.
const LINKS_MAX: usize = 40;
/// A folder on the way to something, of which nothing is read.
pub(super) const STEP: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What an absolute path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Real {
    /// Without symlinks. What does not exist, or cannot be seen, is as written, so that a missing path is judged like one that exists.
    pub path: PathBuf,
    /// It goes up from something that is no folder, and so leads nowhere, whatever lies at `path`.
    pub is_cut: bool,
}

impl Real {
    /// Follows an absolute path. Where `..` stands behind a folder that may be told of, the folder has to be there; behind any other it takes
    /// back the name before it, so that the outcome does not say whether the folder is there. `None` for a loop.
    pub(super) fn of(path: &Path, is_told: impl Fn(&Path) -> bool) -> Option<Real> {
        let mut walk = Walk { is_told: &is_told, links: 0, is_cut: false };
        let path = walk.follow(PathBuf::from("/"), path)?;
        Some(Real { path, is_cut: walk.is_cut })
    }

    /// The same without the last name, which is taken as it is, be it a symlink. A path that ends in no name is the folder that it means.
    pub(super) fn of_name(path: &Path, is_told: impl Fn(&Path) -> bool) -> Option<Real> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Real::of(path, is_told) };
        let real = Real::of(parent, is_told)?;
        Some(Real { path: real.path.join(name), ..real })
    }
}

/// The path with every symlink resolved, as the system does it. `None` for a loop, and for `..` behind something missing or a file.
pub(super) fn real_path(path: &Path) -> Option<PathBuf> {
    Real::of(path, |_| true).filter(|real| !real.is_cut).map(|real| real.path)
}

struct Walk<'a> {
    is_told: &'a dyn Fn(&Path) -> bool,
    links: usize,
    is_cut: bool,
}

impl Walk<'_> {
    /// Follows a path, or what a symlink says, from a folder without symlinks.
    fn follow(&mut self, mut real: PathBuf, path: &Path) -> Option<PathBuf> {
        // For each name that is not taken back: what there was before it, if it was a symlink.
        let mut trail: Vec<Option<PathBuf>> = Vec::new();
        // How long the path is up to the first name that there is not.
        let mut missing: Option<usize> = None;
        for component in path.components() {
            let name = match component {
                Component::Normal(name) => name,
                Component::ParentDir => {
                    self.go_up(&mut real, trail.pop().flatten());
                    missing = missing.filter(|length| real.as_os_str().len() >= *length);
                    continue;
                }
                Component::CurDir | Component::RootDir | Component::Prefix(_) => continue,
            };
            real.push(name);
            let found = if missing.is_none() { readlinkat(CWD, &real, Vec::new()) } else { Err(Errno::NOENT) };
            trail.push(match found {
                Ok(target) => {
                    self.links += 1;
                    if self.links > LINKS_MAX {
                        return None;
                    }
                    real.pop();
                    let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                    let start = if target.is_absolute() { PathBuf::from("/") } else { real.clone() };
                    let led = self.follow(start, &target)?;
                    Some(std::mem::replace(&mut real, led))
                }
                // It exists and is no symlink.
                Err(Errno::INVAL) => None,
                Err(_) => {
                    missing.get_or_insert(real.as_os_str().len());
                    None
                }
            });
        }
        Some(real)
    }

    fn go_up(&mut self, real: &mut PathBuf, before_link: Option<PathBuf>) {
        if (self.is_told)(real) {
            // As the system has it: only a folder has one above it.
            if real.is_dir() {
                real.pop();
                return;
            }
            self.is_cut = true;
        }
        match before_link {
            Some(before) => *real = before,
            None => {
                real.pop();
            }
        }
    }
}

/// Opens a path of plain names beneath a folder, one name at a time and never through a symlink.
///
/// The last name is opened with `flags`, which must say `NOFOLLOW`; an empty path opens the folder itself.
pub(super) fn open_beneath(folder: impl AsFd, path: &Path, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let mut names: Vec<&OsStr> = path.iter().collect();
    let last = names.pop().unwrap_or(OsStr::new("."));
    let mut current: Option<OwnedFd> = None;
    for name in names {
        let next = match &current {
            None => openat(&folder, name, STEP, Mode::empty())?,
            Some(current) => openat(current, name, STEP, Mode::empty())?,
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

    /// What `..` means behind a folder of which nothing may be told is the same whatever is there.
    #[test]
    fn going_up_says_nothing_of_what_may_not_be_told() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        for folder in ["told/inner", "other/folder"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("other/file"), "").unwrap();
        symlink("folder", root.join("other/link")).unwrap();
        symlink("/usr/lib", root.join("other/far")).unwrap();
        symlink("far", root.join("other/chain")).unwrap();
        symlink("nowhere", root.join("other/dangling")).unwrap();
        symlink("none/../../../told", root.join("other/back")).unwrap();
        let told = root.join("told");
        let real = |path: &str| {
            let real = Real::of(&root.join(path), |folder| told.starts_with(folder) || folder.starts_with(&told));
            real.map(|real| (real.path, real.is_cut))
        };
        for name in ["none", "folder", "file", "link", "far", "chain", "dangling", "none/x/..", "link/x/.."] {
            let path = format!("other/{name}/../../told/inner");
            assert_eq!(real(&path), Some((told.join("inner"), false)), "{name}");
            let path = format!("other/{name}/../../../..{}/inner", told.display());
            let up = real(&path).map(|real| real.0);
            assert_eq!(
                up,
                real(&format!("other/none/../../../..{}/inner", told.display())).map(|real| real.0),
                "{name}"
            );
        }
        // Where it may be told, it is as the system has it.
        assert_eq!(real("told/inner/../x"), Some((told.join("x"), false)));
        assert_eq!(real("told/none/../x"), Some((told.join("x"), true)));
        assert_eq!(real("told/../told/../../x/.."), real(".."));
        symlink("../other/link", told.join("out")).unwrap();
        assert_eq!(real("told/out/../inner"), Some((told.join("inner"), false)));
        assert_eq!(real("other/back/inner"), real("other/none/../../../told/inner"));
    }
}
