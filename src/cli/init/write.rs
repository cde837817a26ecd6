//! Writes files where there are none.

use super::super::output::shown;
use super::templates::Template;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes all of them below the folder, or none, and gives the names of those that are left as they are.
///
/// # Errors
/// A sentence that names the file: one that is there already, or the one that cannot be written. What had been written before it is gone again.
pub(super) fn files(folder: &Path, files: &[&Template]) -> Result<Vec<&'static str>, String> {
    // Looked at before anything is written, so that the usual mistake leaves nothing to clean up.
    let is_there = |file: &&&Template| folder.join(file.path).symlink_metadata().is_ok();
    if let Some(taken) = files.iter().filter(is_there).find(|file| !file.optional) {
        return Err(format!(
            "{} exists, and nothing is written over; name another folder",
            shown(&folder.join(taken.path))
        ));
    }
    let (left, files): (Vec<&Template>, Vec<&Template>) = files.iter().partition(|file| is_there(file));
    let mut written = Vec::new();
    for file in files {
        let path = folder.join(file.path);
        if let Err(error) = write(&path, file, &mut written) {
            for path in &written {
                // Whoever cannot remove it learns of the first failure, which has the same reason.
                let _ = fs::remove_file(path);
            }
            return Err(format!("{} cannot be written: {error}", shown(&path)));
        }
    }
    Ok(left.iter().map(|file| file.path).collect())
}

/// Writes one, and says which file it has made as soon as there is one.
fn write(path: &Path, file: &Template, written: &mut Vec<std::path::PathBuf>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mode = if file.program { 0o777 } else { 0o666 };
    // It may have been made meanwhile.
    let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut made = made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => io::Error::new(ErrorKind::AlreadyExists, "it exists by now"),
        _ => error,
    })?;
    written.push(path.to_owned());
    made.write_all(file.bytes)
}
