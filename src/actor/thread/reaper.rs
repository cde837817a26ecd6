//! Where the threads of actors come from and where they go. One that has ended its life waits for another for a while, or is joined
//! here, so that "gone" means gone: only then is a `drop()` resolved and the place of the instance given back. It also starts the threads
//! that must not inherit the priority of their starter.

use super::bare_thread::{BareThread, Builder, name_this_thread};
use super::condition::Condition;
use super::idle::Idle;
use super::signal_stack::SignalStack;
use crate::engine::keep_fiber_stack_on_this_thread;
use crate::limits::{IDLE_THREADS_MAX, THREAD_STACK_BYTES};
use crate::panics::{contain_on_this_thread, contained};
use crate::scheduling;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use parking_lot::Mutex;
use std::ffi::{CStr, CString};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is to be done once nothing of a life is on its thread any more.
pub(crate) type Then = Box<dyn FnOnce() + Send>;
type Body = Box<dyn FnOnce() -> Left + Send>;
type Slot = Arc<Mutex<Option<BareThread>>>;

/// What a life leaves behind.
pub(crate) struct Left {
    pub(crate) then: Option<Then>,
    /// Can another life follow on its thread?
    pub(crate) fit: bool,
}

/// A life that is to be lived, under this name.
struct Work {
    name: CString,
    body: Body,
}

/// After this many endings, in a quiet moment, what they have freed is given back to the system.
const TRIM_AFTER: usize = 256;
/// And again after so long without an event, and a few times more, each four times as long after the last: those who hear of
/// the endings free something too, an event loop that is busy late.
const QUIET_MIN: Duration = Duration::from_millis(250);
const QUIET_MAX: Duration = Duration::from_secs(4);
/// A thread that has nothing to do ends after this time, or after twice as much.
const IDLE_FOR: Duration = Duration::from_secs(1);
const IDLE_NAME: &CStr = c"wasm-idle";

enum Event {
    /// A thread ends.
    Ended { thread: Slot, then: Option<Then> },
    /// A thread is to be started.
    Wanted { crew: Crew, stack_bytes: usize, work: Work, started: Sender<bool> },
    /// There are threads with nothing to do, after a time in which there were none.
    Idle,
}

/// Starts threads and joins them. When the last clone and the last of the threads are gone, so is its own thread.
#[derive(Clone)]
pub struct Reaper(Arc<Handle>);

struct Handle(Crew);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.idle.close();
    }
}

/// What each thread knows of the others.
#[derive(Clone)]
struct Crew {
    events: Sender<Event>,
    idle: Arc<Idle<Work>>,
}

impl Reaper {
    /// Starts the joining thread.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn new() -> io::Result<Self> {
        // Unbounded, but never longer than there are threads.
        let (events, coming) = unbounded::<Event>();
        let crew = Crew { events, idle: Arc::new(Idle::new(IDLE_THREADS_MAX)) };
        let mut serving = Serving { idle: crew.idle.clone(), joined: 0, quiet: None, trim_at: None, retire_at: None };
        scheduling::start_prompt_thread("wasm-reaper", move || serving.serve(&coming))?;
        Ok(Reaper(Arc::new(Handle(crew))))
    }

    /// Runs `body` on a thread that nothing else uses meanwhile, and what it leaves to be done, if anything, once that thread has been
    /// joined or waits for the next.
    ///
    /// # Errors
    /// If the thread cannot be started; then the body does not run.
    pub(crate) fn spawn(&self, builder: Builder, body: impl FnOnce() -> Left + Send + 'static) -> io::Result<()> {
        match self.hand(builder, Box::new(body)) {
            Ok(()) => Ok(()),
            Err((stack_bytes, work)) => self.crew().start(stack_bytes, work),
        }
    }

    /// The same for a caller whose own priority the new thread must not inherit. Waits until it has been started; false if
    /// it could not be.
    pub(crate) fn spawn_from_there(&self, builder: Builder, body: impl FnOnce() -> Left + Send + 'static) -> bool {
        let Err((stack_bytes, work)) = self.hand(builder, Box::new(body)) else { return true };
        let (started, answer) = bounded(1);
        let wanted = Event::Wanted { crew: self.crew().clone(), stack_bytes, work, started };
        self.crew().events.send(wanted).is_ok() && answer.recv().unwrap_or(false)
    }

    /// What tells how many threads wait for something to do, also once this is gone.
    pub(crate) fn counting(&self) -> impl Fn() -> usize + Send + Sync + 'static {
        let idle = self.crew().idle.clone();
        move || idle.count()
    }

    /// Finds a thread that waits. Gives back what it was to do where none does.
    fn hand(&self, builder: Builder, body: Body) -> Result<(), (usize, Work)> {
        let Builder { name, stack_bytes } = builder;
        let work = Work { name, body };
        if stack_bytes != THREAD_STACK_BYTES {
            return Err((stack_bytes, work));
        }
        self.crew().idle.hand(work).map_err(|work| (stack_bytes, work))
    }

    fn crew(&self) -> &Crew {
        &self.0.0
    }
}

