//! What runs an actor: its thread, and the threads that look after all of them.
//!
//! In reading order: `life` is an actor's thread from beginning to end, `worker` the loop there, `time_limit` what bounds a request, `supervisor` the
//! rules of restarts;
//! `os_thread` names the thread to the operating system, `bare_thread` starts it, on `signal_stack` it takes its signals; `watch` demotes
//! those that run on, and `reaper` joins those that have ended, or has them wait in `idle` for the next life, if their `condition` is as it was.

mod bare_thread;
mod condition;
mod idle;
mod life;
mod os_thread;
mod reaper;
mod signal_stack;
mod supervisor;
mod time_limit;
mod watch;
mod way;
mod worker;

pub use life::spawn;
pub use os_thread::OsThread;
pub use reaper::Reaper;
pub use watch::Watch;
