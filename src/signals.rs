//! The signal by which the system says that a file has become too large.
//!
//! A write beyond `RLIMIT_FSIZE` fails with EFBIG, and the guest whose write it is gets that; but a signal comes with it, which ends
//! the process where nobody minds it. It is minded by doing nothing. That is not the same as to have the system ignore it: programs that
//! the process starts would inherit that.

use std::mem::MaybeUninit;
use std::ptr;

/// Sees that the process lives on, unless somebody else has decided what is to happen.
pub(crate) fn survive_the_limit_of_files() {
    let mut now = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: with no new action the call only writes the one that is set, to a place valid for that; it is read if that succeeded.
    let undecided = unsafe {
        libc::sigaction(libc::SIGXFSZ, ptr::null(), now.as_mut_ptr()) == 0
            && now.assume_init().sa_sigaction == libc::SIG_DFL
    };
    if undecided {
        // SAFETY: an action of zeros is a valid one, of no flags and an empty mask; the handler does nothing, so it may run anywhere.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as *const () as usize;
            action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGXFSZ, &raw const action, ptr::null_mut());
        }
    }
}

extern "C" fn nothing(_signal: libc::c_int) {}
