//! Panics stay loud: a model that fails says so by one, whichever of its threads finds out. An actor takes one on its thread for a fault of its
//! own, so they are counted too.

use std::cell::Cell;
use std::panic;
use std::sync::Once;

thread_local! {
    /// Of the test's thread, on which loom runs all of a model's.
    static ANY: Cell<bool> = const { Cell::new(false) };
}

/// From here on [`any`] knows of them.
pub fn count() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            ANY.set(true);
            before(panic);
        }));
    });
}

/// Has one been seen?
pub fn any() -> bool {
    ANY.get()
}

pub fn contain_on_this_thread() {}

pub fn contained(work: impl FnOnce()) {
    work();
}
