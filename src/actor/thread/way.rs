//! Making way among guests that run on: for one that has been told to end, and does so only once it has the processor.
//!
//! The scheduler gives each of them its share, and one that has just had its turn has the next only after all the others, some milliseconds
//! each. Where the system does not let it be raised, these sleep when they are called out, which leaves the processor to the one that is to end. Nobody gains by it: who has
//! slept has no more than its share. And they do so for a part of their time at most, however often guests are stopped.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a thread is away until it looks again.
const NAP: Duration = Duration::from_micros(500);
/// After so many naps it goes on in any case.
const NAPS_MAX: u32 = 20;
/// Then it goes on for so many times as long as it was away, whatever is wanted: a quarter of its time is the most that it gives.
const APART: u32 = 3;

/// How many threads wait for others to make way.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// A thread wants others to make way while this lives.
pub(super) struct Wanted(());

impl Wanted {
    pub(super) fn new() -> Self {
        WANTED.fetch_add(1, Ordering::Relaxed);
        Wanted(())
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes way on the calling thread, as long as a thread wants that, unless this one has done so just before. True if it was away.
pub(super) fn make() -> bool {
    thread_local!(static NOT_BEFORE: Cell<Option<Instant>> = const { Cell::new(None) });
    if NOT_BEFORE.get().is_some_and(|at| Instant::now() < at) {
        return false;
    }
    let naps = naps(|| WANTED.load(Ordering::Relaxed) > 0, || std::thread::sleep(NAP));
    if naps > 0 {
        NOT_BEFORE.set(Some(Instant::now() + NAP * naps * APART));
    }
    naps > 0
}

/// Naps while that is wanted. How often?
fn naps(wanted: impl Fn() -> bool, mut nap: impl FnMut()) -> u32 {
    let mut naps = 0;
    while naps < NAPS_MAX && wanted() {
        nap();
        naps += 1;
    }
    naps
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn way_is_made_as_long_as_it_is_wanted_but_not_for_ever() {
        let left = Cell::new(3);
        assert_eq!(naps(|| left.get() > 0, || left.set(left.get() - 1)), 3);
        assert_eq!(naps(|| true, || {}), NAPS_MAX);
        assert_eq!(naps(|| false, || unreachable!("nobody wants it")), 0);
    }
}
