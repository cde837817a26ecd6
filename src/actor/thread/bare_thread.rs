//! A thread without what Rust's runtime gives its own: a second stack for signals, of two memory maps, which thousands of
//! instances have to save (see [`SignalStack`](super::signal_stack::SignalStack) for what is in its place).

use std::ffi::{CStr, CString, c_void};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// What to make.
#[derive(Debug)]
pub(crate) struct Builder {
    /// Linux shows its first 15 bytes.
    pub(crate) name: CString,
    pub(crate) stack_bytes: usize,
}

/// A thread that has not been joined. Left alone it is detached.
pub(crate) struct BareThread(libc::pthread_t);

// SAFETY: a pthread_t may be used on any thread of its process.
unsafe impl Send for BareThread {}

type Body = Box<dyn FnOnce() + Send>;

struct Start {
    name: CString,
    body: Body,
}

impl Builder {
    /// Starts a thread that runs `body`. A panic in it ends the thread and nothing else.
    ///
    /// # Errors
    /// If the system has no thread to give; then the body is dropped.
    pub(crate) fn spawn(self, body: impl FnOnce() + Send + 'static) -> io::Result<BareThread> {
        let attributes = Attributes::with_stack(self.stack_bytes)?;
        let start = Box::into_raw(Box::new(Start { name: self.name, body: Box::new(body) }));
        let mut thread = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised; `main` takes `start` over if, and only if, the thread is made.
        let failed = unsafe { libc::pthread_create(thread.as_mut_ptr(), &raw const attributes.0, main, start.cast()) };
        if failed != 0 {
            // SAFETY: no thread was made, so it is still ours.
            drop(unsafe { Box::from_raw(start) });
            return Err(io::Error::from_raw_os_error(failed));
        }
        // SAFETY: the call succeeded and has written it.
        Ok(BareThread(unsafe { thread.assume_init() }))
    }
}

extern "C" fn main(start: *mut c_void) -> *mut c_void {
    // SAFETY: it comes from `Builder::spawn`, which has given it away.
    let Start { name, body } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    name_this_thread(&name);
    let _ = catch_unwind(AssertUnwindSafe(body));
    ptr::null_mut()
}

/// Gives the calling thread a name. Best effort: one without works as well.
pub(crate) fn name_this_thread(name: &CStr) {
    let _ = rustix::thread::set_name(name);
}

impl BareThread {
    /// Waits until it has ended and its stack has been given back.
    pub(crate) fn join(self) {
        let thread = ManuallyDrop::new(self);
        // SAFETY: it has been neither joined nor detached. It fails only for a thread that would wait for itself.
        unsafe { libc::pthread_join(thread.0, ptr::null_mut()) };
    }
}

impl Drop for BareThread {
    fn drop(&mut self) {
        // SAFETY: it has been neither joined nor detached.
        unsafe { libc::pthread_detach(self.0) };
    }
}

struct Attributes(libc::pthread_attr_t);

impl Attributes {
    fn with_stack(bytes: usize) -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the first call initialises what the second one changes.
        let mut attributes = unsafe {
            match libc::pthread_attr_init(attributes.as_mut_ptr()) {
                0 => Attributes(attributes.assume_init()),
                failed => return Err(io::Error::from_raw_os_error(failed)),
            }
        };
        // SAFETY: initialised above.
        match unsafe { libc::pthread_attr_setstacksize(&raw mut attributes.0, bytes) } {
            0 => Ok(attributes),
            failed => Err(io::Error::from_raw_os_error(failed)),
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised when it was made, and not used after this.
        unsafe { libc::pthread_attr_destroy(&raw mut self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn builder(stack_bytes: usize) -> Builder {
        Builder { name: c"a name".to_owned(), stack_bytes }
    }

    #[test]
    fn it_runs_under_its_name_and_a_panic_stays_inside() {
        let (sender, named) = mpsc::channel();
        let body = move || {
            sender.send(std::fs::read_to_string("/proc/thread-self/comm").unwrap()).unwrap();
            panic!("on purpose");
        };
        builder(256 * 1024).spawn(body).unwrap().join();
        assert_eq!(named.recv().unwrap(), "a name\n");
    }

    #[test]
    fn without_room_for_its_stack_the_body_is_dropped() {
        let (sender, dropped) = mpsc::channel::<()>();
        let body = move || drop(sender);
        assert!(builder(1 << 60).spawn(body).is_err());
        assert!(dropped.recv().is_err());
    }
}
