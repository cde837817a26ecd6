//! Lists folders, and tells what is known of a file.

use super::with_caps;
use crate::host::failure::Failure;
use crate::printable;
use deno_core::{OpState, Resource, ResourceId, op2};
use rustix::fs::{AtFlags, Dir, DirEntry, FileType, statat};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::Metadata;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The most names of one folder, and the most bytes of all of them. Who makes them may be a guest.
const NAMES_MAX: usize = 1 << 20;
const NAMES_BYTES_MAX: usize = 64 << 20;
/// Names that are handed over in one turn of the event loop.
const NAMES_AT_ONCE: usize = 1000;

/// One name in a folder, and a letter for what it is.
#[derive(Debug)]
struct Name {
    name: String,
    kind: char,
}

/// The names of a folder that have not been handed over.
struct Listing(RefCell<std::vec::IntoIter<Name>>);

impl Resource for Listing {
    fn name(&self) -> Cow<'_, str> {
        "listing".into()
    }
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

/// Reads the names in a folder, which [`op_wasm_host_read_dir_next`] hands over.
#[op2]
#[smi]
pub(in crate::host) async fn op_wasm_host_read_dir(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
) -> Result<ResourceId, Failure> {
    let names = with_caps(state.clone(), move |caps| {
        let folder = caps.open_folder(&path).map_err(|error| Failure::of_path(&path, "listed", error))?;
        let names = names(&folder, NAMES_MAX, NAMES_BYTES_MAX);
        names.map_err(|error| Failure::of_path(&path, "listed", error))?.ok_or_else(|| too_many(&path))
    })
    .await?;
    Ok(state.borrow_mut().resource_table.add(Listing(RefCell::new(names.into_iter()))))
}

fn too_many(path: &str) -> Failure {
    let path = printable::sentence(path);
    let bounds = format!("more than {NAMES_MAX} names in it, or more than {} MiB of them", NAMES_BYTES_MAX >> 20);
    Failure::Io(format!("\"{path}\" cannot be listed: there are {bounds}"), Some("EFBIG"))
}

/// The next names, each as a letter for what it is, the name, and a slash, which is in none; nothing once there are no more.
#[op2]
#[string]
pub(in crate::host) fn op_wasm_host_read_dir_next(state: &mut OpState, #[smi] listing: ResourceId) -> String {
    let listing = state.resource_table.get::<Listing>(listing);
    listing.map(|listing| next_piece(&mut *listing.0.borrow_mut())).unwrap_or_default()
}

fn next_piece(names: &mut impl Iterator<Item = Name>) -> String {
    let mut piece = String::new();
    for Name { name, kind } in names.take(NAMES_AT_ONCE) {
        piece.extend([kind]);
        piece += &name;
        piece += "/";
    }
    piece
}

/// The names in a folder, sorted; nothing if there are more than so many, or more bytes of them.
fn names(folder: &OwnedFd, most: usize, most_bytes: usize) -> io::Result<Option<Vec<Name>>> {
    let mut names = Vec::new();
    let mut bytes = 0;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        if [c".", c".."].contains(&entry.file_name()) {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        bytes += name.len();
        if names.len() == most || bytes > most_bytes {
            return Ok(None);
        }
        let kind = match kind_of(folder, &entry) {
            FileType::RegularFile => 'f',
            FileType::Directory => 'd',
            FileType::Symlink => 'l',
            _ => '-',
        };
        names.push(Name { name, kind });
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

#[cfg(test)]
mod tests {
    use super::{NAMES_AT_ONCE, Name, names, next_piece};
    use std::fs::{self, File};

    #[test]
    fn what_is_held_of_a_folder_is_bounded_in_names_and_bytes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["aa", "bb", "cc"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let folder = File::open(folder.path()).unwrap().into();
        let count = |most, most_bytes| names(&folder, most, most_bytes).unwrap().map(|names| names.len());
        assert_eq!(count(3, 6), Some(3));
        assert_eq!(count(2, 6), None);
        assert_eq!(count(3, 5), None);
    }
    #[test]
    fn no_more_names_are_handed_over_in_one_turn_than_a_timer_can_wait_for() {
        let mut names = (0..2 * NAMES_AT_ONCE + 1).map(|number| Name { name: number.to_string(), kind: 'f' });
        let pieces: Vec<String> =
            std::iter::from_fn(|| Some(next_piece(&mut names)).filter(|piece| !piece.is_empty())).collect();
        let counts: Vec<usize> = pieces.iter().map(|piece| piece.matches('/').count()).collect();
        assert_eq!(counts, [NAMES_AT_ONCE, NAMES_AT_ONCE, 1]);
        assert!(pieces[0].starts_with("f0/f1/"), "{}", pieces[0]);
    }
}
