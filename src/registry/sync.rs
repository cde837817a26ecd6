//! What the checked files of this folder need of the outside; the loom models replace this file.

pub(super) use parking_lot::{Condvar, Mutex, RwLock};
pub(super) use std::sync::atomic::{AtomicU64, Ordering};

/// Is this mistake to be made? Never here; the loom models make one at a time, to show that they would notice.
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}
pub(crate) use mutant;
