//! The folders that a component is given, and what is in one, entry by entry.

use super::failure::{answer, failed};
use super::guest::Preview2;
use super::names;
use super::opened::{Open, OpenListing};
use crate::actor::guest::wasi::file_room::has_room_for_a_file;
use crate::actor::guest::wasi::listing::Listing;
use wasmtime::component::Resource;
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DirectoryEntry, DirectoryEntryStream, HostDirectoryEntryStream,
};

impl Preview2 {
    /// Is there room for one more that is open?
    pub(super) fn check_room(&self) -> FsResult<()> {
        if !self.places.has_room() {
            return Err(failed(Errno::Mfile));
        }
        if has_room_for_a_file() { Ok(()) } else { Err(failed(Errno::Nfile)) }
    }

    /// Begins to list a folder.
    pub(super) fn list(&mut self, folder: &Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        self.check_room()?;
        let listing = answer(Listing::open(&self.open(folder)?.folder().map_err(failed)?.handle))?;
        let listing: OpenListing = self.places.place(listing);
        Ok(Resource::new_own(self.table.push(listing)?.rep()))
    }
}

impl preopens::Host for Preview2 {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let folders = self.folders.clone();
        let given = folders.into_iter().map(|folder| {
            let name = folder.preopen.clone().unwrap_or_default();
            Ok((self.descriptor(Open::Folder(folder))?, name))
        });
        given.collect()
    }
}

impl HostDirectoryEntryStream for Preview2 {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        // Nobody goes back to a place, so none has to be remembered.
        let Some((entry, _)) = answer(self.listing(&stream)?.get_mut().next(&mut 0))? else { return Ok(None) };
        match entry.name.to_str() {
            Ok(name) => Ok(Some(DirectoryEntry { type_: names::kind(entry.kind), name: name.to_owned() })),
            Err(_) => Err(failed(Errno::Ilseq)),
        }
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<OpenListing>::new_own(stream.rep()))?;
        Ok(())
    }
}
