//! The folders that a guest has open for listing.

use super::folder::Folder;
use crate::limits::FOLDER_PLACES_MAX;
use std::collections::HashMap;

/// The folders that a guest lists, by descriptor.
pub(crate) struct Folders {
    pub(super) open: HashMap<u32, Folder>,
    /// How many more places in them can be remembered.
    pub(super) room: usize,
}

impl Default for Folders {
    fn default() -> Self {
        Folders { open: HashMap::new(), room: FOLDER_PLACES_MAX }
    }
}

impl Folders {
    pub(super) fn close(&mut self, fd: i32) {
        self.room += self.open.remove(&(fd as u32)).map_or(0, |folder| folder.places());
    }
}
