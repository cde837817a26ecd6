//! A folder that a guest has open: where its paths begin, and what `fd_readdir` tells of it, entry by entry.
//!
//! While it is listed, a [`Listing`] of it is kept, until the folder is closed. A stop is looked for between entries.

use super::errno::errno;
use super::file_room::has_room_for_a_file;
use super::listing::Listing;
use rustix::fs::FileType;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmtime_wasi::p1::types::{Errno, Filetype};

/// Bytes before the name of an entry: the cookie of the next one, the inode, the length of the name, the kind.
const HEAD_BYTES: usize = 24;
/// A guest's cookies before this are for `.` and `..`.
const FIRST_PLACE: u64 = 2;

pub(crate) struct OpenFolder {
    pub(super) handle: File,
    /// May the guest change what is in it?
    pub(super) changes: Changes,
    /// What the guest knows it as, if it has been given it.
    pub(super) preopen: Option<String>,
    listing: Option<Listing>,
}

/// Whether a guest may change what is in a folder that it was given, and where it is noted that it does.
#[derive(Clone)]
pub(super) struct Changes {
    pub(super) are_allowed: bool,
    noted: Option<Arc<AtomicBool>>,
}

impl Changes {
    pub(super) fn new(are_allowed: bool, noted: Option<Arc<AtomicBool>>) -> Self {
        Changes { are_allowed, noted }
    }

    /// For whoever changes something next, or opens it for that.
    pub(super) fn begin(&self) -> Result<(), Errno> {
        if !self.are_allowed {
            return Err(Errno::Perm);
        }
        if let Some(noted) = &self.noted {
            noted.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl OpenFolder {
    pub(super) fn new(handle: File, changes: Changes, preopen: Option<String>) -> Self {
        OpenFolder { handle, changes, preopen, listing: None }
    }

    /// How many places are free to be remembered, now that it is listed no more.
    pub(super) fn end_listing(&mut self) -> usize {
        self.listing.take().map_or(0, |listing| listing.places())
    }

    /// Fills the buffer with entries from the cookie on; the last one is cut where it does not fit. How much of the buffer that takes.
    /// `room` is how many more places can be remembered.
    pub(super) fn list(
        &mut self,
        buffer: &mut [u8],
        cookie: u64,
        room: &mut usize,
        go_on: impl Fn() -> bool,
    ) -> Result<u32, Errno> {
        let listing = match &mut self.listing {
            Some(listing) => listing,
            None if !has_room_for_a_file() => return Err(Errno::Nfile),
            none => none.insert(Listing::open(&self.handle).map_err(errno)?),
        };
        let mut used = 0;
        for dots in [&b"."[..], b".."].iter().skip(cookie.min(FIRST_PLACE) as usize) {
            let next = dots.len() as u64;
            used += put(&mut buffer[used..], &head(next, listing.inode, dots, FileType::Directory), dots);
        }
        match cookie {
            // A listing begins: with what is there now.
            0 => listing.go_back_to(0),
            _ => listing.go_to(listing.place(cookie.saturating_sub(FIRST_PLACE)).ok_or(Errno::Inval)?),
        }
        .map_err(errno)?;
        while used < buffer.len() {
            if !go_on() {
                return Err(Errno::Intr);
            }
            let Some((entry, number)) = listing.next(room).map_err(errno)? else { break };
            let (next, name) = (FIRST_PLACE.saturating_add(number), entry.name.to_bytes());
            used += put(&mut buffer[used..], &head(next, entry.inode, name, entry.kind), name);
        }
        Ok(used as u32)
    }
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

pub(super) fn filetype(kind: FileType) -> Filetype {
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
