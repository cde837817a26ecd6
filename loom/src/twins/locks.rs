//! parking_lot's locks.

use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};

/// parking_lot's mutex: `lock` cannot fail.
#[derive(Debug)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: &self.0, inner: Some(self.0.lock().unwrap()) }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

/// Empty only while its thread waits on a condition, or does without the lock.
pub struct MutexGuard<'a, T> {
    mutex: &'a loom::sync::Mutex<T>,
    inner: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> MutexGuard<'_, T> {
    /// Does something without the lock.
    pub fn unlocked<U>(guard: &mut Self, f: impl FnOnce() -> U) -> U {
        drop(guard.inner.take());
        let result = f();
        guard.inner = Some(guard.mutex.lock().unwrap());
        result
    }
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

/// parking_lot's condition.
#[derive(Debug, Default)]
pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.inner = guard.inner.take().map(|inner| self.0.wait(inner).unwrap());
    }

    /// A point in time never comes: what is not notified waits for ever, and loom calls that a deadlock.
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, _: Instant) -> WaitResult {
        self.wait(guard);
        WaitResult
    }

    /// A span of time, with which its caller counts on being woken by nobody, is over at once. All others may run meanwhile.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, _: Duration) {
        MutexGuard::unlocked(guard, loom::thread::yield_now);
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
