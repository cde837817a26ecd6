//! The stack on which a thread's signals are handled, as part of the thread's own: wasmtime would map another one, and two
//! memory maps are what thousands of instances have to save.
//!
//! It lies at the far end of the thread's stack. A thread that overflows its stack would reach it before the guard page;
//! that ends the process either way, as any overflow of the host's own stack does.

use crate::limits::SIGNAL_STACK_BYTES;
use std::mem::MaybeUninit;
use std::ptr;

/// While it lives, the calling thread's signals are handled there. It stays on that thread.
pub(crate) struct SignalStack {
    before: libc::stack_t,
    /// Not to be sent to another thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl SignalStack {
    /// Sets it up. None where the system does not say where the thread's stack is; then wasmtime makes its own.
    pub(crate) fn enter() -> Option<SignalStack> {
        let new = libc::stack_t { ss_sp: far_end_of_the_stack()?, ss_flags: 0, ss_size: SIGNAL_STACK_BYTES };
        let mut before = MaybeUninit::uninit();
        // SAFETY: `new` lies within this thread's stack, which outlives the guard; `before` is valid for writes.
        let failed = unsafe { libc::sigaltstack(&raw const new, before.as_mut_ptr()) };
        // SAFETY: the call succeeded and has written it.
        (failed == 0).then(|| SignalStack { before: unsafe { before.assume_init() }, _here: std::marker::PhantomData })
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        // SAFETY: what was there before is still there: it belongs to the thread, or to its starter.
        unsafe { libc::sigaltstack(&raw const self.before, ptr::null_mut()) };
    }
}

/// The lowest address of the calling thread's stack, beyond its guard.
fn far_end_of_the_stack() -> Option<*mut libc::c_void> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut low, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the attributes are written by the first call, read by the second only if that succeeded, and then destroyed.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (failed == 0 && size > 2 * SIGNAL_STACK_BYTES).then_some(low)
    }
}
