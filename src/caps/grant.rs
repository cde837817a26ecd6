//! A grant of paths: an open folder and a pattern for what lies beneath it.

use super::resolve::{open_beneath, real_path};
use glob::{MatchOptions, Pattern};
use parking_lot::Mutex;
use rustix::fs::{FileType, Mode, OFlags, fstat, open as open_path};
use rustix::io::Errno;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often opening is tried while somebody swaps what lies there.
const ATTEMPTS_MAX: usize = 16;

/// `*` and `?` stay within a name, case counts, and a leading dot is nothing special.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// One entry of `load` or `preopens`.
#[derive(Debug)]
pub(super) struct Grant<T> {
    /// The folder before the first wildcard; for a file without one, the folder that it is in.
    root: PathBuf,
    /// What may lie beneath it; `None` grants the folder and all beneath it.
    pattern: Option<Pattern>,
    /// What else the entry says.
    pub extra: T,
    held: Mutex<Option<Held>>,
}

/// A folder held open, and where it was when it was opened.
#[derive(Clone, Debug)]
struct Held {
    folder: Arc<OwnedFd>,
    real: PathBuf,
}

/// What is asked of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    File,
    Folder,
}

/// What a grant opened.
#[derive(Debug)]
pub(super) struct Opened<T> {
    pub fd: OwnedFd,
    pub path: PathBuf,
    pub extra: T,
}

fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

impl<T: Copy> Grant<T> {
    /// A grant of the absolute path `entry`, which may hold wildcards. Its folder is opened now, if it exists.
    pub(super) fn new(entry: &str, wanted: Wanted, extra: T) -> Result<Self, glob::PatternError> {
        let names: Vec<&str> = entry.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
        let wild = names.iter().position(|name| has_wildcard(name)).unwrap_or(names.len());
        let split = if wanted == Wanted::File { wild.min(names.len().saturating_sub(1)) } else { wild };
        let root = PathBuf::from("/").join(names[..split].join("/"));
        let rest = names[split..].join("/");
        let literal = !has_wildcard(&rest);
        let pattern = match rest.as_str() {
            "" => None,
            // A name may hold what is special in a pattern only by being escaped.
            _ if literal => Some(Pattern::new(&Pattern::escape(&rest))?),
            _ => Some(Pattern::new(&rest)?),
        };
        let grant = Grant { root, pattern, extra, held: Mutex::new(None) };
        grant.hold();
        Ok(grant)
    }

    /// The folder, opened at start-up. One that did not exist then, or was deleted since, is looked for again.
    fn hold(&self) -> Option<Held> {
        let mut held = self.held.lock();
        let alive = held.as_ref().is_some_and(|held| fstat(&*held.folder).is_ok_and(|stat| stat.st_nlink > 0));
        if !alive {
            *held = self.open_root();
        }
        held.clone()
    }

    fn open_root(&self) -> Option<Held> {
        let real = std::fs::canonicalize(&self.root).ok()?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = Arc::new(open_path(&real, flags, Mode::empty()).ok()?);
        Some(Held { folder, real })
    }

    /// The folder that the entry names, if there is none.
    pub(super) fn missing_folder(&self) -> Option<&Path> {
        self.hold().is_none().then_some(&*self.root)
    }

    /// Where the granted folder is, or would be.
    fn real_root(&self, held: Option<&Held>) -> Option<PathBuf> {
        held.map(|held| held.real.clone()).or_else(|| real_path(&self.root))
    }

    /// What of `real` lies beneath the folder, if the grant covers it.
    fn covers<'a>(&self, real_root: &Path, real: &'a Path, wanted: Wanted) -> Option<&'a Path> {
        let beneath = real.strip_prefix(real_root).ok()?;
        // A folder named as a file to load is no grant of the files in it.
        let Some(pattern) = &self.pattern else { return (wanted == Wanted::Folder).then_some(beneath) };
        let matches = |path: &Path| pattern.matches_path_with(path, MATCHING);
        let covered = match wanted {
            Wanted::File => matches(beneath),
            // A folder is granted with all that is beneath it.
            Wanted::Folder => beneath.ancestors().any(|folder| !folder.as_os_str().is_empty() && matches(folder)),
        };
        covered.then_some(beneath)
    }
}

/// Opens an absolute path through the first grant that covers what it really is. `None` if none does.
pub(super) fn open<T: Copy>(grants: &[&Grant<T>], path: &Path, wanted: Wanted) -> Option<io::Result<Opened<T>>> {
    let mut last = Errno::LOOP;
    for _ in 0..ATTEMPTS_MAX {
        let real = real_path(path)?;
        let (grant, held, beneath) = grants.iter().find_map(|grant| {
            let held = grant.hold();
            let root = grant.real_root(held.as_ref())?;
            grant.covers(&root, &real, wanted).map(|beneath| (*grant, held, beneath.to_owned()))
        })?;
        let Some(held) = held else { return Some(Err(Errno::NOENT.into())) };
        match open_wanted(&held, &beneath, wanted) {
            Ok(fd) => return Some(Ok(Opened { fd, path: real, extra: grant.extra })),
            // What was a plain name a moment ago is a symlink or no folder now, or has another name: look again.
            Err(error @ (Errno::LOOP | Errno::NOTDIR)) => last = error,
            // To ask whether it is there now is not enough: that may come too late as well.
            Err(Errno::NOENT) if real_path(path).as_ref() != Some(&real) || path.symlink_metadata().is_ok() => {
                last = Errno::NOENT;
            }
            Err(error) => return Some(Err(error.into())),
        }
    }
    Some(Err(last.into()))
}

fn open_wanted(held: &Held, beneath: &Path, wanted: Wanted) -> rustix::io::Result<OwnedFd> {
    let safe = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match wanted {
        Wanted::Folder => open_beneath(&*held.folder, beneath, safe | OFlags::DIRECTORY),
        Wanted::File => {
            // Non-blocking, so that a FIFO or a device cannot hold the caller up before it is refused.
            let fd = open_beneath(&*held.folder, beneath, safe | OFlags::NONBLOCK | OFlags::NOCTTY)?;
            match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
                FileType::RegularFile => Ok(fd),
                FileType::Directory => Err(Errno::ISDIR),
                // "Not a regular file" has no number of its own.
                _ => Err(Errno::INVAL),
            }
        }
    }
}
