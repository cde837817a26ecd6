//! What the system keeps for a thread and a life on it could have changed. A thread is reused only if all of it is as it was before its
//! first life: a demoted one that may not be promoted is not, nor is one whose signals, processors or priority somebody has changed.

use crate::scheduling::{self, Share};
use rustix::thread::{CpuSet, sched_getaffinity};
use std::mem::MaybeUninit;
use std::ptr;

/// See above.
#[derive(PartialEq, Eq)]
pub(crate) struct Condition {
    share: Share,
    processors: CpuSet,
    /// Which signals it lets through, by number.
    signals: Vec<bool>,
}

impl Condition {
    /// That of the calling thread. `None` where the system does not say.
    pub(crate) fn of_this_thread() -> Option<Condition> {
        let share = scheduling::share_of_this_thread().ok()?;
        let processors = sched_getaffinity(None).ok()?;
        Some(Condition { share, processors, signals: blocked_signals()? })
    }
}

fn blocked_signals() -> Option<Vec<bool>> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: without a new set the call only writes the old one, which is initialised if it succeeds.
    let set = unsafe {
        if libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), set.as_mut_ptr()) != 0 {
            return None;
        }
        set.assume_init()
    };
    // SAFETY: the set is initialised, and a number that is no signal gives an error.
    let is_blocked = |signal| unsafe { libc::sigismember(&raw const set, signal) } == 1;
    Some((1..=libc::SIGRTMAX()).map(is_blocked).collect())
}
