//! The stack on which a thread's signals are handled, as part of the thread's own: wasmtime would map another one, and two
//! memory maps are what thousands of instances have to save.
//!
//! It lies at the far end of the thread's stack. A thread that overflows its stack would reach it before the guard page;
//! that ends the process either way, as any overflow of the host's own stack does.

use crate::limits::SIGNAL_STACK_BYTES;
use rustix::param::page_size;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;

/// What is left below a frame whose stack is given back: for the call that does so.
const KEPT_BYTES: usize = 2048;

/// While it lives, the calling thread's signals are handled there. It stays on that thread.
pub(crate) struct SignalStack {
    before: libc::stack_t,
    /// Where it begins, and with it the stack of the thread.
    low: usize,
    /// Not to be sent to another thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl SignalStack {
    /// Sets it up. None where the system does not say where the thread's stack is; then wasmtime makes its own.
    pub(crate) fn enter() -> Option<SignalStack> {
        let low = far_end_of_the_stack()?;
        let new = libc::stack_t { ss_sp: low, ss_flags: 0, ss_size: SIGNAL_STACK_BYTES };
        let mut before = MaybeUninit::uninit();
        // SAFETY: `new` lies within this thread's stack, which outlives the guard; `before` is valid for writes.
        let failed = unsafe { libc::sigaltstack(&raw const new, before.as_mut_ptr()) };
        // SAFETY: the call succeeded and has written it.
        let before = || unsafe { before.assume_init() };
        if failed == 0 {
            LOW.set(Some(low as usize));
        }
        (failed == 0).then(|| SignalStack { before: before(), low: low as usize, _here: std::marker::PhantomData })
    }

    /// Gives back to the system what lies below the caller's frame, of this thread's stack and of that for its signals: what has run
    /// there is over. Not to be called from a signal.
    pub(crate) fn give_back_below(&self) {
        give_back_from(self.low);
    }
}

thread_local! {
    /// Where the calling thread's stack begins, while it has one of these.
    static LOW: Cell<Option<usize>> = const { Cell::new(None) };
}

/// The same as [`SignalStack::give_back_below`] for the calling thread, if it has one.
#[inline(never)]
pub(crate) fn give_back_here() {
    if let Some(low) = LOW.get() {
        give_back_from(low);
    }
}

fn give_back_from(low: usize) {
    let here = 0_u8;
    // The call of the system has a frame, too.
    let high = (ptr::from_ref(&here) as usize).saturating_sub(KEPT_BYTES) / page_size() * page_size();
    if let Some(length) = high.checked_sub(low) {
        // SAFETY: all frames of this thread that are not over lie above, and no signal is being handled on it.
        unsafe { libc::madvise(low as *mut _, length, libc::MADV_DONTNEED) };
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        LOW.set(None);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves `bytes` of what is no zero behind on the stack; where that is.
    #[inline(never)]
    fn spoil() -> usize {
        let spoilt = std::hint::black_box([7_u8; 64 * 1024]);
        ptr::from_ref(&spoilt) as usize
    }

    #[test]
    fn what_has_run_on_a_stack_is_given_back() {
        std::thread::Builder::new()
            .stack_size(1024 * 1024)
            .spawn(|| {
                let here = SignalStack::enter().unwrap();
                let at = spoil();
                here.give_back_below();
                // SAFETY: it lies within this thread's stack, where nothing is.
                let left = unsafe { std::slice::from_raw_parts(at as *const u8, 32 * 1024) };
                assert!(left.iter().all(|byte| *byte == 0));
            })
            .unwrap()
            .join()
            .unwrap();
    }
}
