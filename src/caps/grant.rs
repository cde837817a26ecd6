//! A grant of paths: an open folder and a pattern for what lies beneath it.

use super::folder::{GrantedFolder, OpenFolders};
use super::resolve::{Real, open_beneath};
use glob::{MatchOptions, Pattern};
use rustix::fs::{FileType, OFlags, fstat};
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

/// One entry of a list of paths: of `load`, `preopens`, or what the app itself may read or write.
#[derive(Debug)]
pub(super) struct Grant<T> {
    /// The folder before the first wildcard; for a file without one, the folder that it is in.
    root: GrantedFolder,
    /// What may lie beneath it; `None` grants the folder and all beneath it.
    pattern: Option<Pattern>,
    /// What else the entry says.
    pub extra: T,
}

/// What is asked of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    File,
    Folder,
    /// Whatever is there, or will be.
    Any,
}

/// What a path means whose last name is a symlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// What the symlink leads to.
    Followed,
    /// The symlink: for what renames it, removes it or looks at it.
    Itself,
}

/// Where a path is that a grant covers.
#[derive(Debug)]
pub(super) struct Place<T> {
    /// The granted folder. `None` where there is none yet, and for a path that leads nowhere.
    pub folder: Option<Arc<OwnedFd>>,
    /// The path beneath it, of plain names.
    pub beneath: PathBuf,
    /// The whole path, for messages.
    pub real: PathBuf,
    pub extra: T,
}

/// What a grant opened.
#[derive(Debug)]
pub(super) struct Opened<T> {
    pub fd: OwnedFd,
    pub path: PathBuf,
    pub extra: T,
}

pub(super) fn has_wildcard(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

impl<T: Copy> Grant<T> {
    /// A grant of the absolute path `entry`, which may hold wildcards. Its folder is opened now, if it exists.
    pub(super) fn new(entry: &str, wanted: Wanted, extra: T, open: &OpenFolders) -> Result<Self, glob::PatternError> {
        let names: Vec<&str> = entry.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
        let wild = names.iter().position(|name| has_wildcard(name)).unwrap_or(names.len());
        let split = if wanted == Wanted::Folder { wild } else { wild.min(names.len().saturating_sub(1)) };
        let root = PathBuf::from("/").join(names[..split].join("/"));
        let rest = names[split..].join("/");
        let literal = !has_wildcard(&rest);
        let pattern = match rest.as_str() {
            "" => None,
            // A name may hold what is special in a pattern only by being escaped.
            _ if literal => Some(Pattern::new(&Pattern::escape(&rest))?),
            _ => Some(Pattern::new(&rest)?),
        };
        Ok(Grant { root: GrantedFolder::new(root, open), pattern, extra })
    }

    /// How many folders deep what it covers can lie beneath its root; `None` without a bound.
    #[cfg(feature = "host")]
    pub(super) fn depth(&self) -> Option<usize> {
        let pattern = self.pattern.as_ref().map_or("", Pattern::as_str);
        (!pattern.contains("**")).then(|| pattern.split('/').count())
    }

    /// The folder before the first wildcard, or that a file without one is in, as the entry has it.
    #[cfg(feature = "host")]
    pub(super) fn root(&self) -> &Path {
        self.root.written()
    }

    /// The folder that the entry names, if there is none.
    pub(super) fn missing_folder(&self) -> Option<&Path> {
        self.root.hold().is_none().then_some(self.root.written())
    }

    /// What of `real` lies beneath the folder, if the grant covers it.
    pub(super) fn covers<'a>(&self, real_root: &Path, real: &'a Path, wanted: Wanted) -> Option<&'a Path> {
        let beneath = real.strip_prefix(real_root).ok()?;
        // A folder named as a file to load is no grant of the files in it.
        let Some(pattern) = &self.pattern else { return (wanted != Wanted::File).then_some(beneath) };
        let matches = |path: &Path| pattern.matches_path_with(path, MATCHING);
        let covered = match wanted {
            Wanted::File => matches(beneath),
            // A folder is granted with all that is beneath it.
            Wanted::Folder | Wanted::Any => {
                beneath.ancestors().any(|folder| !folder.as_os_str().is_empty() && matches(folder))
            }
        };
        covered.then_some(beneath)
    }
}

