//! Panics on threads of our own. They are caught, so what went wrong reaches who waits for it as an error; the rest is for the log.
//! Nothing is printed to stderr, which belongs to the app, and where the place that a panic names would show how this was built.

use crate::printable;
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::Path;
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// From here on a panic of this thread is logged instead of printed. All other threads keep the hook that was there before.
pub(crate) fn contain_on_this_thread() {
    put_hook();
    CONTAINED.set(true);
}

fn put_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // False where the thread is so far ended that it has no such variable any more.
            match CONTAINED.try_with(Cell::get) {
                Ok(true) => log(panic),
                _ => before(panic),
            }
        }));
    });
}

/// Does one piece of the work of a thread that serves all instances. A panic in it is logged, and costs no more than that piece.
pub(crate) fn contained(work: impl FnOnce()) {
    contain_on_this_thread();
    // What the work has a hand on is either its own or kept in order by locks that a panic releases.
    let _ = catch_unwind(AssertUnwindSafe(work));
}

/// Does the work of a future on a thread that is not ours: a panic in it is logged, and its message is the error.
#[cfg(feature = "host")]
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    use deno_core::futures::FutureExt as _;
    put_hook();
    // Nobody polls it again after a panic.
    let mut work = std::pin::pin!(AssertUnwindSafe(work).catch_unwind());
    std::future::poll_fn(|context| {
        let before = CONTAINED.replace(true);
        let polled = work.as_mut().poll(context);
        CONTAINED.set(before);
        polled
    })
    .await
    .map_err(|payload| said(&*payload))
}

/// The message of a panic that was caught.
pub(crate) fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    printable::sentence(text.unwrap_or("a panic without a message"))
}

fn log(panic: &PanicHookInfo<'_>) {
    // The name of the file, and not the folders where it was on the machine that built this.
    let place = panic.location().and_then(|at| Some((Path::new(at.file()).file_name()?.to_str()?, at.line())));
    let (file, line) = place.unwrap_or(("?", 0));
    let message = printable::sentence(panic.payload_as_str().unwrap_or("a panic without a message"));
    tracing::error!(file, line, message, "panicked");
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::sync::Arc;

    #[test]
    fn work_goes_on_after_a_panic() {
        let mut done = 0;
        for number in 0..3 {
            contained(|| {
                done += 1;
                assert!(number != 1, "on purpose");
            });
        }
        assert_eq!(done, 3);
    }

    /// Nextest runs each test in a process of its own, so the hook is this one's.
    #[test]
    fn only_threads_that_asked_for_it_are_silent() {
        let printed: Arc<Mutex<Vec<String>>> = Arc::default();
        let before = printed.clone();
        panic::set_hook(Box::new(move |panic| before.lock().push(panic.payload_as_str().unwrap().to_owned())));
        let panics = |contained: bool, message: &'static str| {
            let thread = std::thread::spawn(move || {
                if contained {
                    contain_on_this_thread();
                }
                std::panic::panic_any(message);
            });
            assert!(thread.join().is_err());
        };
        panics(true, "one");
        panics(false, "two");
        panics(true, "three");
        assert_eq!(*printed.lock(), ["two"]);
    }
}
