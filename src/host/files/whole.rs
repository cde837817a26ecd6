//! Reads and writes whole files.

use super::{WriteOptions, with_caps};
use crate::caps::{Caps, FsError};
use crate::host::failure::Failure;
use crate::printable;
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::rc::Rc;

/// The most bytes that are read at once, unless the app says less: as many as a buffer holds on both JavaScript engines.
const READ_MAX: u64 = i32::MAX as u64;
/// The most bytes of a text: a string of V8 holds as many.
const TEXT_MAX: u64 = (1 << 29) - 24;

#[op2]
#[buffer]
pub(in crate::host) async fn op_wasm_host_read_file(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    max_bytes: f64,
) -> Result<Vec<u8>, Failure> {
    with_caps(state, move |caps| read_file(caps, &path, most(max_bytes, READ_MAX))).await
}

#[op2]
#[string]
pub(in crate::host) async fn op_wasm_host_read_text_file(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    max_bytes: f64,
) -> Result<String, Failure> {
    with_caps(state, move |caps| {
        let bytes = read_file(caps, &path, most(max_bytes, TEXT_MAX))?;
        // As a decoder has it, what is no UTF-8 is U+FFFD.
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    })
    .await
}

#[op2]
pub(in crate::host) async fn op_wasm_host_write_file(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    #[buffer(copy)] bytes: Vec<u8>,
    #[serde] options: WriteOptions,
) -> Result<(), Failure> {
    with_caps(state, move |caps| {
        let mut file = caps.open_to_write(&path, options.into()).map_err(|error| unwritten(&path, error))?;
        file.write_all(&bytes).map_err(|error| unwritten(&path, error))
    })
    .await
}

fn unwritten(path: &str, error: impl Into<FsError>) -> Failure {
    Failure::of_path(path, "written", error)
}

/// What the app bounds a read by; infinite where it does not.
fn most(asked: f64, max: u64) -> u64 {
    if asked < max as f64 { asked as u64 } else { max }
}

fn read_file(caps: &Caps, path: &str, most: u64) -> Result<Vec<u8>, Failure> {
    let file = caps.open_to_read(path).map_err(|error| Failure::of_path(path, "read", error))?;
    match read_up_to(file, most) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            let path = printable::sentence(path);
            let hint = "readFileStream gives it piece by piece";
            Err(Failure::Io(
                format!("\"{path}\" cannot be read at once: it is larger than {most} bytes; {hint}"),
                Some("EFBIG"),
            ))
        }
        Err(error) => Err(Failure::of_path(path, "read", error)),
    }
}

/// The whole of it; nothing if that is more.
fn read_up_to(file: File, most: u64) -> io::Result<Option<Vec<u8>>> {
    let length = file.metadata()?.len();
    if length > most {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    // As much as it says, so that a file for which there is no room is an error and not the end of the process.
    let room = usize::try_from(length).map_err(|_| ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(room).map_err(|_| ErrorKind::OutOfMemory)?;
    // It may have grown, and the length of some says nothing.
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= most).then_some(bytes))
}
