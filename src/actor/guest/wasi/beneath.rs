//! What a guest's path names, looked for beneath a folder that it was given: nothing above it is reached, whatever `..`, symbolic
//! links and other programs that move folders meanwhile make of it.
//!
//! The system resolves the path, so `.`, `..` and slashes at its end mean what POSIX says. What makes, removes or renames the thing
//! that the last name stands for is told the folder in which that stands, and the name with its slashes: the system never follows a
//! link that such a name is.

use cap_primitives::fs::{FollowSymlinks, OpenOptions, OpenOptionsExt};
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::{Errno, Result};
use std::fs::File;
use std::path::Path;

/// Linux's `PATH_MAX`, with the NUL that guests do not write.
pub(super) const PATH_BYTES_MAX: usize = 4095;
/// How often a path is looked for again because somebody renames things meanwhile, before it is walked step by step.
const TRIES: usize = 16;
/// What only names a file or a folder, and opens neither.
pub(super) const NAME_ONLY: OFlags = OFlags::PATH;
/// For new files, but for what the process's mask takes away.
const NEW_FILE: Mode = Mode::from_raw_mode(0o666);

/// Opens what the path names.
pub(super) fn open(folder: &File, path: &str, flags: OFlags) -> Result<File> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Errno::NAMETOOLONG);
    }
    let flags = flags | OFlags::CLOEXEC;
    let mode = if flags.contains(OFlags::CREATE) { NEW_FILE } else { Mode::empty() };
    for _ in 0..TRIES {
        match openat2(folder, path, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS) {
            Ok(opened) => return Ok(opened.into()),
            Err(Errno::AGAIN) => {}
            // The path leads out.
            Err(Errno::XDEV) => return Err(Errno::PERM),
            // Linux before 5.6, and containers whose filters do not know the call yet.
            Err(Errno::NOSYS | Errno::PERM) => break,
            Err(error) => return Err(error),
        }
    }
    walk(folder, path, flags)
}

/// The same, one name after another.
fn walk(folder: &File, path: &str, flags: OFlags) -> Result<File> {
    let mut options = OpenOptions::new();
    let access = flags & OFlags::RWMODE;
    // It makes no file that it may not write.
    let makes = flags.intersects(OFlags::CREATE | OFlags::TRUNC);
    options.read(access != OFlags::WRONLY).write(access != OFlags::RDONLY || makes);
    options.truncate(flags.contains(OFlags::TRUNC));
    options.create(flags.contains(OFlags::CREATE)).create_new(flags.contains(OFlags::CREATE | OFlags::EXCL));
    let follow = if flags.contains(OFlags::NOFOLLOW) { FollowSymlinks::No } else { FollowSymlinks::Yes };
    options._cap_fs_ext_follow(follow);
    let made_of = OFlags::CREATE | OFlags::EXCL | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RWMODE;
    options.custom_flags((flags & !made_of).bits() as i32);
    cap_primitives::fs::open(folder, Path::new(path), &options)
        // What leads out has no number there.
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::PERM))
}

/// Where the last name of a path stands.
pub(super) struct Place<'a> {
    folder: Parent<'a>,
    /// With the slashes behind it. Of no more than one name.
    pub(super) name: &'a str,
}

enum Parent<'a> {
    Given(&'a File),
    Opened(File),
}

impl Place<'_> {
    pub(super) fn folder(&self) -> &File {
        match &self.folder {
            Parent::Given(folder) => folder,
            Parent::Opened(folder) => folder,
        }
    }
}

/// Finds the place of the last name, whether or not there is anything.
pub(super) fn place<'a>(folder: &'a File, path: &'a str) -> Result<Place<'a>> {
    let end = path.trim_end_matches('/').len();
    let (parent, name) = path.split_at(path[..end].rfind('/').map_or(0, |slash| slash + 1));
    if end == 0 || &path[..end] == ".." || path[..end].ends_with("/..") {
        // It may lead out; one of no names does, or is none at all.
        open(folder, path, NAME_ONLY | OFlags::DIRECTORY)?;
    }
    let folder = match parent {
        "" => Parent::Given(folder),
        _ => Parent::Opened(open(folder, parent, NAME_ONLY | OFlags::DIRECTORY)?),
    };
    Ok(Place { folder, name })
}

/// Can the path name nothing but a folder, whatever it is that its last name stands for?
pub(super) fn is_of_a_folder(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(last, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::fstat;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// What opening gives: which file it is, or why not.
    fn found(opened: Result<File>) -> Result<u64> {
        opened.and_then(fstat).map(|stat| stat.st_ino)
    }

    /// Which the system does where it has no call for it.
    #[test]
    fn a_path_that_is_walked_name_by_name_leads_to_the_same() {
        let outer = tempfile::tempdir().unwrap();
        let at = |name: &str| outer.path().join("folder").join(name);
        fs::create_dir_all(at("inner")).unwrap();
        fs::write(at("file"), "text").unwrap();
        for (name, target) in [
            ("link", "file"),
            ("to_inner", "inner/"),
            ("dangling", "nowhere"),
            ("up", ".."),
            ("root", "/"),
            ("loop", "loop"),
        ] {
            symlink(target, at(name)).unwrap();
        }
        let folder = File::open(at("")).unwrap();
        let names = ["file", "inner", "link", "to_inner", "dangling", "up", "root", "loop", "missing", "..", "."];
        let behind = ["", "/", "/.", "/..", "/../file", "/../..", "/x"];
        let ways = [NAME_ONLY, NAME_ONLY | OFlags::DIRECTORY, OFlags::RDONLY, OFlags::WRONLY, OFlags::RDWR];
        for path in names.iter().flat_map(|name| behind.map(|behind| format!("{name}{behind}"))) {
            for way in ways.iter().flat_map(|way| [*way, *way | OFlags::NOFOLLOW]) {
                let (direct, walked) = (open(&folder, &path, way), walk(&folder, &path, way));
                assert_eq!(found(direct), found(walked), "{path:?} {way:?}");
            }
        }
        let made = OFlags::WRONLY | OFlags::CREATE;
        assert!(walk(&folder, "inner/new", made).is_ok() && at("inner/new").exists());
        assert_eq!(found(walk(&folder, "inner/new", made | OFlags::EXCL)), Err(Errno::EXIST));
        assert_eq!(found(walk(&folder, "../new", made)), Err(Errno::PERM));
    }

    #[test]
    fn the_last_name_of_a_path_keeps_its_slashes() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("a")).unwrap();
        let folder = File::open(temp.path()).unwrap();
        for (path, name) in
            [("x", "x"), ("x//", "x//"), ("a/x", "x"), ("./a//x/", "x/"), ("a/.", "."), ("a/../", "../")]
        {
            assert_eq!(place(&folder, path).unwrap().name, name, "{path}");
        }
        for (path, error) in
            [("", Errno::NOENT), ("/", Errno::PERM), ("/x", Errno::PERM), ("..", Errno::PERM), ("b/x", Errno::NOENT)]
        {
            assert_eq!(place(&folder, path).err(), Some(error), "{path}");
        }
    }
}
