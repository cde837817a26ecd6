//! Ctrl-C and SIGTERM end the app, whatever its event loop is doing. What the app wants done before, its listeners, comes first, and its time
//! is bounded. Other signals are only told to those that listen.

use super::ending::Ending;
use super::failure::Failure;
use deno_core::{CancelFuture, CancelHandle, OpState, Resource, ResourceId, op2};
use parking_lot::Mutex;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Mutex as Turn, mpsc, oneshot};

/// The exit code of a process that a signal ended, as shells report it, is this more than the signal's number.
const ENDED: i32 = 128;
/// How long the app's listeners may take, counted from the signal, before the app ends as it does without any.
const LISTENERS_MAX: Duration = Duration::from_secs(5);

/// The signals that an app can listen to. The first two end it.
const KNOWN: [(&str, i32); 7] = [
    ("SIGINT", libc::SIGINT),
    ("SIGTERM", libc::SIGTERM),
    ("SIGHUP", libc::SIGHUP),
    ("SIGUSR1", libc::SIGUSR1),
    ("SIGUSR2", libc::SIGUSR2),
    ("SIGWINCH", libc::SIGWINCH),
    ("SIGCONT", libc::SIGCONT),
];
const ENDING: [i32; 2] = [libc::SIGINT, libc::SIGTERM];

/// Where a listener says whether the app goes on. Gone without a word, it does not.
type GoesOn = oneshot::Sender<bool>;

/// Who listens to the signals that end the app, for the thread that waits for them.
#[derive(Clone, Default)]
pub(super) struct Listeners(Arc<Mutex<Listening>>);

#[derive(Default)]
struct Listening {
    by_signal: HashMap<i32, mpsc::UnboundedSender<GoesOn>>,
    /// The one that listeners have been told of, and that they have not done with.
    told: Option<i32>,
}

impl Listeners {
    /// The exit code of an app that has nothing left to do while its listeners are at it.
    pub(super) fn code(&self) -> Option<i32> {
        self.0.lock().told.map(|signal| ENDED + signal)
    }

    /// Tells those that listen to a signal. None do if there is no answer to wait for.
    fn tell(&self, signal: i32) -> Option<oneshot::Receiver<bool>> {
        let mut listening = self.0.lock();
        let (goes_on, answer) = oneshot::channel();
        listening.by_signal.get(&signal)?.send(goes_on).ok()?;
        listening.told = Some(signal);
        Some(answer)
    }

    fn done(&self) {
        self.0.lock().told = None;
    }
}

/// Starts the thread that waits for the signals that end the app. It has an event loop of its own: the app's may be busy.
pub(super) fn watch(ending: Ending, listeners: Listeners) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let mut signals = {
        let _entered = runtime.enter();
        EndingSignals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? }
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        loop {
            let mut received = runtime.block_on(signals.next());
            if ending.is_over() {
                // The signal is for another app of this process, or came as the process ends.
                continue;
            }
            if ending.code().is_none()
                && let Some(answer) = listeners.tell(received)
            {
                match runtime.block_on(signals.outcome(received, answer)) {
                    None => {
                        listeners.done();
                        continue;
                    }
                    Some(signal) => received = signal,
                }
                // The app may have asked for its end itself by now, which is under way then.
                ending.ask(ENDED + received);
                continue;
            }
            if !ending.ask(ENDED + received) {
                // The app is ending already, and that takes too long for somebody.
                ending.force(ENDED + received);
            }
        }
    })?;
    Ok(())
}

struct EndingSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl EndingSignals {
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => libc::SIGINT,
            _ = self.terminate.recv() => libc::SIGTERM,
        }
    }

    /// The signal that the app ends with once its listeners are done, have taken too long, or another one came. `None` if it goes on.
    async fn outcome(&mut self, told: i32, answer: oneshot::Receiver<bool>) -> Option<i32> {
        tokio::select! {
            // In this order: a signal that comes once the listeners are done is another one, however late this thread hears of both.
            biased;
            goes_on = answer => (goes_on != Ok(true)).then_some(told),
            () = tokio::time::sleep(LISTENERS_MAX) => Some(told),
            another = self.next() => Some(another),
        }
    }
}

/// What an app listens to.
struct Listened {
    signal: i32,
    source: Turn<Source>,
    closed: Rc<CancelHandle>,
    listeners: Listeners,
    /// Of the signal that the listeners are at.
    goes_on: RefCell<Option<GoesOn>>,
}

enum Source {
    /// One that ends the app comes by way of the thread that waits for it.
    Told(mpsc::UnboundedReceiver<GoesOn>),
    Own(Signal),
}

impl Resource for Listened {
    fn name(&self) -> Cow<'_, str> {
        "signal".into()
    }

    fn close(self: Rc<Self>) {
        self.listeners.0.lock().by_signal.remove(&self.signal);
        self.closed.cancel();
    }
}

/// Listens to a signal, by its name.
#[op2]
#[smi]
pub(super) fn op_wasm_host_signal_listen(
    state: &mut OpState,
    #[string] name: String,
) -> Result<Option<ResourceId>, Failure> {
    let Some((_, number)) = KNOWN.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    let listeners = state.borrow::<Listeners>().clone();
    let source = if ENDING.contains(number) {
        let (tell, told) = mpsc::unbounded_channel();
        listeners.0.lock().by_signal.insert(*number, tell);
        Source::Told(told)
    } else {
        let own = signal(SignalKind::from_raw(*number));
        Source::Own(own.map_err(|error| Failure::io(&format!("{name} cannot be listened to"), &error))?)
    };
    let (source, closed) = (Turn::new(source), CancelHandle::new_rc());
    Ok(Some(state.resource_table.add(Listened {
        signal: *number,
        source,
        closed,
        listeners,
        goes_on: RefCell::default(),
    })))
}

/// Waits for the signal; false once nobody listens any more.
#[op2]
pub(super) async fn op_wasm_host_signal_next(state: Rc<RefCell<OpState>>, #[smi] listened: ResourceId) -> bool {
    let Ok(listened) = state.borrow().resource_table.get::<Listened>(listened) else { return false };
    drop(state);
    let next = async {
        match &mut *listened.source.lock().await {
            Source::Own(signal) => signal.recv().await.is_some(),
            Source::Told(told) => {
                let goes_on = told.recv().await;
                let is_some = goes_on.is_some();
                listened.goes_on.replace(goes_on);
                is_some
            }
        }
    };
    next.or_cancel(listened.closed.clone()).await.unwrap_or(false)
}

/// The listeners are done with it, and the app goes on or does not.
#[op2(fast)]
pub(super) fn op_wasm_host_signal_done(state: &mut OpState, #[smi] listened: ResourceId, goes_on: bool) {
    let Ok(listened) = state.resource_table.get::<Listened>(listened) else { return };
    if let Some(answer) = listened.goes_on.take() {
        let _ = answer.send(goes_on);
    }
}
