//! Removes files and folders, beneath an open folder and through no symlink.

use super::with_caps;
use crate::host::failure::Failure;
use deno_core::{OpState, op2};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::{Errno, Result};
use std::cell::RefCell;
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

/// How many folders, one in another, are open at once. What lies deeper is moved up first.
const DEPTH_MAX: usize = 64;
/// How often a folder is gone through again, because something was moved up or somebody has put something in.
const PASSES_MAX: usize = 4096;

#[op2]
pub(in crate::host) async fn op_wasm_host_remove(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    recursive: bool,
) -> std::result::Result<(), Failure> {
    with_caps(state, move |caps| {
        let failed = |error| Failure::of_path(&path, "removed", error);
        let entry = caps.open_entry(&path).map_err(failed)?;
        let removed =
            if recursive { remove_all(&entry.folder, &entry.name) } else { remove(&entry.folder, &entry.name) };
        removed.map_err(|error| failed(error.into()))
    })
    .await
}

/// Removes a file, or an empty folder.
fn remove(folder: impl AsFd, name: &OsStr) -> Result<()> {
    match unlinkat(&folder, name, AtFlags::empty()) {
        Err(Errno::ISDIR) => unlinkat(&folder, name, AtFlags::REMOVEDIR),
        removed => removed,
    }
}

/// Removes a file, or a folder with all that is in it.
fn remove_all(folder: &OwnedFd, name: &OsStr) -> Result<()> {
    let mut last = Errno::NOTEMPTY;
    for _ in 0..PASSES_MAX {
        match remove(folder, name) {
            Err(error @ (Errno::NOTEMPTY | Errno::EXIST)) => last = error,
            removed => return removed,
        }
        empty(&open(folder, name)?)?;
    }
    Err(last)
}

fn open(folder: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty())
}

/// A folder that is being emptied.
struct Level {
    folder: OwnedFd,
    names: Dir,
    /// Its name in the one above.
    name: CString,
}

impl Level {
    fn new(folder: OwnedFd, name: CString) -> Result<Level> {
        Ok(Level { names: Dir::read_from(&folder)?, folder, name })
    }
}

/// Goes through a folder once and removes what is in it. What lies too deep is moved up, for the next time.
fn empty(top: &OwnedFd) -> Result<()> {
    let mut open_levels = vec![Level::new(open(top, ".")?, CString::default())?];
    let mut moved = 0;
    while let Some(level) = open_levels.last_mut() {
        let Some(entry) = level.names.next() else {
            let done = open_levels.pop().expect("there is one");
            if let Some(above) = open_levels.last() {
                let removed = unlinkat(&above.folder, &done.name, AtFlags::REMOVEDIR);
                // Somebody has put something in, or has removed it.
                let again = matches!(removed, Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOENT));
                if !again {
                    removed?;
                }
            }
            continue;
        };
        let name = entry?.file_name().to_owned();
        if [c".", c".."].contains(&name.as_c_str()) {
            continue;
        }
        match unlinkat(&level.folder, &name, AtFlags::empty()) {
            Err(Errno::ISDIR) => {}
            Ok(()) | Err(Errno::NOENT) => continue,
            Err(error) => return Err(error),
        }
        if open_levels.len() < DEPTH_MAX {
            let inner = open(&open_levels.last().expect("there is one").folder, &name)?;
            open_levels.push(Level::new(inner, name)?);
        } else {
            move_up(&open_levels.last().expect("there is one").folder, &name, top, &mut moved)?;
        }
    }
    Ok(())
}

/// Gives a folder a name of its own in the topmost one.
fn move_up(folder: &OwnedFd, name: &CString, top: &OwnedFd, moved: &mut usize) -> Result<()> {
    loop {
        *moved += 1;
        let new = format!(".removing-{}-{moved}", std::process::id());
        match renameat(folder, name, top, new) {
            // There is something of that name.
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) if *moved < PASSES_MAX => {}
            renamed => return renamed,
        }
    }
}
