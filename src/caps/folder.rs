//! The folder of a grant: where it really is, which is settled at the start, and the handle by which it is held open.

use super::resolve::{STEP, open_beneath, real_path};
use parking_lot::Mutex;
use rustix::fs::{CWD, Mode, fstat, openat};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that a manifest names. The symlinks that lead to it are the manifest's as they are at the start. None that is made later
/// leads anywhere: whoever may write beside the folder, as a guest may, would choose with it what is granted.
#[derive(Debug)]
pub(super) struct GrantedFolder {
    /// As the entry has it.
    written: PathBuf,
    /// Where it really is, or would be. `None` for a loop of symlinks, or `..` behind something that is no folder.
    real: Option<PathBuf>,
    /// The nearest folder above it, and the names from there. `None` where none could be opened.
    above: Option<(Arc<OwnedFd>, PathBuf)>,
    held: Mutex<Option<Arc<OwnedFd>>>,
}

/// Folders that are open, by where they really are: what the grants of one manifest share.
#[derive(Debug, Default)]
pub(super) struct OpenFolders(RefCell<BTreeMap<PathBuf, Arc<OwnedFd>>>);

impl OpenFolders {
    /// The folder at this path, of which the last name is looked for in `above`.
    fn open(&self, path: &Path, above: impl AsFd, name: &OsStr) -> Option<Arc<OwnedFd>> {
        let mut known = self.0.borrow_mut();
        if let Some(folder) = known.get(path) {
            return Some(folder.clone());
        }
        let folder = Arc::new(openat(above, name, STEP, Mode::empty()).ok()?);
        known.insert(path.to_owned(), folder.clone());
        Some(folder)
    }

    /// The nearest folder that there is above a path without symlinks, and the names from there to the path.
    fn above(&self, real: &Path) -> Option<(Arc<OwnedFd>, PathBuf)> {
        let mut at = PathBuf::from("/");
        let mut folder = self.open(&at, CWD, at.as_os_str())?;
        let mut names: &[&OsStr] = &real.iter().skip(1).collect::<Vec<_>>();
        // Not the folder itself, which may be deleted and made anew.
        while let [name, rest @ ..] = names
            && !rest.is_empty()
        {
            at.push(name);
            let Some(next) = self.open(&at, &folder, name) else { break };
            (folder, names) = (next, rest);
        }
        Some((folder, names.iter().collect()))
    }
}

impl GrantedFolder {
    /// The folder of this absolute path, opened if it exists.
    pub(super) fn new(written: PathBuf, open: &OpenFolders) -> GrantedFolder {
        let real = real_path(&written);
        let above = real.as_deref().and_then(|real| open.above(real));
        let held =
            real.as_deref().zip(above.as_ref()).and_then(|(real, (above, names))| match names.components().count() {
                0 => Some(above.clone()),
                1 => open.open(real, above, names.as_os_str()),
                _ => None,
            });
        GrantedFolder { written, real, above, held: Mutex::new(held) }
    }

    pub(super) fn written(&self) -> &Path {
        &self.written
    }

    pub(super) fn real(&self) -> Option<&Path> {
        self.real.as_deref()
    }

    /// The folder, opened at the start. One that did not exist then, or was deleted since, is looked for again at its place.
    pub(super) fn hold(&self) -> Option<Arc<OwnedFd>> {
        let mut held = self.held.lock();
        let alive = held.as_ref().is_some_and(|held| fstat(held).is_ok_and(|stat| stat.st_nlink > 0));
        if !alive {
            *held = self.open();
        }
        held.clone()
    }

    fn open(&self) -> Option<Arc<OwnedFd>> {
        let (above, names) = self.above.as_ref()?;
        open_beneath(above, names, STEP).ok().map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{create_dir, create_dir_all, metadata, remove_dir, remove_dir_all, remove_file};
    use std::os::unix::fs::{MetadataExt, symlink};

    fn granted(path: &Path) -> GrantedFolder {
        GrantedFolder::new(path.to_owned(), &OpenFolders::default())
    }

    fn is_at(folder: &GrantedFolder, path: &Path) -> bool {
        folder.hold().is_some_and(|held| fstat(&held).unwrap().st_ino == metadata(path).unwrap().ino())
    }

    #[test]
    fn a_folder_that_comes_again_is_held_and_a_symlink_in_its_place_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        create_dir_all(root.join("above/inner")).unwrap();
        create_dir(root.join("elsewhere")).unwrap();
        // The symlinks of the start are followed, also one to what is to come.
        symlink("above/later", root.join("to_later")).unwrap();
        for (written, place) in [("above/inner", "above/inner"), ("to_later", "above/later")] {
            let (written, place) = (root.join(written), root.join(place));
            let folder = granted(&written);
            assert_eq!((folder.real(), folder.hold().is_some()), (Some(&*place), place.exists()));
            let _ = remove_dir(&place);
            symlink("../elsewhere", &place).unwrap();
            assert!(folder.hold().is_none(), "{}", written.display());
            remove_file(&place).unwrap();
            create_dir(&place).unwrap();
            assert!(is_at(&folder, &place), "{}", written.display());
        }
        // With the folder above it, it is gone for good.
        let folder = granted(&root.join("above/inner"));
        remove_dir_all(root.join("above")).unwrap();
        create_dir_all(root.join("above/inner")).unwrap();
        assert!(folder.hold().is_none());
        assert!(is_at(&granted(Path::new("/")), Path::new("/")));
    }
}
