//! What a component has open: shared by its descriptors and the streams that go over the same file, and closed with the last of them.
//! Each takes one of so many places.

use crate::actor::guest::wasi::file::OpenFile;
use crate::actor::guest::wasi::folder::OpenFolder;
use crate::actor::guest::wasi::listing::Listing;
use crate::limits::OPEN_FILES_MAX;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wasmtime_wasi::p1::types::Errno;

/// The places of one guest.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<AtomicU32>);

/// One of them, until it is dropped.
struct Place(Places);

/// Something open, with its place.
pub(super) struct Opened<T> {
    open: T,
    _place: Place,
}

/// What a descriptor names.
pub(super) enum Open {
    File(Arc<Opened<OpenFile>>),
    Folder(Arc<Opened<OpenFolder>>),
}

/// A folder that is being listed.
pub(super) type OpenListing = Opened<Listing>;

impl Places {
    /// With so many taken for what the guest begins with.
    pub(super) fn new(taken: usize) -> Self {
        Places(Arc::new(AtomicU32::new(u32::try_from(taken).unwrap_or(u32::MAX))))
    }

    pub(super) fn has_room(&self) -> bool {
        self.0.load(Ordering::Relaxed) < OPEN_FILES_MAX
    }

    /// Gives a place to something that has been opened, for which there was room.
    pub(super) fn place<T>(&self, open: T) -> Opened<T> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Opened { open, _place: Place(self.clone()) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> Deref for Opened<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.open
    }
}

impl<T> Opened<T> {
    pub(super) fn get_mut(&mut self) -> &mut T {
        &mut self.open
    }
}

impl Open {
    /// The file, for what only files can do.
    pub(super) fn file(&self) -> Result<&Arc<Opened<OpenFile>>, Errno> {
        match self {
            Open::File(file) => Ok(file),
            Open::Folder(_) => Err(Errno::Badf),
        }
    }

    /// The folder in which a path begins.
    pub(super) fn folder(&self) -> Result<&OpenFolder, Errno> {
        match self {
            Open::File(_) => Err(Errno::Notdir),
            Open::Folder(folder) => Ok(folder),
        }
    }

    /// The same, for something that changes what is in it.
    pub(super) fn writable_folder(&self) -> Result<&OpenFolder, Errno> {
        let folder = self.folder()?;
        folder.changes.begin()?;
        Ok(folder)
    }

    /// What the system knows it by.
    pub(super) fn handle(&self) -> &std::fs::File {
        match self {
            Open::File(file) => &file.file,
            Open::Folder(folder) => &folder.handle,
        }
    }

    /// For whoever changes it, and be it only its times.
    pub(super) fn begin_change(&self) -> Result<(), Errno> {
        match self {
            Open::File(file) => file.changes.begin(),
            Open::Folder(folder) => folder.changes.begin(),
        }
    }
}
