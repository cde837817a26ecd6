//! Hands granted folders to wasmtime-wasi, which takes paths only: the opened folder itself, not a name that could mean another one by now.

use crate::actor::protocol::config::Preopen;
use crate::limits::PREOPEN_STACK_BYTES;
use crate::printable;
use rustix::process::fchdir;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// Adds a folder.
///
/// # Errors
/// A sentence that says why it cannot be opened.
pub(crate) fn add(builder: &mut WasiCtxBuilder, preopen: &Preopen) -> Result<(), String> {
    let name = printable::name(&preopen.guest_path);
    let unusable = |why: String| format!("the preopen \"{name}\" cannot be opened: {why}");
    if Path::new("/proc/self/fd").exists() {
        let path = format!("/proc/self/fd/{}", preopen.dir.as_raw_fd());
        return open(builder, &path, preopen).map_err(|error| unusable(format!("{error:#}")));
    }
    add_from_within(builder, preopen)
        .map_err(|error| unusable(format!("{error:#}; there is no /proc, which makes it simple")))
}

fn open(builder: &mut WasiCtxBuilder, path: &str, preopen: &Preopen) -> wasmtime::Result<()> {
    let perms = if preopen.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
    builder.preopened_dir(path, &preopen.guest_path, perms).map(|_| ())
}

/// Where `/proc` does not show what is open: from a thread that has a working folder of its own, and stands in this one.
fn add_from_within(builder: &mut WasiCtxBuilder, preopen: &Preopen) -> wasmtime::Result<()> {
    thread::scope(|scope| {
        let within = || {
            own_working_folder()?;
            fchdir(&preopen.dir)?;
            open(builder, ".", preopen)
        };
        let thread = thread::Builder::new().name("wasm-preopen".to_owned()).stack_size(PREOPEN_STACK_BYTES);
        let opened = thread.spawn_scoped(scope, within)?.join();
        opened.unwrap_or_else(|_| Err(io::Error::other("it panicked").into()))
    })
}

/// Gives the calling thread a working folder that is not the process's. That needs no privilege, but containers may refuse it.
fn own_working_folder() -> io::Result<()> {
    // SAFETY: it changes nothing but what working folder, root and mask for new files belong to, which is this thread's from now on.
    match unsafe { libc::unshare(libc::CLONE_FS) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
