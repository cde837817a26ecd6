//! The operating system's threads: which live, and which stand behind others.
//!
//! What it knows is not modelled: the system's own calls are atomic.

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// By id: does it stand behind others? Those that are not in here have ended, and their ids may be others'.
static LIVING: Mutex<Option<HashMap<i32, bool>>> = Mutex::new(None);

fn living<T>(f: impl FnOnce(&mut HashMap<i32, bool>) -> T) -> T {
    f(LIVING.lock().unwrap().get_or_insert_default())
}

pub fn prompt_this_thread() {}

/// A fresh id each time: an actor's thread asks once.
pub fn this_thread() -> i32 {
    static NEXT: AtomicI32 = AtomicI32::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    living(|living| living.insert(id, false));
    id
}

/// The thread of this id ends, and the system may give the id to another.
pub fn end(id: i32) {
    living(|living| living.remove(&id));
}

/// Does it stand behind others?
pub fn is_behind(id: i32) -> bool {
    living(|living| living.get(&id).copied().unwrap_or_default())
}

fn set(id: i32, behind: bool) -> io::Result<()> {
    let known = living(|living| living.get_mut(&id).map(|is_behind| *is_behind = behind).is_some());
    assert!(known, "a stranger's thread was hit: {id} has ended");
    Ok(())
}

pub fn prompt(id: i32) -> io::Result<()> {
    set(id, false)
}

pub fn demote(id: i32, _nice: i32) -> io::Result<()> {
    set(id, true)
}

/// More each time, by so much that any request has run on since.
pub fn cpu_time_of(_id: i32) -> Option<Duration> {
    static USED: AtomicU64 = AtomicU64::new(0);
    Some(Duration::from_secs(USED.fetch_add(1, Ordering::Relaxed)))
}

/// One thread of the runtime's own.
pub fn start_prompt_thread(_name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    loom::thread::spawn(body);
    Ok(())
}
