//! The app's own files, for `runtime:app`. What may be opened [`Caps`] decides and opens; what is done with it is done on threads that may
//! wait for a disk.
//!
//! ```text
//! whole.rs    reads and writes whole files
//! stream.rs   files that are read or written piece by piece
//! look.rs     lists folders, and tells what is known of a file
//! change.rs   makes and renames
//! remove.rs   removes
//! watch.rs    tells of changes
//! ```

mod change;
mod look;
mod remove;
mod stream;
mod watch;
mod whole;

pub(super) use change::{op_wasm_host_mkdir, op_wasm_host_rename};
pub(super) use look::{op_wasm_host_read_dir, op_wasm_host_read_dir_next, op_wasm_host_stat};
pub(super) use remove::op_wasm_host_remove;
pub(super) use stream::{OpenFile, op_wasm_host_open_to_read, op_wasm_host_open_to_write};
pub(super) use watch::{op_wasm_host_watch, op_wasm_host_watch_next};
pub(super) use whole::{op_wasm_host_read_file, op_wasm_host_read_text_file, op_wasm_host_write_file};

use super::failure::Failure;
use crate::blocking;
use crate::caps::{Caps, Writing};
use deno_core::OpState;
use serde::Deserialize;
use std::cell::RefCell;
use std::rc::Rc;

/// How a file is written, as js/host/files.js has checked it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WriteOptions {
    append: bool,
    create: bool,
    create_new: bool,
    mode: u32,
}

impl From<WriteOptions> for Writing {
    fn from(options: WriteOptions) -> Writing {
        let WriteOptions { append, create, create_new, mode } = options;
        Writing { append, create, create_new, mode }
    }
}

/// Does this with the app's grants, on a thread that may wait.
async fn with_caps<T: Send + 'static>(
    state: Rc<RefCell<OpState>>,
    work: impl FnOnce(&Caps) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let caps = state.borrow().borrow::<Caps>().clone();
    drop(state);
    match blocking::run(move || work(&caps).map_err(|error| error.looked_in(caps.folder()))).await {
        Ok(done) => done,
        Err(error) => Err(Failure::io("there is no thread to work with files on", &error)),
    }
}
