//! What the files that loom checks need of the outside: locks, atomics, channels, and a runtime to wait on. The loom models
//! replace this one file with loom's twins (see `loom/src/lib.rs`), so the code they check is the code that runs.

pub(crate) use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError};
pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(crate) use tokio::runtime::Handle;
pub(crate) use tokio::sync::{Notify, Semaphore, mpsc, oneshot, watch};
pub(crate) use tokio::time::sleep;

/// Is this mistake to be made? Never here; the loom models make one at a time, to show that they would notice.
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}
pub(crate) use mutant;

/// A queue for this many items. It grows with what is in it, where crossbeam's bounded one would take memory for all of them
/// at once; that there are never more is seen to by the sender, whose semaphore has a permit for each place.
pub(crate) fn queue<T>(_capacity: usize) -> (Sender<T>, Receiver<T>) {
    crossbeam_channel::unbounded()
}
