//! The host's own standard input, for the guest that inherits it.
//!
//! No byte is read that the guest does not ask for, so that whoever reads after it goes on where it ended. A read never waits
//! within the system, where no stop reaches it: a thread of the process's looks whether there is something, and reads nothing itself.

use super::errno::errno;
use super::outlet::{NO_OFFSET, NonBlocking};
use super::seek::seek_in;
use crate::actor::handle::Actor;
use crate::error::{ErrorCode, Result, WasmError};
use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fstat};
use rustix::io::{Errno as System, ReadWriteFlags, preadv2, read};
use std::io::{self, IoSliceMut, IsTerminal as _};
use std::os::fd::BorrowedFd;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::thread;
use tokio::sync::Notify;
use wasmtime_wasi::p1::types::{Errno, Whence};

const WATCHER_STACK_BYTES: usize = 128 * 1024;

/// The host's input, as given to one guest.
pub(crate) struct HostInput {
    mode: Mutex<NonBlocking>,
    is_terminal: bool,
}

impl HostInput {
    /// Takes the host's standard input, which feeds one instance at a time.
    ///
    /// # Errors
    /// 5010 while another instance has it, and where there is no thread to watch it.
    pub(crate) fn new(actor: &Arc<Actor>) -> Result<Self> {
        own_stdin(actor)?;
        let kind = fstat(fd()).map(|stat| FileType::from_raw_mode(stat.st_mode));
        let mode = match kind {
            Ok(FileType::RegularFile | FileType::BlockDevice) => NonBlocking::Plain,
            _ => NonBlocking::Flag,
        };
        if matches!(mode, NonBlocking::Flag) {
            WATCHER.start().map_err(|error| {
                WasmError::new(ErrorCode::Wasi, format!("no thread to watch the standard input: {error}"))
            })?;
        }
        Ok(HostInput { mode: Mutex::new(mode), is_terminal: fd().is_terminal() })
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Is it a file, in which one can go to any place?
    pub(super) fn is_file(&self) -> bool {
        matches!(*self.mode.lock(), NonBlocking::Plain)
    }

    pub(super) fn fd(&self) -> BorrowedFd<'static> {
        fd()
    }

    /// Moves the place at which the input stands, for whoever reads it next, too.
    pub(super) fn seek(&self, offset: i64, whence: Whence) -> std::result::Result<u64, Errno> {
        if !self.is_file() {
            return Err(Errno::Spipe);
        }
        seek_in(fd(), offset, whence)
    }

    /// Reads what there is; 0 at the end, `None` where there is nothing yet.
    pub(super) fn try_read(&self, buffer: &mut [u8]) -> std::result::Result<Option<usize>, Errno> {
        let mut mode = self.mode.lock();
        loop {
            let read = match &*mode {
                NonBlocking::Plain => read(fd(), &mut *buffer),
                NonBlocking::Flag => preadv2(fd(), &mut [IoSliceMut::new(buffer)], NO_OFFSET, ReadWriteFlags::NOWAIT),
                NonBlocking::Opening(own) => read(own, &mut *buffer),
                NonBlocking::Ask if !is_ready(Some(&NOW)).map_err(errno)? => return Ok(None),
                NonBlocking::Ask => read(fd(), &mut *buffer),
            };
            match read {
                Ok(count) => return Ok(Some(count)),
                Err(System::INTR) => {}
                Err(System::AGAIN) => return Ok(None),
                Err(System::OPNOTSUPP | System::NOSYS | System::INVAL) if matches!(*mode, NonBlocking::Flag) => {
                    *mode = NonBlocking::other(fd(), OFlags::RDONLY);
                }
                Err(error) => return Err(errno(error)),
            }
        }
    }

    /// Resolves when there is something to read, or the end.
    pub(super) async fn ready(&self) {
        if !self.is_file() && is_ready(Some(&NOW)) == Ok(false) {
            WATCHER.wait().await;
        }
    }
}

const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

fn fd() -> BorrowedFd<'static> {
    rustix::stdio::stdin()
}

/// Is there something to read, or will nothing come any more? Waits for that for as long as is said.
fn is_ready(patience: Option<&Timespec>) -> rustix::io::Result<bool> {
    Ok(poll(&mut [PollFd::new(&fd(), PollFlags::IN)], patience)? > 0)
}

/// Who waits until the host's input has something to read. The input is the process's, hence the static.
static WATCHER: Watcher = Watcher {
    state: Mutex::new(State { started: false, asked: false }),
    asked: Condvar::new(),
    ready: Notify::const_new(),
};

struct Watcher {
    state: Mutex<State>,
    asked: Condvar,
    ready: Notify,
}

struct State {
    started: bool,
    /// Somebody wants to know.
    asked: bool,
}

impl Watcher {
    /// Starts its thread, unless it runs already. Whoever is refused one may try again.
    fn start(&'static self) -> io::Result<()> {
        let mut state = self.state.lock();
        if !state.started {
            let builder = thread::Builder::new().name("wasm-stdin".to_owned()).stack_size(WATCHER_STACK_BYTES);
            builder.spawn(|| self.watch())?;
            state.started = true;
        }
        Ok(())
    }

    fn watch(&self) {
        loop {
            let mut state = self.state.lock();
            self.asked.wait_while(&mut state, |state| !state.asked);
            drop(state);
            // What else may be wrong with it, the next read says.
            while is_ready(None) == Err(System::INTR) {}
            let mut state = self.state.lock();
            state.asked = false;
            self.ready.notify_waiters();
        }
    }

    async fn wait(&self) {
        let mut ready = pin!(self.ready.notified());
        // From here on it is not missed.
        ready.as_mut().enable();
        {
            self.state.lock().asked = true;
            self.asked.notify_one();
        }
        ready.await;
    }
}

/// The instance that reads the host's standard input. Once it is told to stop it reads no more, so that is when the next one
/// may have it.
static STDIN_OWNER: Mutex<Weak<Actor>> = Mutex::new(Weak::new());

/// Takes the host's standard input, which feeds one instance at a time.
///
/// # Errors
/// 5010 while another instance has it.
fn own_stdin(actor: &Arc<Actor>) -> Result<()> {
    let mut owner = STDIN_OWNER.lock();
    // One that is restarted has it already.
    let is_another = |owner: &Arc<Actor>| !Arc::ptr_eq(owner, actor) && !owner.control.is_stopped();
    if owner.upgrade().as_ref().is_some_and(is_another) {
        let text = "the host's standard input already belongs to another instance; it can feed one at a time";
        return Err(WasmError::new(ErrorCode::Wasi, text));
    }
    *owner = Arc::downgrade(actor);
    Ok(())
}
