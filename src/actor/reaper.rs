//! One thread that joins the threads of actors as they end, so that "gone" means gone: only then is a `drop()` resolved and
//! the place of the instance given back.

use crossbeam_channel::{Sender, unbounded};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

type Slot = Arc<Mutex<Option<JoinHandle<()>>>>;

/// After this many endings, in a quiet moment, what they have freed is given back to the system.
const TRIM_AFTER: usize = 256;

struct Ended {
    thread: Slot,
    then: Box<dyn FnOnce() + Send>,
}

/// glibc keeps what is freed below something that is still in use; thousands of instances leave much of it behind.
fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the call has no preconditions; it takes the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Starts threads and joins them. Dropping it lets its own thread end after the last of them.
pub struct Reaper {
    ended: Sender<Ended>,
}

impl Reaper {
    /// Starts the joining thread.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn new() -> io::Result<Self> {
        // Unbounded, but never longer than there are threads.
        let (ended, endings) = unbounded::<Ended>();
        Builder::new().name("wasm-reaper".to_owned()).stack_size(128 * 1024).spawn(move || {
            let mut since_trim = 0;
            for Ended { thread, then } in &endings {
                // The lock waits for a starter that has not stored the handle yet.
                let handle = thread.lock().take();
                if let Some(handle) = handle {
                    // The body catches its own panics; there is nothing to learn from the result.
                    let _ = handle.join();
                }
                then();
                since_trim += 1;
                if since_trim >= TRIM_AFTER && endings.is_empty() {
                    since_trim = 0;
                    give_back_memory();
                }
            }
        })?;
        Ok(Reaper { ended })
    }

    /// Runs `body` on a thread of its own and `then` once that thread has been joined.
    ///
    /// # Errors
    /// If the thread cannot be started; then neither runs.
    pub fn spawn(
        &self,
        builder: Builder,
        body: impl FnOnce() + Send + 'static,
        then: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let slot: Slot = Arc::default();
        let ended = self.ended.clone();
        let thread = slot.clone();
        let mut starting = slot.lock();
        let handle = builder.spawn(move || {
            body();
            // Fails only if the joining thread is gone, which ends after the last sender.
            let _ = ended.send(Ended { thread, then: Box::new(then) });
        })?;
        *starting = Some(handle);
        Ok(())
    }
}
