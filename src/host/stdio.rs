//! The process's own standard streams, as bytes, and the terminal.

use super::failure::Failure;
use crate::blocking;
use deno_core::{AsyncResult, BufView, OpState, Resource, ResourceId, op2};
use deno_error::JsErrorBox;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, read, write};
use rustix::stdio::{stderr, stdin, stdout};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What a pipe takes at once where it takes anything.
const PIECE_BYTES: usize = 4096;
/// What is written by the event loop's own thread, as `console.log` is. The rest need not hold it up.
const AT_ONCE_MAX: usize = 16 * PIECE_BYTES;
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// The standard input. A read that waits is called off when it is closed, and takes nothing that comes later.
struct Stdin {
    /// Rings when it is closed.
    closed: Arc<OwnedFd>,
}

impl Resource for Stdin {
    fn name(&self) -> Cow<'_, str> {
        "stdin".into()
    }

    fn read(self: Rc<Self>, limit: usize) -> AsyncResult<BufView> {
        let closed = self.closed.clone();
        Box::pin(async move {
            let failed =
                |error: io::Error| JsErrorBox::from_err(Failure::io("the standard input cannot be read", &error));
            let read = blocking::run(move || read_unless_closed(limit, &closed)).await.map_err(failed)?;
            Ok(BufView::from(read.map_err(failed)?))
        })
    }

    fn close(self: Rc<Self>) {
        self.ring();
    }
}

impl Stdin {
    fn ring(&self) {
        let _ = write(&*self.closed, &1_u64.to_ne_bytes());
    }
}

impl Drop for Stdin {
    fn drop(&mut self) {
        self.ring();
    }
}

fn read_unless_closed(limit: usize, closed: &OwnedFd) -> io::Result<Vec<u8>> {
    loop {
        let mut waiting = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN), PollFd::new(closed, PollFlags::IN)];
        match poll(&mut waiting, None) {
            Err(Errno::INTR) => continue,
            polled => polled?,
        };
        if !waiting[1].revents().is_empty() {
            return Ok(Vec::new());
        }
        let mut bytes = vec![0; limit];
        match read(stdin(), &mut bytes) {
            // Another process may have made it non-blocking, and another may have been there first.
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
            Ok(length) => {
                bytes.truncate(length);
                return Ok(bytes);
            }
        }
    }
}

// Not a fast one: what such a call throws has neither the name nor the code of our errors.
#[op2(nofast)]
#[smi]
pub(super) fn op_wasm_host_stdin(state: &mut OpState) -> Result<ResourceId, Failure> {
    let closed = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
    let closed = closed.map_err(|error| Failure::io("the standard input cannot be read", &error.into()))?;
    Ok(state.resource_table.add(Stdin { closed: Arc::new(closed) }))
}

/// Whose turn it is to write to each of the outputs.
#[derive(Default)]
pub(super) struct Outputs([Arc<Mutex<()>>; 2]);

/// Writes bytes, after those of earlier calls. What an output takes at once is written before this returns.
#[op2]
pub(super) async fn op_wasm_host_write(
    state: Rc<RefCell<OpState>>,
    to_stderr: bool,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Result<(), Failure> {
    let output = state.borrow().borrow::<Outputs>().0[usize::from(to_stderr)].clone();
    drop(state);
    let _turn = output.lock().await;
    let fd = if to_stderr { stderr() } else { stdout() };
    let written = match write_what_goes(fd, &bytes) {
        Ok(written) if written == bytes.len() => Ok(()),
        Ok(written) => blocking::run(move || write_all(fd, &bytes[written..])).await.flatten(),
        Err(error) => Err(error),
    };
    let name = if to_stderr { "error" } else { "output" };
    written.map_err(|error| Failure::io(&format!("the standard {name} cannot be written"), &error))
}

/// How much was written without waiting.
fn write_what_goes(fd: BorrowedFd<'static>, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len().min(AT_ONCE_MAX) && is_writable(fd, Some(&NOW))? {
        let end = bytes.len().min(written + PIECE_BYTES);
        match write(fd, &bytes[written..end]) {
            Ok(length) => written += length,
            Err(Errno::AGAIN) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(written)
}

fn write_all(fd: BorrowedFd<'static>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        is_writable(fd, None)?;
        match write(fd, bytes) {
            Ok(length) => bytes = &bytes[length..],
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Does it take anything? Also where it takes nothing any more, which the write then tells.
fn is_writable(fd: BorrowedFd<'static>, patience: Option<&Timespec>) -> io::Result<bool> {
    match poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::OUT)], patience) {
        Err(Errno::INTR) => Ok(false),
        polled => Ok(polled? > 0),
    }
}

/// In characters.
#[derive(Serialize)]
struct TerminalSize {
    columns: u16,
    rows: u16,
}

/// The size of the terminal that one of the streams is; null where none is.
#[op2]
#[serde]
pub(super) fn op_wasm_host_terminal_size() -> Option<TerminalSize> {
    [stdout(), stderr(), stdin()].into_iter().find_map(size_of)
}

fn size_of(terminal: BorrowedFd<'static>) -> Option<TerminalSize> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the call writes a winsize to a place that is one, and does nothing else.
    let known = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) == 0 };
    (known && size.ws_col > 0).then_some(TerminalSize { columns: size.ws_col, rows: size.ws_row })
}
