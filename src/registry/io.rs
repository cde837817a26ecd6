//! The thread that waits: for the timers of guests, and for standard input.

use crate::scheduling;
use rustix::event::{EventfdFlags, eventfd};
use std::io;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

const THREAD_NAME: &str = "wasm-io";
/// Descriptors that the first event loop of a process opens.
const DESCRIPTORS: usize = 8;

/// An event loop on a thread of its own, which ends when this goes.
pub(super) struct Io {
    handle: Handle,
    /// Never sent: the thread waits for it to go.
    _alive: oneshot::Sender<()>,
}

impl Io {
    /// Starts the thread.
    ///
    /// # Errors
    /// If it cannot be started. (A runtime of tokio's own with threads would panic.)
    pub(super) fn start() -> io::Result<Io> {
        spare_descriptors()?;
        let runtime = Builder::new_current_thread()
            .thread_name(THREAD_NAME)
            .on_thread_start(scheduling::prompt_this_thread)
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let (alive, over) = oneshot::channel();
        std::thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
            scheduling::prompt_this_thread();
            let _ = runtime.block_on(over);
            // What still runs on its pool is waited for by nobody.
            runtime.shutdown_background();
        })?;
        Ok(Io { handle, _alive: alive })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// Sees that there are descriptors for an event loop: tokio panics where it gets none for the signals.
fn spare_descriptors() -> io::Result<()> {
    let spare: Result<Vec<_>, _> = (0..DESCRIPTORS).map(|_| eventfd(0, EventfdFlags::CLOEXEC)).collect();
    spare.map(drop).map_err(io::Error::from)
}
