//! A stream of the host's, written to without ever waiting within the write: whoever waits there for a slow reader cannot take back
//! what it was about to write.
//!
//! The descriptor itself stays as it is. It is shared with the app's own printing and perhaps with other programs, which do not expect
//! that a write is refused because it would have to wait.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::{Errno, ReadWriteFlags, pwritev2, write};
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd};

/// What a pipe takes whole where it has room for anything (Linux's `PIPE_BUF`).
pub(super) const WHOLE_BYTES_MAX: usize = 4096;
/// Of a stream that has no position.
pub(super) const NO_OFFSET: u64 = u64::MAX;

/// Which of the host's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub(super) fn fd(self) -> BorrowedFd<'static> {
        match self {
            Stream::Stdout => rustix::stdio::stdout(),
            Stream::Stderr => rustix::stdio::stderr(),
        }
    }
}

pub(super) struct Outlet {
    fd: BorrowedFd<'static>,
    mode: NonBlocking,
}

/// How a write is kept from waiting, and how a read is.
pub(super) enum NonBlocking {
    /// It does not wait: regular files take what they are given.
    Plain,
    /// By a flag of its own, for sockets, and for pipes from Linux 6.4 on.
    Flag,
    /// By writing to the same pipe or terminal through an opening of our own.
    Opening(OwnedFd),
    /// By asking first whether there is room. If somebody else writes in between, it waits after all.
    Ask,
}

impl Outlet {
    pub(super) fn new(fd: BorrowedFd<'static>) -> Self {
        let waits = fstat(fd).is_ok_and(|stat| {
            matches!(
                FileType::from_raw_mode(stat.st_mode),
                FileType::Fifo | FileType::Socket | FileType::CharacterDevice
            )
        });
        Outlet { fd, mode: if waits { NonBlocking::Flag } else { NonBlocking::Plain } }
    }

    /// Writes what there is room for, or nothing; says how much.
    ///
    /// # Errors
    /// As the system says.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let written = match &self.mode {
                NonBlocking::Plain => write(self.fd, bytes),
                NonBlocking::Flag => pwritev2(self.fd, &[IoSlice::new(bytes)], NO_OFFSET, ReadWriteFlags::NOWAIT),
                NonBlocking::Opening(own) => write(own, bytes),
                NonBlocking::Ask if !has_room(self.fd)? => return Ok(0),
                NonBlocking::Ask => write(self.fd, &bytes[..bytes.len().min(WHOLE_BYTES_MAX)]),
            };
            match written {
                Ok(count) => return Ok(count),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) if matches!(self.mode, NonBlocking::Flag) => {
                    self.mode = NonBlocking::other(self.fd, OFlags::WRONLY);
                    // Whoever writes may be one that must not wait, and is to think again.
                    if self.may_wait() {
                        return Ok(0);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// May a write wait after all?
    pub(super) fn may_wait(&self) -> bool {
        matches!(self.mode, NonBlocking::Ask)
    }

    /// Waits until there is room, or nobody to read any more.
    pub(super) fn wait(&self) {
        // Should the system refuse to wait, the next write says why.
        let _ = poll(&mut [PollFd::new(&self.fd, PollFlags::OUT)], None);
    }
}

impl NonBlocking {
    /// Where there is no such flag.
    pub(super) fn other(fd: BorrowedFd<'_>, access: OFlags) -> NonBlocking {
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        // It may belong to somebody else, or not be of a kind that can be opened.
        open(path, flags, Mode::empty()).map_or(NonBlocking::Ask, NonBlocking::Opening)
    }
}

fn has_room(fd: BorrowedFd<'_>) -> io::Result<bool> {
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(poll(&mut [PollFd::new(&fd, PollFlags::OUT)], Some(&now))? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::fd::{AsFd as _, FromRawFd as _};
    use std::os::unix::net::UnixStream;

    /// An outlet for what lives as long as the test program.
    fn outlet(fd: impl Into<OwnedFd>) -> Outlet {
        let fd: &'static OwnedFd = Box::leak(Box::new(fd.into()));
        Outlet::new(fd.as_fd())
    }

    /// Writes until there is no room; says how much that was.
    fn fill(outlet: &mut Outlet) -> usize {
        let mut filled = 0;
        loop {
            match outlet.write(&[b'x'; WHOLE_BYTES_MAX]).unwrap() {
                0 => return filled,
                count => filled += count,
            }
        }
    }

    #[test]
    fn a_write_into_what_is_full_does_not_wait_in_any_way() {
        for mode in [NonBlocking::Flag, NonBlocking::Ask] {
            let (mut reader, writer) = std::io::pipe().unwrap();
            let mut pipe = outlet(writer);
            pipe.mode = mode;
            let filled = fill(&mut pipe);
            assert!(filled >= WHOLE_BYTES_MAX);
            let mut read = vec![0; filled];
            reader.read_exact(&mut read).unwrap();
            pipe.wait();
            assert_eq!(fill(&mut pipe), filled);
        }
        let (_reader, writer) = std::io::pipe().unwrap();
        let mut pipe = outlet(writer);
        pipe.mode = NonBlocking::other(pipe.fd, OFlags::WRONLY);
        assert!(matches!(pipe.mode, NonBlocking::Opening(_)));
        assert!(fill(&mut pipe) >= WHOLE_BYTES_MAX);
        let (_reader, writer) = UnixStream::pair().unwrap();
        assert!(fill(&mut outlet(writer)) >= WHOLE_BYTES_MAX);
    }

    /// A counter of the system's knows no flag, and cannot be opened anew.
    #[test]
    fn where_a_write_might_wait_after_all_the_first_writes_nothing() {
        let mut counter = outlet(rustix::event::eventfd(1, rustix::event::EventfdFlags::empty()).unwrap());
        counter.mode = NonBlocking::Flag;
        let most = (u64::MAX - 2).to_ne_bytes();
        assert_eq!((counter.may_wait(), counter.write(&most).unwrap()), (false, 0));
        assert_eq!((counter.may_wait(), counter.write(&most).unwrap()), (true, 8));
        assert_eq!(counter.write(&most).unwrap(), 0);
    }

    #[test]
    fn nor_does_one_to_a_terminal_that_nobody_looks_at() {
        let (mut outer, mut inner) = (-1, -1);
        let (name, settings, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
        // SAFETY: both descriptors are valid for writes, and the other arguments may be null.
        let failed = unsafe { libc::openpty(&raw mut outer, &raw mut inner, name, settings, size) };
        assert_eq!(failed, 0, "{}", io::Error::last_os_error());
        // SAFETY: they are open, and nobody else's.
        let [_outer, inner] = [outer, inner].map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
        let mut terminal = outlet(inner);
        assert!(fill(&mut terminal) > 0);
        // The system hands on what was written a little later, which makes room once or twice.
        assert!((0..1000).any(|_| fill(&mut terminal) == 0 && !has_room(terminal.fd).unwrap()));
    }

    #[test]
    fn nobody_to_read_is_an_error_and_ends_the_wait() {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut pipe = outlet(writer);
        fill(&mut pipe);
        drop(reader);
        pipe.wait();
        assert_eq!(pipe.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_file_takes_it_where_it_stands() {
        let mut file = tempfile::tempfile().unwrap();
        let mut written = outlet(file.try_clone().unwrap());
        for _ in 0..3 {
            assert_eq!(written.write(b"text").unwrap(), 4);
        }
        std::io::Seek::rewind(&mut file).unwrap();
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, "texttexttext");
    }
}
