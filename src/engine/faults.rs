//! Faults that tests ask for by a module's name; not compiled into anything else.

use parking_lot::Mutex;
use std::collections::HashMap;

/// The compiler panics on a module of this name.
pub(crate) const PANIC: &str = "panic in the compiler";

/// How many more times there is no thread for the compilation of the module of this name.
static NO_THREAD: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// The next `times` compilations of this module find no thread.
pub(crate) fn no_thread_for(name: &str, times: usize) {
    NO_THREAD.lock().get_or_insert_default().insert(name.to_owned(), times);
}

/// The stack of the thread that compiles the module of this name.
pub(super) fn stack_bytes(name: &str, usual: usize) -> usize {
    let mut faults = NO_THREAD.lock();
    match faults.as_mut().and_then(|faults| faults.get_mut(name)) {
        Some(times) if *times > 0 => {
            *times -= 1;
            1 << 60
        }
        _ => usual,
    }
}

/// How often the module of this name has been compiled.
static COMPILED: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

pub(crate) fn compilations_of(name: &str) -> usize {
    COMPILED.lock().as_ref().and_then(|compiled| compiled.get(name).copied()).unwrap_or(0)
}

/// To be called as the module of this name is compiled.
pub(super) fn compiling(name: &str) {
    *COMPILED.lock().get_or_insert_default().entry(name.to_owned()).or_default() += 1;
    assert!(name != PANIC, "on purpose");
}
