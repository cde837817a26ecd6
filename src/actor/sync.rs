//! What the checked files of this folder need of the outside: locks, atomics, channels. The loom models replace this one
//! file with loom's twins (see `loom/src/lib.rs`), so the code they check is the code that runs.

pub(crate) use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
pub(crate) use parking_lot::Mutex;
pub(crate) use std::sync::atomic::{AtomicBool, Ordering};
pub(crate) use tokio::sync::{Semaphore, oneshot};

/// Is this mistake to be made? Never here; the loom models make one at a time, to show that they would notice.
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}
pub(crate) use mutant;
