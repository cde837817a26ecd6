//! `wasi:filesystem`: each function as the system does it, with the guards of preview 1.

use super::failure::{Broken, answer, code, failed};
use super::file_streams::{FileInput, FileOutput};
use super::guest::Preview2;
use super::names;
use super::opened::Open;
use crate::actor::guest::wasi::beneath::PATH_BYTES_MAX;
use crate::actor::guest::wasi::descriptors::Descriptor as Found;
use crate::actor::guest::wasi::file::WriteTo;
use crate::actor::guest::wasi::open::open_in;
use crate::actor::guest::wasi::paths;
use crate::limits::STREAM_BYTES_MAX;
use rustix::fs::{Stat, fdatasync, fstat, fsync, futimens};
use std::io::IoSlice;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    Filesize, HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult, IoError};

/// A path as long as the system takes one.
fn bounded(path: &str) -> FsResult<&str> {
    if path.len() > PATH_BYTES_MAX { Err(failed(Errno::Nametoolong)) } else { Ok(path) }
}

impl Preview2 {
    fn stat_beneath(&self, folder: &Resource<Descriptor>, flags: PathFlags, path: &str) -> FsResult<Stat> {
        let folder = self.open(folder)?.folder().map_err(failed)?;
        answer(paths::stat(&folder.handle, bounded(path)?, names::follows(flags)))
    }

    fn writing(&mut self, descriptor: &Resource<Descriptor>, to: WriteTo) -> FsResult<Resource<DynOutputStream>> {
        let file = self.open(descriptor)?.file().map_err(failed)?;
        if !file.writable {
            return Err(failed(Errno::Badf));
        }
        let stream: DynOutputStream = Box::new(FileOutput::new(file.clone(), to));
        Ok(self.table.push(stream)?)
    }
}

impl types::Host for Preview2 {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<IoError>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref::<Broken>().map(|broken| code(broken.0)))
    }
}

