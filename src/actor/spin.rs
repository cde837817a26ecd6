//! Looking for the next request for a moment before sleeping: to wake a thread up costs more than most requests take.
//!
//! It is done only while it pays: each time that nothing came, the next times are left out, twice as many as before. And
//! only while fewer threads do it than there are processors, so that whoever is waited for can run.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long to look.
const LOOK_FOR: Duration = Duration::from_micros(50);
/// Looks between two readings of the clock.
const LOOKS: u32 = 32;
/// At most this many times are left out in a row, until it is tried again.
const LEFT_OUT_MAX: u32 = 256;

/// Threads that are looking at this moment.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// One thread's experience with looking.
#[derive(Debug, Default)]
pub(super) struct Spin {
    /// So many times are still to be left out.
    skip: u32,
    /// How many were the last time.
    skipped: u32,
}

impl Spin {
    /// Returns once `ready`, or when it is not worth the time to go on.
    pub(super) fn until(&mut self, ready: impl Fn() -> bool) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let Some(_turn) = Turn::take() else { return };
        if look(ready) {
            self.skipped = 0;
        } else {
            self.skipped = (self.skipped * 2).clamp(1, LEFT_OUT_MAX);
            self.skip = self.skipped;
        }
    }
}

fn look(ready: impl Fn() -> bool) -> bool {
    let until = Instant::now() + LOOK_FOR;
    loop {
        for _ in 0..LOOKS {
            if ready() {
                return true;
            }
            std::hint::spin_loop();
        }
        if Instant::now() >= until {
            return false;
        }
    }
}

/// A place among those that may look.
struct Turn;

impl Turn {
    fn take() -> Option<Turn> {
        static PLACES: OnceLock<usize> = OnceLock::new();
        let places = *PLACES.get_or_init(|| std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1));
        let taken = |looking: usize| Some(looking + 1).filter(|looking| *looking <= places);
        LOOKING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok().map(|_| Turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        LOOKING.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pay_is_done_ever_more_rarely_and_what_does_always() {
        let looked = AtomicUsize::new(0);
        let mut spin = Spin::default();
        let times = |spin: &mut Spin, found: bool, times: usize| {
            let before = looked.load(Ordering::Relaxed);
            for _ in 0..times {
                let first = std::cell::Cell::new(true);
                spin.until(|| {
                    if first.replace(false) {
                        looked.fetch_add(1, Ordering::Relaxed);
                    }
                    found
                });
            }
            looked.load(Ordering::Relaxed) - before
        };
        if Turn::take().is_none() {
            // One processor, or others are looking: then nothing is looked for at all.
            return;
        }
        // After 1, 2, 4, 8, 16, 32 times that are left out.
        assert!(times(&mut spin, false, 70) <= 7);
        let mut fresh = Spin::default();
        assert!(times(&mut fresh, true, 70) <= 70);
        assert_eq!((fresh.skip, fresh.skipped), (0, 0));
    }
}
