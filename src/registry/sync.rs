//! What the table needs of the outside; the loom models replace this file.

pub(super) use parking_lot::RwLock;
pub(super) use std::sync::atomic::{AtomicU64, Ordering};