impl HostDescriptor for Preview2 {
    fn read_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let file = match self.open(&fd)? {
            Open::File(file) if file.readable => file.clone(),
            Open::File(_) => return Err(failed(Errno::Badf)),
            Open::Folder(_) => return Err(failed(Errno::Isdir)),
        };
        let stream: DynInputStream = Box::new(FileInput::new(file, offset));
        Ok(self.table.push(stream)?)
    }

    fn write_via_stream(&mut self, fd: Resource<Descriptor>, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        self.writing(&fd, WriteTo::Place(offset))
    }

    fn append_via_stream(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        self.writing(&fd, WriteTo::End)
    }

    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        let file = self.open(&fd)?.file().map_err(failed)?;
        file.advise(offset, length, names::advice(advice)).map_err(failed)
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        answer(fdatasync(self.open(&fd)?.handle()))
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        answer(fsync(self.open(&fd)?.handle()))
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        let (mut flags, granted) = match self.open(&fd)? {
            Open::File(file) => (names::flags(file.flags), [file.readable, file.writable, false]),
            Open::Folder(folder) => (DescriptorFlags::empty(), [true, false, folder.changes.are_allowed]),
        };
        let named = [DescriptorFlags::READ, DescriptorFlags::WRITE, DescriptorFlags::MUTATE_DIRECTORY];
        for (flag, _) in named.into_iter().zip(granted).filter(|(_, granted)| *granted) {
            flags |= flag;
        }
        Ok(flags)
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        Ok(match self.open(&fd)? {
            Open::File(_) => DescriptorType::RegularFile,
            Open::Folder(_) => DescriptorType::Directory,
        })
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        self.open(&fd)?.file().and_then(|file| file.set_size(size)).map_err(failed)
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> FsResult<()> {
        let times = names::timestamps(access, modification).map_err(failed)?;
        let open = self.open(&fd)?;
        open.begin_change().map_err(failed)?;
        answer(futimens(open.handle(), &times))
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        let Open::File(file) = self.open(&fd)? else { return Err(failed(Errno::Isdir)) };
        let mut buffer = vec![0; length.min(STREAM_BYTES_MAX as u64) as usize];
        let count = file.read_into(&mut buffer, Some(offset)).map_err(failed)?;
        buffer.truncate(count);
        Ok((buffer, count == 0 && length > 0))
    }

    async fn write(&mut self, fd: Resource<Descriptor>, buffer: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let file = self.open(&fd)?.file().map_err(failed)?;
        let bytes = &buffer[..buffer.len().min(STREAM_BYTES_MAX)];
        let count = file.write_from(&[IoSlice::new(bytes)], WriteTo::Place(offset)).map_err(failed)?;
        Ok(count as Filesize)
    }

    async fn read_directory(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        self.list(&fd)
    }

    async fn create_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        answer(paths::create_folder(&folder.handle, bounded(&path)?))
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        answer(fstat(self.open(&fd)?.handle())).map(|stat| names::stat(&stat))
    }

    async fn stat_at(&mut self, fd: Resource<Descriptor>, flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        self.stat_beneath(&fd, flags, &path).map(|stat| names::stat(&stat))
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> FsResult<()> {
        let times = names::timestamps(access, modification).map_err(failed)?;
        let folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        answer(paths::set_times(&folder.handle, bounded(&path)?, names::follows(flags), &times))
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        from: String,
        to_fd: Resource<Descriptor>,
        to: String,
    ) -> FsResult<()> {
        if names::follows(flags) {
            // As in preview 1.
            return Err(failed(Errno::Inval));
        }
        let from_folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        let to_folder = self.open(&to_fd)?.writable_folder().map_err(failed)?;
        answer(paths::link((&from_folder.handle, bounded(&from)?), (&to_folder.handle, bounded(&to)?)))
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        self.check_room()?;
        let folder = self.open(&fd)?.folder().map_err(failed)?;
        if flags.contains(DescriptorFlags::MUTATE_DIRECTORY) {
            folder.changes.begin().map_err(failed)?;
        }
        let opened = open_in(folder, bounded(&path)?, names::how(path_flags, open_flags, flags)).map_err(failed)?;
        let open = match opened {
            Found::File(file) => Open::File(Arc::new(self.places.place(file))),
            Found::Folder(folder) => Open::Folder(Arc::new(self.places.place(folder))),
            Found::Input(_) | Found::Output(_) => return Err(failed(Errno::Io)),
        };
        self.descriptor(open).map_err(FsError::trap)
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        let folder = self.open(&fd)?.folder().map_err(failed)?;
        let target = answer(paths::read_link(&folder.handle, bounded(&path)?))?;
        String::from_utf8(target).map_err(|_| failed(Errno::Ilseq))
    }

    async fn remove_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        answer(paths::remove_folder(&folder.handle, bounded(&path)?))
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        from: String,
        to_fd: Resource<Descriptor>,
        to: String,
    ) -> FsResult<()> {
        let from_folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        let to_folder = self.open(&to_fd)?.writable_folder().map_err(failed)?;
        answer(paths::rename((&from_folder.handle, bounded(&from)?), (&to_folder.handle, bounded(&to)?)))
    }

    async fn symlink_at(&mut self, fd: Resource<Descriptor>, target: String, path: String) -> FsResult<()> {
        let folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        answer(paths::symlink(bounded(&target)?, &folder.handle, bounded(&path)?))
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let folder = self.open(&fd)?.writable_folder().map_err(failed)?;
        answer(paths::remove_file(&folder.handle, bounded(&path)?))
    }

    async fn is_same_object(&mut self, a: Resource<Descriptor>, b: Resource<Descriptor>) -> wasmtime::Result<bool> {
        let of = |fd| -> wasmtime::Result<Option<(u64, u64)>> {
            let open = self.table.get(&Resource::<Open>::new_borrow(fd))?;
            Ok(fstat(open.handle()).ok().map(|stat| (stat.st_dev, stat.st_ino)))
        };
        let (a, b) = (of(a.rep())?, of(b.rep())?);
        Ok(a.is_some() && a == b)
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        answer(fstat(self.open(&fd)?.handle())).map(|stat| names::hash(&stat))
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        self.stat_beneath(&fd, flags, &path).map(|stat| names::hash(&stat))
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.close(fd)
    }
}
