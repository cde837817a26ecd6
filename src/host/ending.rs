//! How an app ends: one exit code, one call of the shutdown hook, and a bound on how long it may take.
//!
//! Whoever wants the end (`exit()`, a signal) states a code; the first one counts. The JavaScript engine is told to stop,
//! the event loop is woken, and a watchdog thread ends the process itself if the loop does not come back in time.

use deno_core::v8::IsolateHandle;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::Notify;

/// What the embedder wants done before the process ends.
pub type ShutdownHook = Box<dyn FnOnce() + Send>;

/// How long JavaScript may go on after a signal. An event loop that waits is back before that, and what it waits for is dropped
/// without an error in JavaScript that nobody would see the reason of.
const UNASKED_MAX: Duration = Duration::from_millis(50);
/// How long the event loop may take to come back once the end was asked for.
const LOOP_STOP_MAX: Duration = Duration::from_secs(2);
/// How long the shutdown hook may take.
const HOOK_MAX: Duration = Duration::from_secs(10);

/// The end of one app, shared by the event loop, the ops, the signal thread and the watchdog.
#[derive(Clone)]
pub(super) struct Ending(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Wakes the event loop.
    asked: Notify,
}

struct State {
    code: Option<i32>,
    /// The event loop came back; the process may live on, if it is an embedder's.
    over: bool,
    /// Taken by whoever calls it.
    hook: Option<ShutdownHook>,
    /// Stops the engine; none until there is one, and none again once its isolate is about to go.
    isolate: Option<IsolateHandle>,
    /// Tells the watchdog that the event loop came back, and by its closing that the hook did too.
    running: Option<mpsc::Sender<()>>,
}

impl Ending {
    pub(super) fn new(hook: ShutdownHook) -> Ending {
        let state = State { code: None, over: false, hook: Some(hook), isolate: None, running: None };
        Ending(Arc::new(Shared { state: Mutex::new(state), asked: Notify::new() }))
    }

    /// From here on asking for the end interrupts this engine.
    pub(super) fn set_isolate(&self, isolate: IsolateHandle) {
        let mut state = self.0.state.lock();
        if state.code.is_some() {
            isolate.terminate_execution();
        }
        state.isolate = Some(isolate);
    }

    /// The isolate is about to go: its handle is used no more.
    pub(super) fn forget_isolate(&self) {
        self.0.state.lock().isolate = None;
    }

    /// JavaScript itself asks for the end with `code`, and is to execute no more. The first call counts.
    pub(super) fn exit(&self, code: i32) {
        self.ask(code);
        self.interrupt();
    }

    /// Stops the engine, if there is one.
    fn interrupt(&self) {
        if let Some(isolate) = &self.0.state.lock().isolate {
            isolate.terminate_execution();
        }
    }

    /// Asks for the end with `code`. Returns at once: whether this was the first call, the only one with an effect.
    pub(super) fn ask(&self, code: i32) -> bool {
        let mut state = self.0.state.lock();
        if state.code.is_some() {
            return false;
        }
        state.code = Some(code);
        let (running, main) = mpsc::channel();
        state.running = Some(running);
        drop(state);
        self.0.asked.notify_one();
        let ending = self.clone();
        let watchdog = std::thread::Builder::new().name("watchdog".into());
        if watchdog.spawn(move || ending.watch(code, &main)).is_err() {
            // Without a watchdog the end is only less bounded.
            self.interrupt();
        }
        true
    }

    /// The code that was asked for, if any.
    pub(super) fn code(&self) -> Option<i32> {
        self.0.state.lock().code
    }

    /// Whether the event loop came back.
    pub(super) fn is_over(&self) -> bool {
        self.0.state.lock().over
    }

    /// Resolves once the end was asked for.
    pub(super) async fn asked(&self) {
        if self.code().is_none() {
            self.0.asked.notified().await;
        }
    }

    /// The event loop has come back: calls the shutdown hook, unless somebody did.
    pub(super) fn finish(&self) {
        let (hook, running) = {
            let mut state = self.0.state.lock();
            state.over = true;
            (state.hook.take(), state.running.take())
        };
        if let Some(running) = &running {
            let _ = running.send(());
        }
        if let Some(hook) = hook {
            hook();
        }
    }

    /// Ends the process from outside the event loop, with the shutdown hook called and given a bounded time.
    pub(super) fn force(&self, code: i32) -> ! {
        let hook = self.0.state.lock().hook.take();
        if let Some(hook) = hook {
            let (done, finished) = mpsc::channel();
            let _ = std::thread::Builder::new().spawn(move || {
                hook();
                let _ = done.send(());
            });
            let _ = finished.recv_timeout(HOOK_MAX);
        }
        // SAFETY: `_exit` only ends the process. Not `std::process::exit`: the handlers that it runs would run beside a
        // thread that is still in JavaScript.
        unsafe { libc::_exit(code) }
    }

    /// Waits for the event loop to come back, and then for the hook to.
    fn watch(&self, code: i32, main: &mpsc::Receiver<()>) {
        let mut back = main.recv_timeout(UNASKED_MAX);
        if back == Err(RecvTimeoutError::Timeout) {
            self.interrupt();
            back = main.recv_timeout(LOOP_STOP_MAX);
        }
        if back.is_ok() {
            back = main.recv_timeout(HOOK_MAX);
        }
        if back == Err(RecvTimeoutError::Timeout) {
            self.force(code);
        }
    }
}

/// Calls the shutdown hook when it goes, so also when the host panics.
pub(super) struct FinishOnDrop(pub(super) Ending);

impl Drop for FinishOnDrop {
    fn drop(&mut self) {
        self.0.finish();
    }
}
