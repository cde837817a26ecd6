//! What `src/sync.rs` offers, made of loom's primitives: the same names and signatures, as far as the checked files use them.
//!
//! Each twin keeps what callers may rely on and nothing more. Where the real one promises an order or a wake-up, so does the
//! twin; all else that it does inside, such as fast paths without a lock, is left out.

mod channels;
mod locks;
mod notify;
mod semaphore;
mod wakers;

pub use channels::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError, mpsc, oneshot, queue, watch};
pub use locks::{Condvar, Mutex, MutexGuard, RwLock};
pub use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub use notify::Notify;
pub use semaphore::Semaphore;

use std::future::Future;
use std::time::Duration;

/// The real files' `mutant!` is `false`; this one asks which mistake is to be made.
macro_rules! mutant {
    ($name:literal) => {
        crate::mutants::is_on($name)
    };
}
pub(crate) use mutant;

/// tokio's runtime, of which only this is used: a thread that polls one future, and sleeps until that is woken.
#[derive(Clone, Debug)]
pub struct Handle;

impl Handle {
    pub fn enter(&self) -> impl Sized {}

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        loom::future::block_on(future)
    }
}

/// Time that passes changes nothing in the models, so it takes none.
pub async fn sleep(_: Duration) {}
