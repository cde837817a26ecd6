//! deno_core's event loop, for requests that are answered in bunches: see `src/session/replies.rs`.

use super::engine::V8;
use super::state::session;
use crate::session::EventLoop;
use crate::sync::Mutex;
use deno_core::futures::task::AtomicWaker;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{ExternalOpsTracker, JsRuntime, OpState, V8CrossThreadTaskSpawner, op2, unsync};
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// The function that replies are handed to.
struct Deliver(v8::Global<v8::Function>);

struct DenoLoop {
    /// Keeps the event loop going while there are requests.
    keep_alive: ExternalOpsTracker,
    turns: Arc<Turns>,
}

/// What asks an event loop for a turn.
struct Turns {
    /// It may go to another thread, but not be shared by several.
    spawner: Mutex<V8CrossThreadTaskSpawner>,
    waker: Arc<AtomicWaker>,
}

impl EventLoop for DenoLoop {
    fn bell(&self) -> Arc<dyn Fn() + Send + Sync> {
        let turns = self.turns.clone();
        Arc::new(move || {
            turns.spawner.lock().spawn(deliver);
            // The spawner's own waker is registered after a look at what has been spawned, and so misses what comes in between. This one is
            // registered before.
            turns.waker.wake();
        })
    }

    fn hold(&self) {
        self.keep_alive.ref_op();
    }

    fn let_go(&self) {
        self.keep_alive.unref_op();
    }

    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        unsync::spawn(work);
    }
}

/// Hands over what has come.
fn deliver(scope: &mut PinScope<'_, '_>) {
    let state = JsRuntime::op_state_from(scope);
    let Some(function) = state.borrow().try_borrow::<Deliver>().map(|deliver| deliver.0.clone()) else { return };
    let session = session(&state);
    // Not held while JavaScript runs.
    drop(state);
    let args = session.come(&mut V8(scope));
    v8::tc_scope!(let scope, scope);
    let (function, receiver) = (Local::new(scope, &function), v8::undefined(scope).into());
    // It throws nothing: what it runs are resolving functions.
    function.call(scope, receiver, &args);
}

/// Sets the function that replies are handed to.
#[op2]
pub fn op_wasm_deliver_to(
    state: Rc<RefCell<OpState>>,
    deliver_to: Local<'_, v8::Function>,
    scope: &mut v8::PinScope<'_, '_>,
) {
    let event_loop = {
        let state = state.borrow();
        let spawner = Mutex::new(state.borrow::<V8CrossThreadTaskSpawner>().clone());
        let turns = Arc::new(Turns { spawner, waker: state.waker.clone() });
        DenoLoop { keep_alive: state.external_ops_tracker.clone(), turns }
    };
    session(&state).listen(Box::new(event_loop));
    state.borrow_mut().put(Deliver(v8::Global::new(scope, deliver_to)));
}
