//! `path_open`, guarded: a guest opens regular files and folders, and only so many.
//!
//! Opening a FIFO waits for its other end, and nobody can call that back; a device may do anything. Neither is opened. The kind is
//! asked for by the very path and flags that would be opened, so symbolic links make no difference. What remains is a FIFO that is
//! renamed into place between the question and the opening; no guest can make one. Descriptors are the process's, and it keeps
//! some for itself.

use super::program::WASI_MODULE;
use crate::actor::guest::state::GuestState;
use crate::limits::{FILES_HEAD_ROOM, OPEN_FILES_MAX};
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Resource, getrlimit};
use std::os::fd::AsRawFd;
use wasmtime::{AsContextMut, Caller, Extern, Linker, Result};
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::{Errno, Fd, Filetype, Lookupflags};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{WasiSnapshotPreview1, path_open};
use wiggle::{GuestMemory, GuestPtr};

/// dirfd, dirflags, path, its length, oflags, rights, rights to inherit, fdflags, where the descriptor goes.
type Arguments = (i32, i32, i32, i32, i32, i64, i64, i32, i32);

/// Puts the guarded `path_open` in the place of the plain one.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> Result<()> {
    linker.func_wrap_async(WASI_MODULE, "path_open", |mut caller: Caller<'_, GuestState>, arguments: Arguments| {
        Box::new(async move {
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                wasmtime::bail!("missing required memory export");
            };
            let fuel = caller.as_context_mut().hostcall_fuel();
            let (bytes, state) = memory.data_and_store_mut(&mut caller);
            let Some(wasi) = state.wasi_for_a_call() else { return Ok(Errno::Notsup as i32) };
            wasi.set_hostcall_fuel(fuel);
            guarded(wasi, &mut GuestMemory::Unshared(bytes), arguments).await
        })
    })?;
    Ok(())
}

async fn guarded(wasi: &mut WasiP1Ctx, memory: &mut GuestMemory<'_>, arguments: Arguments) -> Result<i32> {
    let (dirfd, dirflags, path, length, oflags, rights, inherited, fdflags, result) = arguments;
    if !has_room_for_a_file() {
        return Ok(Errno::Nfile as i32);
    }
    if is_refused(wasi, memory, (dirfd, dirflags, path, length)).await {
        return Ok(Errno::Nxio as i32);
    }
    let errno =
        path_open(wasi, memory, dirfd, dirflags, path, length, oflags, rights, inherited, fdflags, result).await?;
    if errno != Errno::Success as i32 {
        return Ok(errno);
    }
    // Numbers of closed descriptors are used again, so the number says how many are open.
    let opened: Fd = memory.read(GuestPtr::new(result as u32))?;
    if u32::from(opened) < OPEN_FILES_MAX {
        return Ok(errno);
    }
    let _ = wasi.fd_close(memory, opened).await;
    Ok(Errno::Mfile as i32)
}

/// May guests open another file, or is what is left for the rest of the process?
///
/// The system gives out the lowest number that is free. So the numbers at the upper end stay free as long as no guest opens a
/// file once all below are taken.
pub(crate) fn has_room_for_a_file() -> bool {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return true };
    let lowest = eventfd(0, EventfdFlags::CLOEXEC);
    lowest.is_ok_and(|lowest| (lowest.as_raw_fd() as u64) + FILES_HEAD_ROOM < limit)
}

/// Is there something that is neither a file nor a folder? Whatever else is wrong, the opening itself will say.
async fn is_refused(
    wasi: &mut WasiP1Ctx,
    memory: &mut GuestMemory<'_>,
    (dirfd, dirflags, path, length): (i32, i32, i32, i32),
) -> bool {
    let Ok(flags) = Lookupflags::try_from(dirflags) else { return false };
    let path = GuestPtr::<str>::new((path as u32, length as u32));
    match wasi.path_filestat_get(memory, Fd::from(dirfd as u32), flags, path).await {
        Ok(found) => !matches!(found.filetype, Filetype::RegularFile | Filetype::Directory | Filetype::SymbolicLink),
        Err(_) => false,
    }
}
