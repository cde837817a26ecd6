//! One entry: code as wasmtime serializes it, and after it what tells that it is whole and whose it is.

use super::evict;
use super::folder::Folder;
use super::key::{Key, UNFINISHED};
use crate::engine::looks::Offsets;
use crate::engine::{Code, Kind};
use crc32fast::Hasher;
use rustix::fs::{
    FileType, Mode, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat, futimens, openat, renameat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Engine;
use wasmtime::component::Component;

/// What an entry ends with: this, the key, the lengths of the code and of the offsets behind it, and the CRC-32 of both.
const MAGIC: &[u8; 8] = b"rtwasm\0\x02";
const TRAILER_BYTES: usize = 8 + 32 + 8 + 8 + 4;
/// Bytes that are read at once to be checked.
const CHUNK_BYTES: usize = 256 * 1024;

/// The code of an entry. `None` if there is none.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(folder: &Folder, engine: &Engine, key: &Key) -> Result<Option<Code>, String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(folder, key.file_name(), flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let found = fstat(&file).map_err(|error| error.to_string())?;
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile || found.st_uid != geteuid().as_raw() {
        return Err("it is no file of this user's".to_owned());
    }
    let file = File::from(file);
    let code = load(&file, engine, key)?;
    let now = |nanoseconds| Timespec { tv_sec: 0, tv_nsec: nanoseconds };
    // For whoever looks for what was not used for long. On a read-only disk it stays as it was.
    let _ = futimens(&file, &Timestamps { last_access: now(UTIME_OMIT), last_modification: now(UTIME_NOW) });
    Ok(Some(code))
}

/// The code in a file that is to be an entry.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn load(file: &File, engine: &Engine, key: &Key) -> Result<Code, String> {
    let again = || file.try_clone().map_err(|error| error.to_string());
    let offsets = check(&mut again()?, key)?;
    // SAFETY: the file is one of the cache, to which nobody else can write, or one in memory that only the compiler has been given: so what is
    // in it was written by `write_to`. The trailer says that it is whole and for this key, and so for this version of wasmtime, which checks that
    // once more. It does not change: entries are only ever replaced, and the compiler has ended.
    let code = unsafe {
        match key.kind() {
            Kind::Core => {
                wasmtime::Module::deserialize_open_file(engine, again()?).map(|module| Code::of_module(module, offsets))
            }
            // Mapped like a module; wasmtime has no call that takes an open file for this one.
            Kind::Component => {
                let path = format!("/proc/self/fd/{}", file.as_raw_fd());
                Component::deserialize_file(engine, path).map(Code::of_component)
            }
        }
    };
    code.map_err(|error| format!("{error:#}"))
}

/// Is the entry whole, and that of this key? Then where its code comes from, if that is not as it was given.
fn check(file: &mut File, key: &Key) -> Result<Option<Offsets>, String> {
    let unreadable = |error: io::Error| error.to_string();
    let length = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let Some(bytes) = length.checked_sub(TRAILER_BYTES as u64) else { return Err("it is cut short".to_owned()) };
    let mut found = [0; TRAILER_BYTES];
    file.seek(SeekFrom::Start(bytes)).and_then(|_| file.read_exact(&mut found)).map_err(unreadable)?;
    file.rewind().map_err(unreadable)?;
    let (mut checksum, mut chunk, mut left) = (Hasher::new(), vec![0; CHUNK_BYTES], bytes);
    while left > 0 {
        let part = &mut chunk[..usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES))];
        file.read_exact(part).map_err(unreadable)?;
        checksum.update(part);
        left -= part.len() as u64;
    }
    let damaged = || "it is damaged".to_owned();
    let offsets_bytes = found[48..56].try_into().map_or(0, u64::from_le_bytes);
    let code_bytes = bytes.checked_sub(offsets_bytes).ok_or_else(damaged)?;
    if found != trailer(key, code_bytes, offsets_bytes, checksum.finalize()) {
        return Err(damaged());
    }
    if offsets_bytes == 0 {
        return Ok(None);
    }
    let mut offsets = vec![0; usize::try_from(offsets_bytes).map_err(|_| damaged())?];
    file.seek(SeekFrom::Start(code_bytes)).and_then(|_| file.read_exact(&mut offsets)).map_err(unreadable)?;
    Offsets::decode(&offsets).map(Some).ok_or_else(damaged)
}

fn trailer(key: &Key, code_bytes: u64, offsets_bytes: u64, checksum: u32) -> [u8; TRAILER_BYTES] {
    let mut trailer = [0; TRAILER_BYTES];
    trailer[..8].copy_from_slice(MAGIC);
    trailer[8..40].copy_from_slice(key.digest());
    trailer[40..48].copy_from_slice(&code_bytes.to_le_bytes());
    trailer[48..56].copy_from_slice(&offsets_bytes.to_le_bytes());
    trailer[56..].copy_from_slice(&checksum.to_le_bytes());
    trailer
}

/// Writes code as an entry has it.
pub(crate) fn write_to(file: &mut File, key: &Key, code: &Code) -> io::Result<()> {
    let module = code.serialize().map_err(io::Error::other)?;
    let offsets = code.offsets().map(Offsets::encode).unwrap_or_default();
    let mut checksum = Hasher::new();
    for part in [&module, &offsets] {
        checksum.update(part);
        file.write_all(part)?;
    }
    file.write_all(&trailer(key, module.len() as u64, offsets.len() as u64, checksum.finalize()))
}

/// An entry that is being written, beside its place. Unless it is kept, it is removed.
pub(super) struct Unfinished {
    folder: Folder,
    name: String,
    file: File,
    key: Key,
    bytes_max: u64,
}

impl Unfinished {
    /// One that is never kept, to see whether any can be.
    pub(super) fn unnamed(folder: Folder) -> io::Result<Unfinished> {
        Unfinished::new(folder, &Key::none(), 0)
    }

    pub(super) fn new(folder: Folder, key: &Key, bytes_max: u64) -> io::Result<Unfinished> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Processes in other containers may have the same number: then the name is taken, and the entry is theirs to write.
        let name = format!("{UNFINISHED}{}-{number}-{}", std::process::id(), key.file_name());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, &name, flags, Mode::RUSR | Mode::WUSR)?);
        Ok(Unfinished { folder, name, file, key: key.clone(), bytes_max })
    }

    /// Where it is written.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Moves it to its place, after what there is no more room for has gone.
    pub(super) fn keep(self) -> io::Result<()> {
        let bytes = self.file.metadata()?.len();
        if bytes > self.bytes_max {
            return Ok(());
        }
        // It is in the folder already.
        evict::make_room(&self.folder, self.bytes_max)?;
        Ok(renameat(&self.folder, &self.name, &self.folder, self.key.file_name())?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Not there any more if it was kept.
        let _ = self.folder.remove(&self.name);
    }
}