impl Crew {
    fn start(&self, stack_bytes: usize, work: Work) -> io::Result<()> {
        let slot = Slot::default();
        let (thread, crew) = (slot.clone(), self.clone());
        let mut starting = slot.lock();
        let builder = Builder { name: work.name.clone(), stack_bytes };
        *starting = Some(builder.spawn(move || crew.live(work, thread))?);
        Ok(())
    }

    /// All that one thread does.
    fn live(&self, first: Work, thread: Slot) {
        let stack = SignalStack::enter();
        keep_fiber_stack_on_this_thread();
        contain_on_this_thread();
        scheduling::prompt_this_thread();
        let then = self.work_on(first, Condition::of_this_thread(), stack.as_ref());
        // Fails only if the joining thread is gone, which ends after the last sender.
        let _ = self.events.send(Event::Ended { thread, then });
    }

    /// Lives one life after another, as long as there are such and the thread is in the condition that it was in. Gives back what is to
    /// follow the last of them.
    fn work_on(&self, first: Work, condition: Option<Condition>, stack: Option<&SignalStack>) -> Option<Then> {
        let mut work = first;
        loop {
            let Left { then, fit } = (work.body)();
            if !fit || stack.is_none() || condition.is_none() || Condition::of_this_thread() != condition {
                return then;
            }
            name_this_thread(IDLE_NAME);
            if let Some(stack) = stack {
                stack.give_back_below();
            }
            match self.idle.wait(then, |then, is_first| self.settled(then, is_first)) {
                Ok(Some(next)) => work = next,
                Ok(None) => return None,
                Err(then) => return then,
            }
            name_this_thread(&work.name);
        }
    }

    fn settled(&self, then: Option<Then>, is_first: bool) {
        if is_first {
            let _ = self.events.send(Event::Idle);
        }
        if let Some(then) = then {
            contained(then);
        }
    }
}

/// What the joining thread knows.
struct Serving {
    idle: Arc<Idle<Work>>,
    /// Threads that were joined since the last trim.
    joined: usize,
    /// How long it is to be quiet before memory is given back again, and until when there must be no event for that.
    quiet: Option<Duration>,
    trim_at: Option<Instant>,
    /// When to look for threads that have not been needed.
    retire_at: Option<Instant>,
}

impl Serving {
    fn serve(&mut self, coming: &Receiver<Event>) {
        loop {
            let next = match [self.trim_at, self.retire_at].into_iter().flatten().min() {
                None => coming.recv().map_err(RecvTimeoutError::from),
                Some(at) => coming.recv_deadline(at),
            };
            match next {
                Ok(event) => self.see_to(event, coming),
                Err(RecvTimeoutError::Timeout) => self.look(Instant::now()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn see_to(&mut self, event: Event, coming: &Receiver<Event>) {
        match event {
            Event::Idle => self.retire_at = Some(Instant::now() + IDLE_FOR),
            Event::Wanted { crew, stack_bytes, work, started } => contained(|| {
                let _ = started.send(crew.start(stack_bytes, work).is_ok());
            }),
            Event::Ended { thread, then } => {
                join(&thread);
                self.joined += 1;
                if self.joined >= TRIM_AFTER && coming.is_empty() {
                    (self.joined, self.quiet) = (0, Some(QUIET_MIN));
                    give_back_memory();
                }
                // The last: who hears of it finds everything given back.
                if let Some(then) = then {
                    contained(then);
                }
            }
        }
        self.trim_at = self.quiet.map(|time| Instant::now() + time);
    }

    /// Does what it is time for.
    fn look(&mut self, now: Instant) {
        if self.retire_at.is_some_and(|at| at <= now) {
            self.retire_at = self.idle.retire().then(|| now + IDLE_FOR);
        }
        if self.trim_at.is_some_and(|at| at <= now) {
            self.quiet = self.quiet.map(|time| time * 4).filter(|time| *time <= QUIET_MAX);
            self.trim_at = self.quiet.map(|time| now + time);
            give_back_memory();
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
#[path = "reaper_tests.rs"]
mod tests;
