//! What `sync.rs` offers, made of loom's primitives: the same names and signatures, as far as the checked files use them.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

pub use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The real files' `mutant!` is `false`; this one asks which mistake is to be made.
macro_rules! mutant {
    ($name:literal) => {
        crate::mutants::is_on($name)
    };
}
pub(crate) use mutant;

/// parking_lot's mutex: `lock` cannot fail.
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { inner: Some(self.0.lock().unwrap()) }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

/// Empty only while its thread waits on a condition.
pub struct MutexGuard<'a, T> {
    inner: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner.as_mut().unwrap()
    }
}

/// parking_lot's condition. It never times out: what is not notified waits for ever, and loom calls that a deadlock.
pub struct Condvar(loom::sync::Condvar);

impl Default for Condvar {
    fn default() -> Self {
        Condvar(loom::sync::Condvar::new())
    }
}

impl Condvar {
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: std::time::Instant) -> WaitResult {
        guard.inner = guard.inner.take().map(|inner| self.0.wait(inner).unwrap());
        WaitResult
    }
}

pub struct WaitResult;

impl WaitResult {
    pub fn timed_out(&self) -> bool {
        false
    }
}

/// parking_lot's lock for many readers.
pub struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub fn new(value: T) -> Self {
        RwLock(loom::sync::RwLock::new(value))
    }

    pub fn read(&self) -> loom::sync::RwLockReadGuard<'_, T> {
        self.0.read().unwrap()
    }

    pub fn write(&self) -> loom::sync::RwLockWriteGuard<'_, T> {
        self.0.write().unwrap()
    }
}

/// tokio's semaphore without its waiting line: the models use `try_acquire` only.
pub struct Semaphore(Mutex<(usize, bool)>);

pub struct Permit<'a>(&'a Semaphore);

impl Permit<'_> {
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Semaphore {
    pub fn new(permits: usize) -> Self {
        Semaphore(Mutex::new((permits, false)))
    }

    pub fn try_acquire(&self) -> Result<Permit<'_>, ()> {
        let mut state = self.0.lock();
        if state.1 || state.0 == 0 {
            return Err(());
        }
        state.0 -= 1;
        Ok(Permit(self))
    }

    pub async fn acquire(&self) -> Result<Permit<'_>, ()> {
        self.try_acquire()
    }

    pub fn add_permits(&self, count: usize) {
        self.0.lock().0 += count;
    }

    pub fn close(&self) {
        self.0.lock().1 = true;
    }

    pub fn available_permits(&self) -> usize {
        self.0.lock().0
    }
}

/// A channel that refuses what is beyond its capacity: a sender that relied on more room would be found out. Both halves live as long as the mailbox, so disconnection does not arise.
struct Channel<T> {
    queue: loom::sync::Mutex<VecDeque<T>>,
    filled: loom::sync::Condvar,
    capacity: usize,
}

pub struct Sender<T>(Arc<Channel<T>>);
pub struct Receiver<T>(Arc<Channel<T>>);

#[derive(Debug)]
pub enum TrySendError<T> {
    Full(T),
    Disconnected(T),
}

#[derive(Debug)]
pub enum TryRecvError {
    Empty,
    Disconnected,
}

pub fn queue<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let queue = loom::sync::Mutex::new(VecDeque::new());
    let channel = Arc::new(Channel { queue, filled: loom::sync::Condvar::new(), capacity });
    (Sender(channel.clone()), Receiver(channel))
}

impl<T> Sender<T> {
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut queue = self.0.queue.lock().unwrap();
        if queue.len() == self.0.capacity {
            return Err(TrySendError::Full(item));
        }
        queue.push_back(item);
        self.0.filled.notify_one();
        Ok(())
    }
}

impl<T> Receiver<T> {
    pub fn is_empty(&self) -> bool {
        self.0.queue.lock().unwrap().is_empty()
    }

    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.queue.lock().unwrap().pop_front().ok_or(TryRecvError::Empty)
    }

    pub fn recv(&self) -> Result<T, ()> {
        let mut queue = self.0.queue.lock().unwrap();
        loop {
            if let Some(item) = queue.pop_front() {
                return Ok(item);
            }
            queue = self.0.filled.wait(queue).unwrap();
        }
    }
}