/// What an absolute path really is, as far as whoever has these grants may be told: of what they cover, and of what leads there.
fn real_of<T: Copy>(grants: &[&Grant<T>], path: &Path, wanted: Wanted, last: Last) -> Option<Real> {
    let is_told = |folder: &Path| {
        grants
            .iter()
            .filter_map(|grant| Some((grant, grant.root.real()?)))
            .any(|(grant, root)| root.starts_with(folder) || grant.covers(root, folder, wanted).is_some())
    };
    match last {
        Last::Followed => Real::of(path, is_told),
        Last::Itself => Real::of_name(path, is_told),
    }
}

/// The grants of a file, or of a folder with all that is beneath it: what `entry` says may become either.
pub(super) fn places(entry: &str, open: &OpenFolders) -> Result<Vec<Grant<()>>, glob::PatternError> {
    // A file, and a folder that is to be made, is found in the folder it is in; beneath a folder that is a symlink, in what that leads to.
    let wanted = if has_wildcard(entry) { &[Wanted::Any][..] } else { &[Wanted::Any, Wanted::Folder] };
    wanted.iter().map(|wanted| Grant::new(entry, *wanted, (), open)).collect()
}

/// What an absolute path really is, beneath the first grant that covers it. `None` if none does.
pub(super) fn find<T: Copy>(grants: &[&Grant<T>], path: &Path, wanted: Wanted, last: Last) -> Option<Place<T>> {
    let Real { path: real, is_cut } = real_of(grants, path, wanted, last)?;
    let mut places = grants.iter().filter_map(|grant| {
        let beneath = grant.covers(grant.root.real()?, &real, wanted)?.to_owned();
        let folder = if is_cut { None } else { grant.root.hold() };
        Some(Place { folder, beneath, real: real.clone(), extra: grant.extra })
    });
    match last {
        Last::Followed => places.next(),
        // One that has the folder which the name is in, if there is one.
        Last::Itself => {
            let places: Vec<_> = places.collect();
            let named = places.iter().position(|place| !place.beneath.as_os_str().is_empty());
            places.into_iter().nth(named.unwrap_or(0))
        }
    }
}

/// Opens an absolute path through the first grant that covers what it really is. `None` if none does.
pub(super) fn open<T: Copy>(grants: &[&Grant<T>], path: &Path, wanted: Wanted) -> Option<io::Result<Opened<T>>> {
    let reached = reach(grants, path, wanted, Last::Followed, |folder, beneath| open_wanted(folder, beneath, wanted))?;
    Some(reached.map(|(fd, place)| Opened { fd, path: place.real, extra: place.extra }))
}

/// Does this with the folder of the first grant that covers what an absolute path really is, and the names beneath it. `None` if none does.
pub(super) fn reach<T: Copy, R>(
    grants: &[&Grant<T>],
    path: &Path,
    wanted: Wanted,
    last: Last,
    act: impl Fn(&OwnedFd, &Path) -> rustix::io::Result<R>,
) -> Option<io::Result<(R, Place<T>)>> {
    let mut failure = Errno::LOOP;
    for _ in 0..ATTEMPTS_MAX {
        let place = find(grants, path, wanted, last)?;
        let Some(folder) = &place.folder else { return Some(Err(Errno::NOENT.into())) };
        match act(folder, &place.beneath) {
            Ok(done) => return Some(Ok((done, place))),
            // What was a plain name a moment ago is a symlink or no folder now, or has another name: look again.
            Err(error @ (Errno::LOOP | Errno::NOTDIR)) => failure = error,
            // To ask whether it is there now is not enough: that may come too late as well.
            Err(Errno::NOENT)
                if path.symlink_metadata().is_ok()
                    || real_of(grants, path, wanted, last).is_none_or(|real| real.path != place.real) =>
            {
                failure = Errno::NOENT;
            }
            Err(error) => return Some(Err(error.into())),
        }
    }
    Some(Err(failure.into()))
}

fn open_wanted(folder: &OwnedFd, beneath: &Path, wanted: Wanted) -> rustix::io::Result<OwnedFd> {
    let safe = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match wanted {
        Wanted::Folder => open_beneath(folder, beneath, safe | OFlags::DIRECTORY),
        Wanted::Any => open_beneath(folder, beneath, safe | OFlags::NONBLOCK | OFlags::NOCTTY),
        Wanted::File => {
            // Non-blocking, so that a FIFO or a device cannot hold the caller up before it is refused.
            let fd = open_beneath(folder, beneath, safe | OFlags::NONBLOCK | OFlags::NOCTTY)?;
            match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
                FileType::RegularFile => Ok(fd),
                FileType::Directory => Err(Errno::ISDIR),
                // "Not a regular file" has no number of its own.
                _ => Err(Errno::INVAL),
            }
        }
    }
}
