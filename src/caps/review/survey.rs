//! What there is of what a grant covers: a look at the folders, to a bound.

use crate::caps::grant::{Grant, Wanted};
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

/// How many entries of folders are looked at, for one grant.
const ENTRIES_MAX: usize = 20_000;

/// What has been found.
pub(super) struct Survey {
    pub found: usize,
    /// There may be more, in what was not looked at.
    pub is_partial: bool,
}

/// Counts what a grant with wildcards covers. Symlinks are not followed: what they lead to counts where it is.
pub(super) fn survey<T: Copy>(grant: &Grant<T>, wanted: Wanted) -> Survey {
    let mut survey = Survey { found: 0, is_partial: false };
    let Ok(root) = fs::canonicalize(grant.root()) else { return survey };
    let mut folders: Vec<(PathBuf, usize)> = vec![(root.clone(), 0)];
    let mut room = ENTRIES_MAX;
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if room == 0 {
                survey.is_partial = true;
                return survey;
            }
            room -= 1;
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if is_wanted(kind, wanted) && grant.covers(&root, &path, wanted).is_some() {
                survey.found += 1;
            } else if kind.is_dir() && grant.depth().is_none_or(|most| depth + 1 < most) {
                folders.push((path, depth + 1));
            }
        }
    }
    survey
}

fn is_wanted(kind: FileType, wanted: Wanted) -> bool {
    match wanted {
        Wanted::File => kind.is_file(),
        Wanted::Folder => kind.is_dir(),
        Wanted::Any => kind.is_file() || kind.is_dir(),
    }
}

/// Whether a path without wildcards leads to what is wanted; a sentence where it does not.
pub(super) fn missing(path: &Path, wanted: Wanted) -> Option<&'static str> {
    match (fs::metadata(path), wanted) {
        (Err(_), _) => Some("does not exist"),
        (Ok(there), Wanted::File) if there.is_dir() => {
            Some("is a folder, and a file is loaded; name the files in it, as in `folder/*.wasm`")
        }
        (Ok(there), Wanted::File) if !there.is_file() => Some("is no regular file"),
        (Ok(there), Wanted::Folder) if !there.is_dir() => Some("is no folder"),
        _ => None,
    }
}
