//! One thread that joins the threads of actors as they end, so that "gone" means gone: only then is a `drop()` resolved and
//! the place of the instance given back. It also starts the threads that must not inherit the priority of their starter.

use super::bare_thread::{BareThread, Builder};
use crate::panics::contained;
use crate::scheduling;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What is to be done once a thread has been joined.
pub(crate) type Then = Box<dyn FnOnce() + Send>;
/// What a thread runs, given where its handle will be.
type Body = Box<dyn FnOnce(Slot) + Send>;
type Slot = Arc<Mutex<Option<BareThread>>>;

/// After this many endings, in a quiet moment, what they have freed is given back to the system.
const TRIM_AFTER: usize = 256;
/// And again after so long without an event, and a few times more, each four times as long after the last: those who hear of
/// the endings free something too, an event loop that is busy late.
const QUIET_MIN: Duration = Duration::from_millis(250);
const QUIET_MAX: Duration = Duration::from_secs(4);

enum Event {
    Ended { thread: Slot, then: Option<Then> },
    Wanted { builder: Builder, body: Body, started: Sender<bool> },
}

/// Starts threads and joins them. When the last clone and the last of the threads are gone, so is its own thread.
#[derive(Clone)]
pub struct Reaper {
    events: Sender<Event>,
}

impl Reaper {
    /// Starts the joining thread.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn new() -> io::Result<Self> {
        // Unbounded, but never longer than there are threads.
        let (events, coming) = unbounded::<Event>();
        scheduling::start_prompt_thread("wasm-reaper", move || serve(&coming))?;
        Ok(Reaper { events })
    }

    /// Runs `body` on a thread of its own, and what it leaves to be done, if anything, once that thread has been joined.
    ///
    /// # Errors
    /// If the thread cannot be started; then the body does not run.
    pub(crate) fn spawn(
        &self,
        builder: Builder,
        body: impl FnOnce() -> Option<Then> + Send + 'static,
    ) -> io::Result<()> {
        start(builder, self.joined(body))
    }

    /// The same for a caller whose own priority the new thread must not inherit. Waits until it has been started; false if
    /// it could not be.
    pub(crate) fn spawn_from_there(
        &self,
        builder: Builder,
        body: impl FnOnce() -> Option<Then> + Send + 'static,
    ) -> bool {
        let (started, answer) = bounded(1);
        let wanted = Event::Wanted { builder, body: self.joined(body), started };
        self.events.send(wanted).is_ok() && answer.recv().unwrap_or(false)
    }

    fn joined(&self, body: impl FnOnce() -> Option<Then> + Send + 'static) -> Body {
        let events = self.events.clone();
        Box::new(move |thread| {
            let then = body();
            // Fails only if the joining thread is gone, which ends after the last sender.
            let _ = events.send(Event::Ended { thread, then });
        })
    }
}

fn start(builder: Builder, body: Body) -> io::Result<()> {
    let slot = Slot::default();
    let thread = slot.clone();
    let mut starting = slot.lock();
    *starting = Some(builder.spawn(move || body(thread))?);
    Ok(())
}

fn serve(coming: &Receiver<Event>) {
    // Threads that were joined since the last trim, and when to trim next.
    let (mut joined, mut quiet) = (0, None);
    loop {
        let event = match quiet {
            None => coming.recv().map_err(RecvTimeoutError::from),
            Some(time) => coming.recv_timeout(time),
        };
        match event {
            Ok(Event::Wanted { builder, body, started }) => contained(|| {
                let _ = started.send(start(builder, body).is_ok());
            }),
            Ok(Event::Ended { thread, then }) => {
                join(&thread);
                joined += 1;
                if joined >= TRIM_AFTER && coming.is_empty() {
                    (joined, quiet) = (0, Some(QUIET_MIN));
                    give_back_memory();
                }
                // The last: who hears of it finds everything given back.
                if let Some(then) = then {
                    contained(then);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                quiet = quiet.map(|time| time * 4).filter(|time| *time <= QUIET_MAX);
                give_back_memory();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn join(thread: &Slot) {
    // The lock waits for a starter that has not stored the handle yet.
    let handle = thread.lock().take();
    if let Some(handle) = handle {
        handle.join();
    }
}

/// glibc keeps what is freed below something that is still in use; thousands of instances leave much of it behind.
fn give_back_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: the call has no preconditions; it takes the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_after_a_thread_has_ended_keeps_nothing_from_what_follows() {
        let reaper = Reaper::new().unwrap();
        let (sender, done) = unbounded();
        let builder = || Builder { name: c"test".to_owned(), stack_bytes: 256 * 1024 };
        for number in 0..3 {
            let sender = sender.clone();
            reaper.spawn(builder(), || Some(Box::new(|| panic!("on purpose")))).unwrap();
            let then: Then = Box::new(move || sender.send(number).unwrap());
            assert!(reaper.spawn_from_there(builder(), || Some(then)));
        }
        let mut told: Vec<_> = done.iter().take(3).collect();
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2]);
    }
}
