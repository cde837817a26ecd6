//! What the checked files of this folder need of the outside; the loom models replace this file.

pub(super) use parking_lot::{Condvar, Mutex, RwLock};
pub(super) use std::sync::atomic::{AtomicU64, Ordering};
