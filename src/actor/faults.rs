//! Faults that tests ask for by name; not compiled into anything else.

use super::protocol::message::Command;

/// A call of this name panics in the worker.
pub(crate) const PANIC: &str = "panic in the worker";
/// An instance of this name asks for a thread that no machine has.
pub(crate) const NO_THREAD: &str = "without a thread";

pub(super) fn panic_if_asked(command: &Command) {
    if matches!(command, Command::Call(call) if *call.name == *PANIC) {
        panic!("on purpose");
    }
}

/// The stack of the thread of an instance of this name.
pub(super) fn stack_bytes(name: &str, usual: usize) -> usize {
    if name == NO_THREAD { 1 << 60 } else { usual }
}
