//! `fd_readdir`, entry by entry.
//!
//! wasmtime-wasi reads the whole folder at each call, and asks the system for each file in it: seconds for a large one, where no stop
//! reaches it, again for each buffer; and a file that is renamed meanwhile, or whose name is not UTF-8, makes it fail. Here an open
//! [`Folder`] is kept for each descriptor that is listed, until that is closed, and a stop is looked for between entries.

use super::folder::{Folder, shown_inode};
use super::folders::Folders;
use super::open;
use super::program::{WASI_MODULE, WasiGuest};
use crate::actor::guest::ending::StoppedByHost;
use crate::actor::guest::state::GuestState;
use rustix::fs::FileType;
use wasmtime::{AsContextMut, Caller, Extern, Linker, Result};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p1::types::{Errno, Fd, Filetype};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{WasiSnapshotPreview1, fd_close, fd_renumber};
use wiggle::GuestMemory;

/// Bytes before the name of an entry: the cookie of the next one, the inode, the length of the name, the kind.
const HEAD_BYTES: usize = 24;

/// A guest's cookies before this are for `.` and `..`.
const FIRST_PLACE: u64 = 2;

/// Puts this `fd_readdir` in the place of the plain one. Where a descriptor is closed, so is its folder.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> Result<()> {
    type Arguments = (i32, i32, i32, i64, i32);
    linker.func_wrap_async(WASI_MODULE, "fd_readdir", |mut caller: Caller<'_, GuestState>, arguments: Arguments| {
        Box::new(async move {
            let (fd, at, length, cookie, result) = arguments;
            let (memory, state, _) = parts(&mut caller)?;
            let GuestState { wasi: Some(wasi), actor, .. } = state else { return Ok(Errno::Notsup as i32) };
            let go_on = || !actor.control.is_stopped();
            let Some(buffer) = slice(memory, at, length) else { return Ok(Errno::Fault as i32) };
            let used = match list(wasi, fd as u32, buffer, cookie as u64, &go_on).await {
                Ok(used) => used,
                Err(_) if !go_on() => return Err(StoppedByHost.into()),
                Err(errno) => return Ok(errno as i32),
            };
            let Some(place) = slice(memory, result, 4) else { return Ok(Errno::Fault as i32) };
            place.copy_from_slice(&(used as u32).to_le_bytes());
            Ok(Errno::Success as i32)
        })
    })?;
    linker.func_wrap_async(WASI_MODULE, "fd_close", |mut caller: Caller<'_, GuestState>, (fd,): (i32,)| {
        Box::new(async move {
            let (memory, state, fuel) = parts(&mut caller)?;
            let Some(wasi) = &mut state.wasi else { return Ok(Errno::Notsup as i32) };
            wasi.folders.close(fd);
            wasi.context.set_hostcall_fuel(fuel);
            fd_close(&mut wasi.context, &mut GuestMemory::Unshared(memory), fd).await
        })
    })?;
    linker.func_wrap_async(
        WASI_MODULE,
        "fd_renumber",
        |mut caller: Caller<'_, GuestState>, (from, to): (i32, i32)| {
            Box::new(async move {
                let (memory, state, fuel) = parts(&mut caller)?;
                let Some(wasi) = &mut state.wasi else { return Ok(Errno::Notsup as i32) };
                wasi.context.set_hostcall_fuel(fuel);
                let errno = fd_renumber(&mut wasi.context, &mut GuestMemory::Unshared(memory), from, to).await?;
                if errno == Errno::Success as i32 && from != to {
                    wasi.folders.close(from);
                    wasi.folders.close(to);
                }
                Ok(errno)
            })
        },
    )?;
    Ok(())
}

/// For a call of the guest's: its memory, its state, and how much the host may copy for it.
fn parts<'a>(caller: &'a mut Caller<'_, GuestState>) -> Result<(&'a mut [u8], &'a mut GuestState, usize)> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        wasmtime::bail!("missing required memory export");
    };
    let fuel = caller.as_context_mut().hostcall_fuel();
    let (bytes, state) = memory.data_and_store_mut(caller);
    state.actor.counters.host_calls.add_one();
    Ok((bytes, state, fuel))
}

fn slice(memory: &mut [u8], at: i32, length: i32) -> Option<&mut [u8]> {
    memory.get_mut(at as u32 as usize..)?.get_mut(..length as u32 as usize)
}

