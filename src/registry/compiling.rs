//! Whose turn it is to compile, and on how many threads.
//!
//! So many modules are compiled at once; others wait in the order in which they came. One turn is kept for modules that are not
//! large, since those that are may be at work for long; and a large one takes more threads than its first only from a stock that all
//! share. So the threads are bounded, and they are reserved by [`Capacity`] before they are made.

use super::capacity::Capacity;
use super::resources::Resources;
use crate::engine::Threads;
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{COMPILATIONS_WAITING_MAX, MAPS_PER_COMPILE_THREAD};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Modules from this size on are large: the turn that is kept for others is not theirs.
const LARGE_FROM_BYTES: usize = 512 * 1024;
/// Modules from this size on are compiled on several threads; below it the threads cost more than they save.
const SPREAD_FROM_BYTES: usize = 16 * 1024;

/// Gives turns to compile.
pub(super) struct Compiling {
    turns: Arc<Semaphore>,
    turns_for_large: Arc<Semaphore>,
    /// Threads beside the first of each turn.
    more_threads: Arc<Semaphore>,
    cores: usize,
    waiting: AtomicUsize,
    capacity: Arc<Capacity>,
}

/// Counts who waits, until that has its turn or has gone.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Compiling {
    /// `at_once` turns at a time, at least one.
    pub(super) fn new(at_once: usize, cores: usize, capacity: Arc<Capacity>) -> Self {
        let at_once = at_once.max(1);
        Compiling {
            turns: Arc::new(Semaphore::new(at_once)),
            turns_for_large: Arc::new(Semaphore::new((at_once - 1).max(1))),
            more_threads: Arc::new(Semaphore::new(2 * (cores - 1))),
            cores,
            waiting: AtomicUsize::new(0),
            capacity,
        }
    }

    /// Waits for the turn of a module of so many bytes. Whoever gives up waiting has lost its place, and nothing else.
    ///
    /// # Errors
    /// 5000 where too many wait already, or the machine has no room for a thread.
    pub(super) async fn turn(&self, name: &str, bytes: usize) -> Result<Threads> {
        let refused = |why: &str| WasmError::new(ErrorCode::Compile, format!("{name} is not compiled: {why}"));
        let is_large = bytes >= LARGE_FROM_BYTES;
        let turn = {
            let waiting = Waiting(&self.waiting);
            if self.waiting.fetch_add(1, Ordering::Relaxed) >= COMPILATIONS_WAITING_MAX {
                return Err(refused(&format!("{COMPILATIONS_WAITING_MAX} modules wait for that already")));
            }
            let large = if is_large { take(&self.turns_for_large).await } else { None };
            let turn = take(&self.turns).await;
            drop(waiting);
            (turn, large)
        };
        let more = if bytes >= SPREAD_FROM_BYTES { self.more_threads(self.cores - 1) } else { None };
        let count = 1 + more.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        if let Ok(reservation) = self.reserve(count).await {
            return Ok(Threads { count, held: Box::new((turn, more, reservation)) });
        }
        let reservation = self.reserve(1).await.map_err(|why| refused(&why))?;
        Ok(Threads { count: 1, held: Box::new((turn, reservation)) })
    }

    async fn reserve(&self, threads: usize) -> std::result::Result<impl Send + 'static, String> {
        let threads = threads as u64;
        let amount = Resources { maps: threads * MAPS_PER_COMPILE_THREAD, threads, files: 0 };
        self.capacity.enter_or_count("a thread to compile on", amount, Resources::default()).await
    }

    /// As many as there are now, and no more than this.
    fn more_threads(&self, most: usize) -> Option<OwnedSemaphorePermit> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        (1..=most).rev().find_map(|count| self.more_threads.clone().try_acquire_many_owned(count).ok())
    }
}

/// None only if the semaphore were closed, which it never is.
async fn take(semaphore: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    semaphore.clone().acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    const SMALL: usize = 100;

    fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    fn compiling(at_once: usize, cores: usize) -> Compiling {
        Compiling::new(at_once, cores, Arc::new(Capacity::new(super::super::machine::limits(), Arc::default(), || 0)))
    }

    #[tokio::test]
    async fn threads_are_bounded_and_given_back() {
        let compiling = compiling(3, 4);
        let first = compiling.turn("m", LARGE_FROM_BYTES).await.unwrap();
        let second = compiling.turn("m", LARGE_FROM_BYTES).await.unwrap();
        let small = compiling.turn("m", SMALL).await.unwrap();
        assert_eq!((first.count, second.count, small.count), (4, 4, 1));
        drop((first, small));
        let third = compiling.turn("m", LARGE_FROM_BYTES).await.unwrap();
        assert_eq!((third.count, compiling.more_threads.available_permits()), (4, 0));
        drop((second, third));
        assert_eq!((compiling.more_threads.available_permits(), compiling.turns.available_permits()), (6, 3));
    }

    #[tokio::test]
    async fn large_modules_leave_a_turn_to_the_others() {
        let compiling = compiling(2, 2);
        let large = compiling.turn("m", LARGE_FROM_BYTES).await.unwrap();
        let mut next = std::pin::pin!(compiling.turn("m", LARGE_FROM_BYTES));
        assert!(is_pending(next.as_mut()));
        let small = compiling.turn("m", SMALL).await.unwrap();
        let mut waiting = std::pin::pin!(compiling.turn("m", SMALL));
        assert!(is_pending(waiting.as_mut()));
        drop(large);
        assert!(waiting.await.is_ok());
        drop(small);
        assert!(next.await.is_ok());
    }

    #[tokio::test]
    async fn one_turn_serves_large_and_small_alike() {
        let compiling = compiling(1, 1);
        let turn = compiling.turn("m", LARGE_FROM_BYTES).await.unwrap();
        assert_eq!(turn.count, 1);
        drop(turn);
        assert!(compiling.turn("m", SMALL).await.is_ok());
    }

    #[tokio::test]
    async fn the_line_is_bounded_and_who_leaves_it_makes_room() {
        let compiling = compiling(1, 1);
        let turn = compiling.turn("m", SMALL).await.unwrap();
        let mut waiting: Vec<_> = (0..COMPILATIONS_WAITING_MAX).map(|_| Box::pin(compiling.turn("m", SMALL))).collect();
        assert!(waiting.iter_mut().all(|waiting| is_pending(waiting.as_mut())));
        let refused = compiling.turn("the module", SMALL).await.err().unwrap();
        assert!(refused.message.contains("the module is not compiled: 1024 modules wait"), "{refused}");
        waiting.truncate(1);
        drop(turn);
        assert!(waiting.remove(0).await.is_ok());
        assert!(compiling.turn("m", SMALL).await.is_ok());
    }
}
