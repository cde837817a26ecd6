//! Makes folders, and renames.

use super::with_caps;
use crate::caps::{Caps, FsError};
use crate::host::failure::Failure;
use crate::printable;
use deno_core::{OpState, op2};
use rustix::fs::{Mode, mkdirat, renameat};
use std::cell::RefCell;
use std::io;
use std::path::Path;
use std::rc::Rc;

#[op2]
pub(in crate::host) async fn op_wasm_host_mkdir(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    recursive: bool,
    #[smi] mode: u32,
) -> Result<(), Failure> {
    with_caps(state, move |caps| {
        let mode = Mode::from_raw_mode(mode);
        if recursive {
            make_all(caps, &path, mode)
        } else {
            make(caps, &path, mode).map_err(|error| unmade(&path, error))
        }
    })
    .await
}

fn unmade(path: &str, error: FsError) -> Failure {
    Failure::of_path(path, "made", error)
}

fn make(caps: &Caps, path: &str, mode: Mode) -> Result<(), FsError> {
    let entry = caps.open_entry(path)?;
    Ok(mkdirat(&entry.folder, &entry.name, mode)?)
}

/// Makes a folder and those above it that there are not. Each has to be granted.
fn make_all(caps: &Caps, path: &str, mode: Mode) -> Result<(), Failure> {
    let mut missing = vec![path];
    while let Some(path) = missing.last().copied() {
        match make(caps, path, mode) {
            Ok(()) => {}
            Err(FsError::Failed(error)) if error.kind() == io::ErrorKind::NotFound => {
                match Path::new(path).parent().and_then(Path::to_str).filter(|above| !above.is_empty()) {
                    Some(above) if missing.iter().all(|seen| *seen != above) => {
                        missing.push(above);
                        continue;
                    }
                    _ => return Err(unmade(path, FsError::Failed(error))),
                }
            }
            Err(error) if is_there(caps, path, &error) => {}
            Err(error) => return Err(unmade(path, error)),
        }
        missing.pop();
    }
    Ok(())
}

/// Was nothing made because the folder is there, be it by way of a symlink?
fn is_there(caps: &Caps, path: &str, error: &FsError) -> bool {
    let FsError::Failed(error) = error else { return false };
    match error.kind() {
        io::ErrorKind::AlreadyExists => caps.is_folder_to_write(path),
        // A path without a name is a folder.
        kind => kind == io::ErrorKind::ResourceBusy,
    }
}

#[op2]
pub(in crate::host) async fn op_wasm_host_rename(
    state: Rc<RefCell<OpState>>,
    #[string] from: String,
    #[string] to: String,
) -> Result<(), Failure> {
    with_caps(state, move |caps| {
        let done = format!("renamed to \"{}\"", printable::sentence(&to));
        let source = caps.open_entry(&from).map_err(|error| Failure::of_path(&from, &done, error))?;
        let target = caps.open_entry(&to).map_err(|error| Failure::of_path(&from, &done, error))?;
        let renamed = renameat(&source.folder, &source.name, &target.folder, &target.name);
        renamed.map_err(|error| Failure::of_path(&from, &done, error))
    })
    .await
}
