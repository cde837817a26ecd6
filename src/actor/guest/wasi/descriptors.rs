//! What a guest has open, by the numbers that it knows: the lowest free one, as POSIX has it.

use super::file::OpenFile;
use super::folder::OpenFolder;
use super::streams::{Input, Output};
use crate::limits::{FOLDER_PLACES_MAX, OPEN_FILES_MAX};
use std::fs::File;
use wasmtime_wasi::p1::types::{Errno, Fd, Whence};

pub(super) enum Descriptor {
    Input(Input),
    Output(Output),
    Folder(OpenFolder),
    File(OpenFile),
}

pub(super) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
    /// How many more places in folders can be remembered.
    room: usize,
}

impl Descriptors {
    /// Those that a guest begins with, from 0 on.
    pub(super) fn new(first: impl IntoIterator<Item = Descriptor>) -> Self {
        Descriptors { slots: first.into_iter().map(Some).collect(), room: FOLDER_PLACES_MAX }
    }

    pub(super) fn get(&self, fd: Fd) -> Result<&Descriptor, Errno> {
        self.slots.get(index(fd)).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, fd: Fd) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(index(fd)).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    pub(super) fn file(&self, fd: Fd) -> Result<&OpenFile, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::Badf),
        }
    }

    /// The folder in which a path begins.
    pub(super) fn open_folder(&self, fd: Fd) -> Result<&OpenFolder, Errno> {
        match self.get(fd)? {
            Descriptor::Folder(folder) => Ok(folder),
            Descriptor::File(_) => Err(Errno::Notdir),
            _ => Err(Errno::Badf),
        }
    }

    /// Its handle.
    pub(super) fn folder(&self, fd: Fd) -> Result<&File, Errno> {
        self.open_folder(fd).map(|folder| &folder.handle)
    }

    /// The same, for something that changes what is in it.
    pub(super) fn writable_folder(&self, fd: Fd) -> Result<&File, Errno> {
        let folder = self.open_folder(fd)?;
        folder.changes.begin()?;
        Ok(&folder.handle)
    }

    /// Moves the place at which something is read and written next.
    pub(super) fn seek(&self, fd: Fd, offset: i64, whence: Whence) -> Result<u64, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => file.seek(offset, whence),
            Descriptor::Input(Input::Host(input)) => input.seek(offset, whence),
            Descriptor::Input(_) | Descriptor::Output(_) => Err(Errno::Spipe),
            Descriptor::Folder(_) => Err(Errno::Badf),
        }
    }

    /// Lists a folder: see [`OpenFolder::list`].
    pub(super) fn list(
        &mut self,
        fd: Fd,
        buffer: &mut [u8],
        cookie: u64,
        go_on: impl Fn() -> bool,
    ) -> Result<u32, Errno> {
        let Descriptors { slots, room } = self;
        match slots.get_mut(index(fd)) {
            Some(Some(Descriptor::Folder(folder))) => folder.list(buffer, cookie, room, go_on),
            _ => Err(Errno::Badf),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.slots.len() < OPEN_FILES_MAX as usize || self.slots.iter().any(Option::is_none)
    }

    /// Gives a number to what has been opened.
    pub(super) fn add(&mut self, opened: Descriptor) -> Result<Fd, Errno> {
        if !self.has_room() {
            return Err(Errno::Mfile);
        }
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if free == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[free] = Some(opened);
        Ok(Fd::from(free as u32))
    }

    pub(super) fn close(&mut self, fd: Fd) -> Result<(), Errno> {
        self.take(fd).map(drop)
    }

    /// Gives the number of what is open to something else, which is closed under its own.
    pub(super) fn renumber(&mut self, from: Fd, to: Fd) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if index(from) != index(to) {
            let moved = self.take(from)?;
            self.take(to)?;
            self.slots[index(to)] = Some(moved);
        }
        Ok(())
    }

    fn take(&mut self, fd: Fd) -> Result<Descriptor, Errno> {
        let mut taken = self.slots.get_mut(index(fd)).and_then(Option::take).ok_or(Errno::Badf)?;
        if let Descriptor::Folder(folder) = &mut taken {
            self.room += folder.end_listing();
        }
        Ok(taken)
    }
}

fn index(fd: Fd) -> usize {
    u32::from(fd) as usize
}
