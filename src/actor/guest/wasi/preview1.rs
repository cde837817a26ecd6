//! The functions of WASI preview 1 that a guest calls, each as the system does it for what the guest has open.
//!
//! Arguments, environment and clocks are wasmtime-wasi's; it makes each function's arguments out of numbers, too. Files, folders and
//! streams are ours: a guest is told by which of the system's errors a call failed, a call that waits can be stopped, and none
//! traps for an answer that POSIX has.

use super::beneath::PATH_BYTES_MAX;
use super::descriptors::{Descriptor, Descriptors};
use super::errno::{errno, failed};
use super::open::{How, open_in};
use super::pipes::unless_stopped;
use super::stat::{fdstat, filestat, filestat_of, timestamps};
use super::world::World;
use super::{buffers, paths, poll};
use crate::actor::guest::ending::StoppedByHost;
use crate::actor::handle::Actor;
use rustix::fs::{fdatasync, fsync, futimens};
use std::sync::Arc;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::types::*;
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wiggle::{GuestMemory, GuestPtr};

type Result<T, E = Error> = std::result::Result<T, E>;

/// Random bytes between two looks for a stop.
const RANDOM_BYTES_AT_ONCE: u32 = 64 * 1024;

pub(crate) struct Preview1 {
    pub(super) actor: Arc<Actor>,
    pub(super) descriptors: Descriptors,
    /// What it knows of the rest of the world.
    pub(super) world: World,
}

/// A path as it stands in the guest's memory. One that the system would refuse for its length is not copied: it may be all of that.
fn text(memory: &GuestMemory<'_>, path: GuestPtr<str>) -> Result<String> {
    if path.len() as usize > PATH_BYTES_MAX {
        return Err(Errno::Nametoolong.into());
    }
    let path = memory.as_str(path)?.ok_or(Errno::Notsup)?;
    Ok(path.to_owned())
}

/// Awaits what may take as long as others like. A guest that is stopped meanwhile ends where it waits, and can tell of that place.
async fn while_running<T>(actor: &Actor, wait: impl Future<Output = Result<T>>) -> Result<T> {
    let ended = actor.control.while_running(wait).await;
    ended.unwrap_or_else(|| Err(Error::trap(StoppedByHost.into())))
}

fn follows(flags: Lookupflags) -> bool {
    flags.contains(Lookupflags::SYMLINK_FOLLOW)
}

