//! Compiled code, kept on disk for the next process.
//!
//! An entry is native code that will run in this process with all its rights, so the cache takes none that anybody else could have
//! written ([`folder`]), and none that is not whole, not for these bytes or not for this engine ([`entry`]): such a one is removed and the
//! module compiled anew. Entries are written beside their place and moved there, so any number of processes may share a folder. When they
//! exceed the bound, those go first that were used least recently ([`evict`]). Nothing that goes wrong with the cache is an error of a
//! module's: it is then compiled, as without one.
//!
//! wasmtime's own `cache` feature is not used: it looks neither at who owns the folder nor at links on the way there, and it
//! compresses, so that a start takes as long as reading all of the code rather than as long as mapping it.

mod entry;
mod evict;
mod folder;
mod key;

use crate::engine::Code;
use entry::Unfinished;
pub(crate) use entry::{load, write_to};
use folder::Folder;
pub use key::Key;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use wasmtime::Engine;

/// Bytes of all entries, where nobody sets another bound.
pub const CACHE_BYTES_MAX: u64 = 1 << 30;

/// A cache in one folder. The folder is looked at each time: it may come, go or change hands while the process runs.
#[derive(Clone, Debug)]
pub struct Cache {
    path: PathBuf,
    bytes_max: u64,
}

