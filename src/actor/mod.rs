//! The actor: one instance, one thread, one mailbox, one control cell.
//!
//! In reading order: [`message`] is what an actor can be asked, [`mailbox`] how a request reaches it, [`control`] how a stop
//! does, [`Actor`] the handle that joins these three,
//! [`host_call`] what goes out when a guest calls a host function, `life` its thread or threads, `worker` the loop there, and `guest` what runs inside: the store,
//! its limits, WASI and the conversion of values. Only `guest` and the files below it know wasmtime.

mod bare_thread;
mod budget;
pub mod config;
pub mod control;
#[cfg(test)]
pub(crate) mod faults;
mod guest;
mod handle;
pub mod host_call;
mod life;
pub mod mailbox;
pub mod message;
pub mod pipe;
mod reaper;
mod signal_stack;
mod stats;
mod supervisor;
mod thread;
mod watch;
mod worker;

pub use budget::Budget;
pub use handle::Actor;
pub use life::{Start, spawn};
pub use reaper::Reaper;
pub use stats::{InstanceStats, Restart};
pub use thread::OsThread;
pub use watch::Watch;
