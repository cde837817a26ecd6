//! Lists folders, and tells what is known of a file.

use super::with_caps;
use crate::host::failure::Failure;
use crate::printable;
use deno_core::{OpState, op2};
use rustix::fs::{AtFlags, Dir, DirEntry, FileType, statat};
use serde::Serialize;
use std::cell::RefCell;
use std::fs::Metadata;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most names of one folder. Who makes them may be a guest.
const NAMES_MAX: usize = 1 << 20;

/// One name in a folder.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    name: String,
    is_file: bool,
    is_directory: bool,
    is_symlink: bool,
}

/// What is known of a file. Times in milliseconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stat {
    is_file: bool,
    is_directory: bool,
    is_symlink: bool,
    size: f64,
    mode: u32,
    modified_ms: Option<f64>,
    accessed_ms: Option<f64>,
    created_ms: Option<f64>,
}

#[op2]
#[serde]
pub(in crate::host) async fn op_wasm_host_read_dir(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
) -> Result<Vec<Name>, Failure> {
    with_caps(state, move |caps| {
        let folder = caps.open_folder(&path).map_err(|error| Failure::of_path(&path, "listed", error))?;
        let names = names(&folder, NAMES_MAX).map_err(|error| Failure::of_path(&path, "listed", error))?;
        let too_many = || {
            let path = printable::sentence(&path);
            Failure::Io(
                format!("\"{path}\" cannot be listed: there are more than {NAMES_MAX} names in it"),
                Some("EFBIG"),
            )
        };
        names.ok_or_else(too_many)
    })
    .await
}

/// The names in a folder, sorted; nothing if there are more than so many.
fn names(folder: &OwnedFd, most: usize) -> io::Result<Option<Vec<Name>>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if [c".", c".."].contains(&entry.file_name()) {
            continue;
        }
        if names.len() == most {
            return Ok(None);
        }
        let kind = kind_of(folder, &entry);
        names.push(Name {
            name: entry.file_name().to_string_lossy().into_owned(),
            is_file: kind == FileType::RegularFile,
            is_directory: kind == FileType::Directory,
            is_symlink: kind == FileType::Symlink,
        });
    }
    names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(names))
}

/// Some file systems do not say it with the name.
fn kind_of(folder: &OwnedFd, entry: &DirEntry) -> FileType {
    match entry.file_type() {
        FileType::Unknown => statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
            .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
        kind => kind,
    }
}

#[op2]
#[serde]
pub(in crate::host) async fn op_wasm_host_stat(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    of_symlink: bool,
) -> Result<Stat, Failure> {
    with_caps(state, move |caps| {
        let metadata = caps.metadata(&path, of_symlink);
        metadata.map(|found| stat(&found)).map_err(|error| Failure::of_path(&path, "looked at", error))
    })
    .await
}

fn stat(found: &Metadata) -> Stat {
    let milliseconds = |time: io::Result<SystemTime>| {
        let time = time.ok()?;
        Some(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_secs_f64() * 1000.0,
            Err(before) => before.duration().as_secs_f64() * -1000.0,
        })
    };
    Stat {
        is_file: found.is_file(),
        is_directory: found.is_dir(),
        is_symlink: found.is_symlink(),
        size: found.len() as f64,
        mode: found.mode(),
        modified_ms: milliseconds(found.modified()),
        accessed_ms: milliseconds(found.accessed()),
        created_ms: milliseconds(found.created()),
    }
}
