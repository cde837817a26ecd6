//! A range of addresses that is this process's own, of which parts can be used.

use std::io;
use std::ops::Range;
use std::ptr;

/// What may be done with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    None,
    Read,
    ReadWrite,
}

/// The addresses; given back when this goes.
#[derive(Debug)]
pub(super) struct Mapping {
    start: usize,
    bytes: usize,
}

impl Mapping {
    /// So many bytes, none of which can be used yet.
    pub(super) fn new(bytes: usize) -> io::Result<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a mapping at addresses that the system chooses touches nothing that is there.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Mapping { start: start as usize, bytes })
    }

    /// Its first address.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Lets these of its bytes, counted from its start, be used so. Whole pages.
    pub(super) fn protect(&self, range: Range<usize>, access: Access) -> io::Result<()> {
        let access = match access {
            Access::None => libc::PROT_NONE,
            Access::Read => libc::PROT_READ,
            Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        };
        let (address, bytes) = self.part(range);
        // SAFETY: the addresses are its own. Who uses them must expect to be kept from it: Rust code does not.
        done(unsafe { libc::mprotect(address, bytes, access) })
    }

    /// Advises the system about these of its bytes.
    pub(super) fn advise(&self, range: Range<usize>, advice: i32) -> io::Result<()> {
        let (address, bytes) = self.part(range);
        // SAFETY: the addresses are its own, as above. The advice is one that keeps them, or what is there is not needed.
        done(unsafe { libc::madvise(address, bytes, advice) })
    }

    fn part(&self, range: Range<usize>) -> (*mut libc::c_void, usize) {
        assert!(range.start <= range.end && range.end <= self.bytes);
        ((self.start + range.start) as *mut libc::c_void, range.end - range.start)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the addresses are its own, and who uses them holds this.
        unsafe { libc::munmap(self.start as *mut libc::c_void, self.bytes) };
    }
}

fn done(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Bytes of a page of this system's.
pub(super) fn system_page_bytes() -> usize {
    // SAFETY: takes a number and gives one.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}
