//! What a run has used of what is granted, and the smallest manifest that grants that.

use super::granted::{Access, Pin};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use url::Url;

/// How many different things of a kind are noted.
const KINDS_MAX: usize = 1_000;

/// Notes what is used, from any thread. What is noted was granted.
#[derive(Debug, Default)]
pub(super) struct Audit(Mutex<Uses>);

/// What has been used so far.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Something of runtime:wasm.
    pub wasm: bool,
    pub modules: BTreeMap<PathBuf, Pin>,
    pub folders: BTreeMap<PathBuf, FolderUse>,
    pub requested: BTreeSet<String>,
    /// A component reached an address that is not public by a name.
    pub private: bool,
    pub fetched: BTreeSet<String>,
    pub read: BTreeSet<PathBuf>,
    pub written: BTreeSet<PathBuf>,
    pub variables: BTreeSet<String>,
    /// There was more than can be noted.
    pub is_partial: bool,
}

/// How a folder was shown to guests.
#[derive(Debug, Default)]
pub(super) struct FolderUse {
    /// The app asked for it to be writable.
    is_asked: bool,
    /// Set by the guests that change something there.
    changed: Arc<AtomicBool>,
}

impl FolderUse {
    pub(super) fn access(&self) -> Access {
        let writes = self.is_asked || self.changed.load(Ordering::Relaxed);
        if writes { Access::ReadWrite } else { Access::Read }
    }
}

impl Audit {
    pub(super) fn wasm(&self) {
        self.0.lock().wasm = true;
    }

    pub(super) fn module(&self, path: &Path, pin: Pin) {
        let uses = &mut *self.0.lock();
        if has_room(uses.modules.len(), uses.modules.contains_key(path), &mut uses.is_partial) {
            uses.modules.insert(path.to_owned(), pin);
        }
    }

    /// Where guests note that they change something in this folder.
    pub(super) fn folder(&self, path: &Path, want: Option<Access>) -> Option<Arc<AtomicBool>> {
        let uses = &mut *self.0.lock();
        if !has_room(uses.folders.len(), uses.folders.contains_key(path), &mut uses.is_partial) {
            return None;
        }
        let folder = uses.folders.entry(path.to_owned()).or_default();
        folder.is_asked |= want == Some(Access::ReadWrite);
        (want != Some(Access::Read)).then(|| folder.changed.clone())
    }

    pub(super) fn request(&self, url: &Url) {
        let uses = &mut *self.0.lock();
        note(&mut uses.requested, pattern(url), &mut uses.is_partial);
    }

    pub(super) fn private(&self) {
        self.0.lock().private = true;
    }

    pub(super) fn fetch(&self, url: &Url) {
        let uses = &mut *self.0.lock();
        note(&mut uses.fetched, pattern(url), &mut uses.is_partial);
    }

    pub(super) fn read(&self, path: &Path) {
        let uses = &mut *self.0.lock();
        note(&mut uses.read, path.to_owned(), &mut uses.is_partial);
    }

    pub(super) fn write(&self, path: &Path) {
        let uses = &mut *self.0.lock();
        note(&mut uses.written, path.to_owned(), &mut uses.is_partial);
    }

    pub(super) fn variable(&self, name: &str) {
        let uses = &mut *self.0.lock();
        note(&mut uses.variables, name.to_owned(), &mut uses.is_partial);
    }

    /// Looks at what has been used.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Uses) -> T) -> T {
        look(&self.0.lock())
    }
}

fn note<T: Ord>(all: &mut BTreeSet<T>, one: T, is_partial: &mut bool) {
    if has_room(all.len(), all.contains(&one), is_partial) {
        all.insert(one);
    }
}

fn has_room(count: usize, is_known: bool, is_partial: &mut bool) -> bool {
    let has_room = is_known || count < KINDS_MAX;
    *is_partial |= !has_room;
    has_room
}

/// The pattern that grants this URL and no other, but for its query.
fn pattern(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