/// What a cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many modules.
    pub entries: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Cache {
    /// The cache in this folder, which is made when there is something to keep.
    pub fn new(path: PathBuf) -> Self {
        Cache { path, bytes_max: CACHE_BYTES_MAX }
    }

    /// The same, holding so many bytes at most.
    pub fn with_bytes_max(self, bytes_max: u64) -> Self {
        Cache { bytes_max, ..self }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it holds at most.
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// The code that is kept under this key.
    pub(super) fn get(&self, engine: &Engine, key: &Key) -> Option<Code> {
        let folder = Folder::open(&self.path).map_err(|error| self.unusable(&error)).ok()??;
        match entry::read(&folder, engine, key) {
            Ok(found) => found,
            Err(problem) => {
                tracing::info!(entry = key.file_name(), problem, "an entry of the cache is not used");
                let _ = folder.remove(key.file_name());
                None
            }
        }
    }

    /// Keeps code under this key.
    pub(super) fn put(&self, key: &Key, code: &Code) {
        self.add(key, |entry| write_to(entry, key, code));
    }

    /// Keeps what has been written with [`write_to`]. `None` where it cannot be kept.
    pub(super) fn keep(&self, key: &Key, written: &File) -> Option<&Self> {
        self.add(key, |entry| {
            let mut written = written.try_clone()?;
            written.rewind()?;
            io::copy(&mut written, entry).map(drop)
        })
    }

    /// Adds an entry that is written so. `None` where none can be kept.
    fn add(&self, key: &Key, write: impl FnOnce(&mut File) -> io::Result<()>) -> Option<&Self> {
        let added = Folder::make(&self.path).and_then(|folder| {
            let entry = Unfinished::new(folder, key, self.bytes_max)?;
            // Through a descriptor of its own, which has the same place in the file.
            write(&mut entry.file().try_clone()?)?;
            entry.keep()
        });
        added.map_err(|error| self.unusable(&error)).ok().map(|()| self)
    }

    /// What there is.
    ///
    /// # Errors
    /// If the folder is not to be trusted, or cannot be read.
    pub fn held(&self) -> io::Result<Held> {
        let Some(folder) = Folder::open(&self.path)? else { return Ok(Held::default()) };
        let entries = evict::entries(&folder)?;
        Ok(Held { entries: entries.len(), bytes: entries.iter().map(|entry| entry.bytes).sum() })
    }

    /// Can code be kept in it?
    ///
    /// # Errors
    /// Why not: the folder is not to be trusted, cannot be made, or cannot be written.
    pub fn check(&self) -> io::Result<()> {
        let folder = Folder::make(&self.path)?;
        Unfinished::unnamed(folder).map(drop)
    }

    /// Removes all entries; says what there was.
    ///
    /// # Errors
    /// As for [`Cache::held`]; and if one cannot be removed.
    pub fn clear(&self) -> io::Result<Held> {
        let held = self.held()?;
        if let Some(folder) = Folder::open(&self.path)? {
            evict::remove_all(&folder)?;
        }
        Ok(held)
    }

    fn unusable(&self, error: &io::Error) {
        tracing::info!(path = %self.path.display(), %error, "the cache of compiled code is not used");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Kind;
    use crate::engine::types::sha256;
    use std::fs;
    use std::time::{Duration, SystemTime};

    /// Code, and the bytes of its entry.
    fn some_code(engine: &Engine) -> (Code, u64) {
        let module = wasmtime::Module::new(engine, wat::parse_str("(module (func (export \"f\")))").unwrap());
        let code = Code::of_module(module.unwrap(), None);
        let bytes = code.serialize().unwrap().len() as u64 + 60;
        (code, bytes)
    }

    #[test]
    fn what_was_used_least_recently_goes_first_and_what_never_fits_is_not_kept() {
        let place = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let (code, bytes) = some_code(&engine);
        let keys: Vec<Key> = (0..4_u8).map(|number| Key::new(&sha256(&[number]), Kind::Core, &engine)).collect();
        let cache = Cache::new(place.path().join("cache")).with_bytes_max(3 * bytes + bytes / 2);
        let file = |key: &Key| cache.path().join(key.file_name());
        for (key, age) in keys.iter().zip([40, 30, 20]) {
            cache.put(key, &code);
            let used = SystemTime::now() - Duration::from_secs(age);
            File::options().write(true).open(file(key)).unwrap().set_modified(used).unwrap();
        }
        // Left by a process that has died, and by one that may still be writing.
        let unfinished =
            [0, 1].map(|number| cache.path().join(format!("{}7-{number}-{}", key::UNFINISHED, keys[0].file_name())));
        unfinished.iter().for_each(|name| fs::write(name, "").unwrap());
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        File::options().write(true).open(&unfinished[0]).unwrap().set_modified(long_ago).unwrap();
        assert!(cache.get(&engine, &keys[0]).is_some(), "used now");
        cache.put(&keys[3], &code);
        let there = |key: &Key| file(key).exists();
        assert_eq!(keys.iter().map(there).collect::<Vec<_>>(), [true, false, true, true]);
        assert_eq!(unfinished.map(|name| name.exists()), [false, true]);
        assert_eq!(cache.held().unwrap().bytes, 3 * bytes);
        let small = cache.clone().with_bytes_max(bytes - 1);
        small.put(&keys[1], &code);
        assert!(!there(&keys[1]) && there(&keys[0]));
        assert!(Cache::new(place.path().join("none")).get(&engine, &keys[0]).is_none());
        assert_eq!(cache.clear().unwrap().entries, 4);
        assert_eq!(cache.held().unwrap(), Held::default());
    }

    #[test]
    fn what_else_is_in_the_folder_is_neither_counted_nor_removed_nor_hidden() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let place = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let (code, bytes) = some_code(&engine);
        let keys = [1_u8, 2].map(|number| Key::new(&sha256(&[number]), Kind::Core, &engine));
        let path = place.path().join("photos");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(1 << 20);
        let digest = keys[0].file_name().strip_suffix(".cwasm").unwrap().to_owned();
        let others = [
            "photo.jpg",
            ".hidden",
            "mine.cwasm",
            "new-",
            "new-plan.txt",
            "new-1-x.cwasm",
            &digest,
            &format!("{}.cwasm", digest.to_uppercase()),
        ];
        for name in others {
            fs::write(path.join(name), [0; 100]).unwrap();
            File::options().write(true).open(path.join(name)).unwrap().set_modified(long_ago).unwrap();
        }
        let cache = Cache::new(path.clone()).with_bytes_max(bytes + 50);
        keys.iter().for_each(|key| cache.put(key, &code));
        assert!(cache.get(&engine, &keys[0]).is_none() && cache.get(&engine, &keys[1]).is_some());
        assert_eq!(cache.held().unwrap(), Held { entries: 1, bytes });
        assert_eq!(cache.clear().unwrap().entries, 1);
        assert!(others.iter().all(|name| path.join(name).exists()));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_from_being_kept() {
        let place = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let (code, bytes) = some_code(&engine);
        let [old, new] = [1_u8, 2].map(|number| Key::new(&sha256(&[number]), Kind::Core, &engine));
        let cache = Cache::new(place.path().join("cache")).with_bytes_max(bytes + bytes / 2);
        cache.put(&old, &code);
        let later = SystemTime::now() + Duration::from_secs(1 << 30);
        let set = |name: &std::path::Path| File::options().write(true).open(name).unwrap().set_modified(later).unwrap();
        set(&cache.path().join(old.file_name()));
        // And what a process left that wrote in that time to come.
        let left = cache.path().join(format!("{}1-1-{}", key::UNFINISHED, new.file_name()));
        fs::write(&left, "").unwrap();
        set(&left);
        cache.put(&new, &code);
        assert!(cache.get(&engine, &new).is_some() && cache.get(&engine, &old).is_none() && !left.exists());
    }

    #[test]
    fn another_engine_or_module_has_another_key() {
        let other = wasmtime::Config::new().consume_fuel(true).clone();
        let (plain, other) = (Engine::default(), Engine::new(&other).unwrap());
        let key = |bytes: &[u8], engine| Key::new(&sha256(bytes), Kind::Core, engine);
        assert_eq!(key(b"a", &plain), key(b"a", &plain));
        assert_ne!(key(b"a", &plain), key(b"b", &plain));
        assert_ne!(key(b"a", &plain), key(b"a", &other));
    }
}
