//! Looking for what another thread is about to do, for a moment, before sleeping until it has: to wake a thread up costs more than
//! most requests take.
//!
//! It is done only while it pays: each time that nothing came, the next times are left out, twice as many as before. And
//! only while fewer workers do it than there are processors, so that whoever is waited for can run.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Looks between two readings of the clock.
const LOOKS: u32 = 32;
/// At most this many times are left out in a row, until it is tried again.
const LEFT_OUT_MAX: u32 = 256;

/// Workers that are looking at this moment.
static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// One thread's experience with looking.
#[derive(Debug)]
pub(crate) struct Spin {
    look_for: Duration,
    /// So many times are still to be left out.
    skip: u32,
    /// How many were the last time.
    skipped: u32,
}

impl Spin {
    /// Looks for this long at most.
    pub(crate) fn new(look_for: Duration) -> Self {
        Spin { look_for, skip: 0, skipped: 0 }
    }

    /// Returns once `ready`, or when it is not worth the time to go on.
    pub(crate) fn until(&mut self, ready: impl FnMut() -> bool) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if processors() < 2 {
            return;
        }
        if look(self.look_for, ready) {
            self.skipped = 0;
        } else {
            self.skipped = (self.skipped * 2).clamp(1, LEFT_OUT_MAX);
            self.skip = self.skipped;
        }
    }
}

fn look(time: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let until = Instant::now() + time;
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

/// A worker's place among those that may look. Not for an event loop, which would take it from the very worker that it waits for.
pub(crate) struct Turn;

impl Turn {
    /// None if enough are looking.
    pub(crate) fn take() -> Option<Turn> {
        let taken = |looking: usize| Some(looking + 1).filter(|looking| *looking < processors());
        LOOKING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok().map(|_| Turn)
    }
}

fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
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
        let mut spin = Spin::new(Duration::from_micros(1));
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
        // After 1, 2, 4, 8, 16, 32 times that are left out.
        assert!(times(&mut spin, false, 70) <= 7);
        let mut fresh = Spin::new(Duration::from_micros(1));
        assert!(times(&mut fresh, true, 70) <= 70);
        assert_eq!((fresh.skip, fresh.skipped), (0, 0));
    }
}