impl WasiSnapshotPreview1 for Preview1 {
    fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        argv: GuestPtr<GuestPtr<u8>>,
        text: GuestPtr<u8>,
    ) -> Result<()> {
        self.world.get().args_get(memory, argv, text)
    }

    fn args_sizes_get(&mut self, memory: &mut GuestMemory<'_>) -> Result<(Size, Size)> {
        self.world.get().args_sizes_get(memory)
    }

    fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        environ: GuestPtr<GuestPtr<u8>>,
        text: GuestPtr<u8>,
    ) -> Result<()> {
        self.world.get().environ_get(memory, environ, text)
    }

    fn environ_sizes_get(&mut self, memory: &mut GuestMemory<'_>) -> Result<(Size, Size)> {
        self.world.get().environ_sizes_get(memory)
    }

    fn clock_res_get(&mut self, memory: &mut GuestMemory<'_>, id: Clockid) -> Result<Timestamp> {
        self.world.get().clock_res_get(memory, id)
    }

    fn clock_time_get(&mut self, memory: &mut GuestMemory<'_>, id: Clockid, precision: Timestamp) -> Result<Timestamp> {
        self.world.get().clock_time_get(memory, id, precision)
    }

    async fn fd_advise(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> Result<()> {
        Ok(self.descriptors.file(fd)?.advise(offset, length, advice)?)
    }

    fn fd_allocate(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: Filesize, _: Filesize) -> Result<()> {
        self.descriptors.file(fd)?;
        // As in every host of today; C libraries write zeros then, or do without.
        Err(Errno::Notsup.into())
    }

    async fn fd_close(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        Ok(self.descriptors.close(fd)?)
    }

    async fn fd_datasync(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => fdatasync(&file.file).map_err(failed),
            Descriptor::Folder(folder) => fdatasync(&folder.handle).map_err(failed),
            _ => Err(Errno::Inval.into()),
        }
    }

    async fn fd_fdstat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Fdstat> {
        Ok(fdstat(self.descriptors.get(fd)?))
    }

    fn fd_fdstat_set_flags(&mut self, _: &mut GuestMemory<'_>, fd: Fd, flags: Fdflags) -> Result<()> {
        match self.descriptors.get_mut(fd)? {
            Descriptor::File(file) => Ok(file.set_flags(flags)?),
            _ => Err(Errno::Badf.into()),
        }
    }

    fn fd_fdstat_set_rights(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: Rights, _: Rights) -> Result<()> {
        self.descriptors.get(fd)?;
        Err(Errno::Notsup.into())
    }

    async fn fd_filestat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Filestat> {
        Ok(filestat_of(self.descriptors.get(fd)?)?)
    }

    async fn fd_filestat_set_size(&mut self, _: &mut GuestMemory<'_>, fd: Fd, size: Filesize) -> Result<()> {
        Ok(self.descriptors.file(fd)?.set_size(size)?)
    }

    async fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        atim: Timestamp,
        mtim: Timestamp,
        flags: Fstflags,
    ) -> Result<()> {
        let times = timestamps(atim, mtim, flags)?;
        let (handle, changes) = match self.descriptors.get(fd)? {
            Descriptor::File(file) => (&file.file, &file.changes),
            Descriptor::Folder(folder) => (&folder.handle, &folder.changes),
            _ => return Err(Errno::Badf.into()),
        };
        changes.begin()?;
        futimens(handle, &times).map_err(failed)
    }

    async fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        iovs: IovecArray,
        offset: Filesize,
    ) -> Result<Size> {
        let buffers = buffers::to_read(memory, iovs)?;
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => file.read(memory, &buffers, Some(offset)),
            Descriptor::Folder(_) => Err(Errno::Isdir.into()),
            _ => Err(Errno::Spipe.into()),
        }
    }

    fn fd_prestat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Prestat> {
        match self.descriptors.get(fd)? {
            Descriptor::Folder(folder) => {
                let name = folder.preopen.as_ref().ok_or(Errno::Badf)?;
                Ok(Prestat::Dir(PrestatDir { pr_name_len: name.len() as u32 }))
            }
            _ => Err(Errno::Badf.into()),
        }
    }

    fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        at: GuestPtr<u8>,
        length: Size,
    ) -> Result<()> {
        let Descriptor::Folder(folder) = self.descriptors.get(fd)? else { return Err(Errno::Notdir.into()) };
        let name = folder.preopen.as_ref().ok_or(Errno::Notdir)?.as_bytes();
        if name.len() > length as usize {
            return Err(Errno::Nametoolong.into());
        }
        Ok(memory.copy_from_slice(name, at.as_array(name.len() as u32))?)
    }

    async fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        ciovs: CiovecArray,
        offset: Filesize,
    ) -> Result<Size> {
        let buffers = buffers::to_write(memory, ciovs)?;
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => file.write(memory, &buffers, Some(offset)),
            Descriptor::Folder(_) => Err(Errno::Badf.into()),
            _ => Err(Errno::Spipe.into()),
        }
    }

    async fn fd_read(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, iovs: IovecArray) -> Result<Size> {
        let buffers = buffers::to_read(memory, iovs)?;
        match self.descriptors.get_mut(fd)? {
            Descriptor::File(file) => file.read(memory, &buffers, None),
            Descriptor::Input(input) => while_running(&self.actor, input.read(memory, &buffers)).await,
            Descriptor::Folder(_) => Err(Errno::Isdir.into()),
            Descriptor::Output(_) => Err(Errno::Badf.into()),
        }
    }

    async fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        at: GuestPtr<u8>,
        length: Size,
        cookie: Dircookie,
    ) -> Result<Size> {
        let actor = &self.actor;
        let go_on = || !actor.control.is_stopped();
        let Ok(Some(buffer)) = memory.as_slice_mut(at.as_array(length)) else { return Err(Errno::Fault.into()) };
        match self.descriptors.list(fd, buffer, cookie, go_on) {
            Err(_) if !go_on() => Err(Error::trap(StoppedByHost.into())),
            listed => Ok(listed?),
        }
    }

    async fn fd_renumber(&mut self, _: &mut GuestMemory<'_>, from: Fd, to: Fd) -> Result<()> {
        Ok(self.descriptors.renumber(from, to)?)
    }

    async fn fd_seek(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        offset: Filedelta,
        whence: Whence,
    ) -> Result<Filesize> {
        Ok(self.descriptors.seek(fd, offset, whence)?)
    }

    async fn fd_sync(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => fsync(&file.file).map_err(failed),
            Descriptor::Folder(folder) => fsync(&folder.handle).map_err(failed),
            _ => Err(Errno::Inval.into()),
        }
    }

    fn fd_tell(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Filesize> {
        Ok(self.descriptors.seek(fd, 0, Whence::Cur)?)
    }

    async fn fd_write(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, ciovs: CiovecArray) -> Result<Size> {
        let buffers = buffers::to_write(memory, ciovs)?;
        match self.descriptors.get(fd)? {
            Descriptor::File(file) => file.write(memory, &buffers, None),
            Descriptor::Output(output) => while_running(&self.actor, output.write(memory, &buffers)).await,
            Descriptor::Folder(_) | Descriptor::Input(_) => Err(Errno::Badf.into()),
        }
    }

    async fn path_create_directory(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        let path = text(memory, path)?;
        paths::create_folder(self.descriptors.writable_folder(fd)?, &path).map_err(failed)
    }

    async fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        flags: Lookupflags,
        path: GuestPtr<str>,
    ) -> Result<Filestat> {
        let path = text(memory, path)?;
        let stat = paths::stat(self.descriptors.folder(fd)?, &path, follows(flags));
        stat.map(|stat| filestat(&stat)).map_err(failed)
    }

    async fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        flags: Lookupflags,
        path: GuestPtr<str>,
        atim: Timestamp,
        mtim: Timestamp,
        fst_flags: Fstflags,
    ) -> Result<()> {
        let (times, path) = (timestamps(atim, mtim, fst_flags)?, text(memory, path)?);
        paths::set_times(self.descriptors.writable_folder(fd)?, &path, follows(flags), &times).map_err(failed)
    }

    async fn path_link(
        &mut self,
        memory: &mut GuestMemory<'_>,
        from_fd: Fd,
        flags: Lookupflags,
        from: GuestPtr<str>,
        to_fd: Fd,
        to: GuestPtr<str>,
    ) -> Result<()> {
        if follows(flags) {
            // As in every host of today.
            return Err(Errno::Inval.into());
        }
        let (from, to) = (text(memory, from)?, text(memory, to)?);
        let from = (self.descriptors.writable_folder(from_fd)?, &*from);
        paths::link(from, (self.descriptors.writable_folder(to_fd)?, &to)).map_err(failed)
    }

    async fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        lookup: Lookupflags,
        path: GuestPtr<str>,
        oflags: Oflags,
        rights: Rights,
        _: Rights,
        flags: Fdflags,
    ) -> Result<Fd> {
        let path = text(memory, path)?;
        if !self.descriptors.has_room() {
            return Err(Errno::Mfile.into());
        }
        let how = How { follow: follows(lookup), oflags, rights, flags };
        let opened = open_in(self.descriptors.open_folder(fd)?, &path, how)?;
        Ok(self.descriptors.add(opened)?)
    }

    async fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
        at: GuestPtr<u8>,
        length: Size,
    ) -> Result<Size> {
        let path = text(memory, path)?;
        let target = paths::read_link(self.descriptors.folder(fd)?, &path).map_err(errno)?;
        if std::str::from_utf8(&target).is_err() {
            return Err(Errno::Ilseq.into());
        }
        let target = &target[..target.len().min(length as usize)];
        memory.copy_from_slice(target, at.as_array(target.len() as u32))?;
        Ok(target.len() as u32)
    }

    async fn path_remove_directory(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        let path = text(memory, path)?;
        paths::remove_folder(self.descriptors.writable_folder(fd)?, &path).map_err(failed)
    }

    async fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        from_fd: Fd,
        from: GuestPtr<str>,
        to_fd: Fd,
        to: GuestPtr<str>,
    ) -> Result<()> {
        let (from, to) = (text(memory, from)?, text(memory, to)?);
        let from = (self.descriptors.writable_folder(from_fd)?, &*from);
        paths::rename(from, (self.descriptors.writable_folder(to_fd)?, &to)).map_err(failed)
    }

    async fn path_symlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        target: GuestPtr<str>,
        fd: Fd,
        path: GuestPtr<str>,
    ) -> Result<()> {
        let (target, path) = (text(memory, target)?, text(memory, path)?);
        paths::symlink(&target, self.descriptors.writable_folder(fd)?, &path).map_err(failed)
    }

    async fn path_unlink_file(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        let path = text(memory, path)?;
        paths::remove_file(self.descriptors.writable_folder(fd)?, &path).map_err(failed)
    }

    async fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subscriptions: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        count: Size,
    ) -> Result<Size> {
        let world = self.world.get();
        let now = |clock| world.clock_time_get(&mut GuestMemory::Unshared(&mut []), clock, 0);
        let polled = poll::poll_oneoff(memory, &self.descriptors, subscriptions.as_array(count), events, now);
        while_running(&self.actor, polled).await
    }

    fn proc_exit(&mut self, _: &mut GuestMemory<'_>, code: Exitcode) -> wasmtime::Error {
        // wasmtime-wasi refuses codes from 126 on, for a shell's sake; here a code is a number like any other.
        I32Exit(code as i32).into()
    }

    fn proc_raise(&mut self, memory: &mut GuestMemory<'_>, signal: Signal) -> Result<()> {
        self.world.get().proc_raise(memory, signal)
    }

    fn sched_yield(&mut self, memory: &mut GuestMemory<'_>) -> Result<()> {
        self.world.get().sched_yield(memory)
    }

    fn random_get(&mut self, memory: &mut GuestMemory<'_>, at: GuestPtr<u8>, length: Size) -> Result<()> {
        for begin in (0..length).step_by(RANDOM_BYTES_AT_ONCE as usize) {
            unless_stopped(&self.actor)?;
            self.world.get().random_get(memory, at.add(begin)?, (length - begin).min(RANDOM_BYTES_AT_ONCE))?;
        }
        Ok(())
    }

    fn sock_accept(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: Fdflags) -> Result<Fd> {
        self.no_socket(fd)
    }

    fn sock_recv(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: IovecArray, _: Riflags) -> Result<(Size, Roflags)> {
        self.no_socket(fd)
    }

    fn sock_send(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: CiovecArray, _: Siflags) -> Result<Size> {
        self.no_socket(fd)
    }

    fn sock_shutdown(&mut self, _: &mut GuestMemory<'_>, fd: Fd, _: Sdflags) -> Result<()> {
        self.no_socket(fd)
    }
}

impl Preview1 {
    /// A guest has none.
    fn no_socket<T>(&self, fd: Fd) -> Result<T> {
        self.descriptors.get(fd)?;
        Err(Errno::Notsock.into())
    }
}