/// Fills the buffer with entries from the cookie on; the last one is cut where it does not fit. How much of the buffer that takes.
async fn list(
    wasi: &mut WasiGuest,
    fd: u32,
    buffer: &mut [u8],
    cookie: u64,
    go_on: &impl Fn() -> bool,
) -> Result<usize, Errno> {
    if !wasi.folders.open.contains_key(&fd) {
        let opened = open_again(wasi, fd).await?;
        wasi.folders.open.insert(fd, opened);
    }
    let Folders { open, room } = &mut wasi.folders;
    let folder = open.get_mut(&fd).ok_or(Errno::Badf)?;
    let mut used = 0;
    for dots in [&b"."[..], b".."].iter().skip(cookie.min(FIRST_PLACE) as usize) {
        let next = dots.len() as u64;
        used += put(&mut buffer[used..], &head(next, folder.inode, dots, FileType::Directory), dots);
    }
    match cookie {
        // A listing begins: with what is there now.
        0 => folder.go_back_to(0),
        _ => folder.go_to(folder.place(cookie.saturating_sub(FIRST_PLACE)).ok_or(Errno::Inval)?),
    }
    .map_err(errno)?;
    while used < buffer.len() {
        if !go_on() {
            return Err(Errno::Intr);
        }
        let Some((entry, number)) = folder.next(room).map_err(errno)? else { break };
        let (next, name) = (FIRST_PLACE.saturating_add(number), entry.name.to_bytes());
        used += put(&mut buffer[used..], &head(next, entry.inode, name, entry.kind), name);
    }
    Ok(used)
}

fn head(next: u64, inode: u64, name: &[u8], kind: FileType) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(&next.to_le_bytes());
    head[8..16].copy_from_slice(&inode.to_le_bytes());
    head[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
    head[20] = filetype(kind) as u8;
    head
}

/// Puts down an entry, as much of it as there is room for: how much that is.
fn put(buffer: &mut [u8], head: &[u8], name: &[u8]) -> usize {
    let count = (head.len() + name.len()).min(buffer.len());
    for (place, byte) in buffer.iter_mut().zip(head.iter().chain(name)) {
        *place = *byte;
    }
    count
}

/// Opens the folder of a descriptor a second time. (wasmtime-wasi does not tell which of its things a descriptor stands for, but
/// which inode it is, and one handle of a folder is as good as another to read it.)
async fn open_again(wasi: &mut WasiGuest, fd: u32) -> Result<Folder, Errno> {
    // The call reads and writes nothing of the guest's.
    let memory = &mut GuestMemory::Unshared(&mut []);
    let stat = wasi.context.fd_filestat_get(memory, Fd::from(fd)).await.map_err(|_| Errno::Badf)?;
    if stat.filetype != Filetype::Directory {
        return Err(Errno::Badf);
    }
    if !open::has_room_for_a_file() {
        return Err(Errno::Nfile);
    }
    let things = wasi.context.ctx().table.iter_mut().filter_map(|thing| thing.downcast_ref::<Descriptor>());
    let mut folders = things.filter_map(|thing| match thing {
        Descriptor::Dir(folder) => Some(&folder.dir),
        Descriptor::File(_) => None,
    });
    let is_it = |folder: &std::fs::File| {
        rustix::fs::fstat(folder).is_ok_and(|found| shown_inode(found.st_dev, found.st_ino) == stat.ino)
    };
    let found = folders.find(|folder| is_it(folder)).ok_or(Errno::Badf)?;
    Folder::open(&**found).map_err(errno)
}

fn filetype(kind: FileType) -> Filetype {
    match kind {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Directory => Filetype::Directory,
        FileType::Symlink => Filetype::SymbolicLink,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        // Preview 1 has no number for a FIFO, and two for sockets, which a folder does not tell apart.
        _ => Filetype::Unknown,
    }
}

/// WASI's number for what the system says of a folder.
fn errno(error: rustix::io::Errno) -> Errno {
    match error {
        rustix::io::Errno::ACCESS => Errno::Acces,
        rustix::io::Errno::PERM => Errno::Perm,
        rustix::io::Errno::NOENT => Errno::Noent,
        rustix::io::Errno::NOTDIR => Errno::Notdir,
        rustix::io::Errno::INVAL => Errno::Inval,
        rustix::io::Errno::INTR => Errno::Intr,
        rustix::io::Errno::NOMEM => Errno::Nomem,
        rustix::io::Errno::MFILE => Errno::Mfile,
        rustix::io::Errno::NFILE => Errno::Nfile,
        _ => Errno::Io,
    }
}
