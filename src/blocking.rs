//! Work that waits for a disk or takes long, away from the threads that must answer: each piece on a thread of its own.
//!
//! tokio's pool for such work panics where the system has no thread to give; here that is an error.

use crate::{panics, scheduling};
use std::io;
use std::thread::Builder;
use tokio::sync::{Semaphore, oneshot};

/// Pieces of work that are under way at once. The others wait for their turn.
const TURNS: usize = 64;
const THREAD_NAME: &str = "wasm-blocking";

static FREE: Semaphore = Semaphore::const_new(TURNS);

/// Does the work, and gives what comes of it.
///
/// # Errors
/// If there is no thread for it, or it panics.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let turn = FREE.acquire().await.map_err(io::Error::other)?;
    let (answer, answered) = oneshot::channel();
    // Dropped with the closure where there is no thread.
    Builder::new().name(THREAD_NAME.to_owned()).spawn(move || {
        panics::contain_on_this_thread();
        scheduling::plain_this_thread();
        let done = work();
        drop(turn);
        let _ = answer.send(done);
    })?;
    answered.await.map_err(|_| io::Error::other("it panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_work_than_turns_is_all_done_and_a_panic_costs_no_turn() {
        for _ in 0..2 * TURNS {
            assert!(run(|| panic!("on purpose")).await.is_err());
        }
        let work: Vec<_> = (0..4 * TURNS).map(|number| tokio::spawn(run(move || number))).collect();
        for (number, done) in work.into_iter().enumerate() {
            assert_eq!(done.await.unwrap().unwrap(), number);
        }
    }
}
