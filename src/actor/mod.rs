//! The actor: one instance, one thread, one mailbox, one control cell.
//!
//! In reading order: [`protocol`] is what goes to an actor and comes from it, [`cell`] how it is reached, [`Actor`] the handle that joins
//! these, `thread` what runs it, and `guest` what runs inside: the store, its limits, WASI and the conversion of values. Only `guest`
//! and the files below it know wasmtime. [`stop`] tells the whole of one story: how a guest is stopped.

mod blueprint;
mod budget;
pub mod cell;
mod failures;
#[cfg(test)]
pub(crate) mod faults;
mod guest;
mod handle;
pub mod protocol;
mod request;
mod stats;
pub mod stop;
mod thread;

pub use blueprint::{Blueprint, Services};
pub use budget::Budget;
pub use cell::{control, mailbox};
pub use failures::{FailuresByCode, LastError};
#[cfg(feature = "internals")]
pub use guest::both as component_values;
#[cfg(feature = "host")]
pub(crate) use guest::wire;
pub use handle::Actor;
pub use protocol::{config, host_call, http, loan, message, native, pipe, replies};
pub use stats::{InstanceStats, Restart};
pub use thread::{OsThread, Reaper, Watch, spawn};
