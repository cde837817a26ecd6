//! What one host is to one environment: its session, its values and its place in the event loop.

use crate::engine::Engine;
use crate::event_loop::{Loop, TaskId, Turns};
use crate::values::{Values, call, let_go, refer, referred};
use napi::sys::{self, napi_deferred, napi_env, napi_ref, napi_value};
use runtime_wasm::error::Result;
use runtime_wasm::scheduling::PromptForNow;
use runtime_wasm::session::encoding::{Encode, JsResult, Unfit, reply};
use runtime_wasm::session::{Session, WasmHost};
use std::cell::{Cell, RefCell};
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::time::Duration;

thread_local! {
    /// How many hosts the environment of this thread has, and what makes the thread answer promptly while it has some.
    static PROMPT: RefCell<(usize, Option<PromptForNow>)> = const { RefCell::new((0, None)) };
}

fn one_more_host() {
    PROMPT.with_borrow_mut(|(hosts, prompt)| {
        *hosts += 1;
        prompt.get_or_insert_with(PromptForNow::new);
    });
}

fn one_host_less() {
    PROMPT.with_borrow_mut(|(hosts, prompt)| {
        *hosts = hosts.saturating_sub(1);
        if *hosts == 0 {
            // The thread is the program's own, and is given back as it was.
            *prompt = None;
        }
    });
}

/// How long the guests' threads may take to end, at the end of an environment.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// Where the functions of a host find its environment, until the host is closed or the environment ends: JavaScript may hold them for longer.
pub(crate) struct Slot(RefCell<Option<Rc<Environment>>>);

impl Slot {
    /// That of a new host.
    pub(crate) fn of(environment: Rc<Environment>) -> Rc<Slot> {
        let slot = Rc::new(Slot(RefCell::new(Some(environment.clone()))));
        *environment.slot.borrow_mut() = Rc::downgrade(&slot);
        slot
    }

    pub(crate) fn get(&self) -> Option<Rc<Environment>> {
        self.0.borrow().clone()
    }

    /// No guest of the host lives on, and what it had of the machine is given back.
    pub(crate) fn end(&self) {
        let environment = self.0.take();
        if let Some(environment) = environment {
            environment.end();
        }
    }
}

/// A host in an environment.
pub(crate) struct Environment {
    env: napi_env,
    slot: RefCell<Weak<Slot>>,
    pub(crate) session: Rc<Session>,
    pub(crate) values: Rc<Values>,
    event_loop: Rc<Loop>,
    deliver_to: Cell<napi_ref>,
    last_task: Cell<TaskId>,
    /// The promise of the next event, which is awaited as long as the host is not closed.
    event: Cell<Option<(TaskId, napi_deferred)>>,
    has_ended: Cell<bool>,
}

impl Environment {
    /// # Errors
    /// If the environment ends already.
    pub(crate) fn new(env: napi_env, host: WasmHost, bare: napi_value) -> napi::Result<Rc<Environment>> {
        let session = Session::new(host);
        let values = Rc::new(Values::new(session.keeper(), refer(env, bare)));
        let mut failed = None;
        let environment = Rc::new_cyclic(|this: &Weak<Environment>| {
            let event_loop = Loop::new(env, this.clone()).unwrap_or_else(|error| {
                failed = Some(error);
                Loop::ended(env)
            });
            Environment {
                env,
                slot: RefCell::default(),
                session,
                values,
                event_loop: Rc::new(event_loop),
                deliver_to: Cell::new(null_mut()),
                last_task: Cell::new(0),
                event: Cell::new(None),
                has_ended: Cell::new(false),
            }
        });
        match failed {
            Some(error) => Err(error),
            None => {
                one_more_host();
                Ok(environment)
            }
        }
    }

    pub(crate) fn event_loop(&self) -> &Rc<Loop> {
        &self.event_loop
    }

    pub(crate) fn engine(&self) -> Engine<'_> {
        Engine { env: self.env, values: &self.values }
    }

    /// The promise of what some work comes to. It never rejects: a failure is a value.
    pub(crate) fn promise<T: Encode + 'static>(
        self: &Rc<Self>,
        work: impl Future<Output = Result<T>> + 'static,
    ) -> napi_value {
        let (promise, deferred) = self.deferred();
        let this = Rc::downgrade(self);
        let id = self.event_loop.spawn(Box::pin(async move {
            let outcome = work.await;
            if let Some(this) = this.upgrade() {
                this.settle(deferred, outcome);
            }
        }));
        self.last_task.set(id);
        promise
    }

    fn deferred(&self) -> (napi_value, napi_deferred) {
        let (mut deferred, mut promise) = (null_mut(), null_mut());
        // SAFETY: called within a call from this environment.
        unsafe { sys::napi_create_promise(self.env, &mut deferred, &mut promise) };
        (promise, deferred)
    }

    fn settle<T: Encode>(&self, deferred: napi_deferred, outcome: Result<T>) {
        let mut scope = null_mut();
        // SAFETY: called within a call from this environment, or a turn of its loop. Many may be settled in one.
        unsafe { sys::napi_open_handle_scope(self.env, &mut scope) };
        let value = reply(&mut self.engine(), outcome).unwrap_or_else(|failure| failure);
        // SAFETY: as above; it is settled once.
        unsafe {
            sys::napi_resolve_deferred(self.env, deferred, value);
            sys::napi_close_handle_scope(self.env, scope);
        }
    }

    /// The work of the promise that was made last.
    pub(crate) fn last_task(&self) -> TaskId {
        self.last_task.get()
    }

    /// Sets the function that replies are handed to.
    pub(crate) fn deliver_to(&self, function: napi_value) {
        self.deliver_to.set(refer(self.env, function));
        self.session.listen(Box::new(Turns(self.event_loop.clone())));
    }

    /// Hands over what has come.
    pub(crate) fn deliver(&self) {
        let come = self.session.come(&mut self.engine());
        if !come.is_empty()
            && let Some(function) = referred(self.env, self.deliver_to.get())
        {
            call(self.env, function, &come);
        }
    }

    /// Stops all guests. How many threads of theirs there are still?
    pub(crate) fn stop(&self) -> usize {
        self.session.host().runtime().shutdown(Duration::ZERO)
    }

    /// Ends the host, and lets go of the JavaScript that it has called. False as long as somebody waits for an answer.
    pub(crate) fn close(&self) -> bool {
        let event = self.event.get();
        if self.event_loop.is_held() || self.event_loop.has_work_beside(event.map(|(task, _)| task)) {
            return false;
        }
        if let Some((_, deferred)) = self.event.take() {
            self.settle(deferred, Ok(false));
        }
        let slot = self.slot.borrow().upgrade();
        if let Some(slot) = slot {
            slot.end();
        }
        self.values.let_go(self.env);
        let_go(self.env, &self.deliver_to);
        true
    }

    /// The environment ends, or the host is closed: no guest of it lives on.
    pub(crate) fn end(&self) {
        if self.has_ended.replace(true) {
            return;
        }
        one_host_less();
        self.event_loop.end();
        self.session.host().runtime().shutdown(SHUTDOWN_PATIENCE);
    }
}

impl Environment {
    /// A promise of the next event of a guest's: true, or false once the host is closed.
    pub(crate) fn event(self: &Rc<Self>) -> napi_value {
        let (session, values, env) = (self.session.clone(), self.values.clone(), self.env);
        let this = Rc::downgrade(self);
        let (promise, deferred) = self.deferred();
        let id = self.event_loop.spawn(Box::pin(async move {
            session.event(|id| values.release(env, id)).await;
            if let Some(this) = this.upgrade() {
                this.event.set(None);
                this.settle(deferred, Ok(true));
            }
        }));
        // It may have come at once.
        if self.event_loop.has(id) {
            self.event.set(Some((id, deferred)));
        }
        self.last_task.set(id);
        promise
    }

    /// A promise of bytes that are read straight into an array that our own JavaScript has made for them, and that the app has not seen.
    ///
    /// # Errors
    /// If it is no such array.
    pub(crate) fn read_into(self: &Rc<Self>, id: f64, offset: f64, room: napi_value) -> JsResult<napi_value> {
        let (data, length) =
            self.engine().view(room).ok_or_else(|| Unfit("a Uint8Array was to be given to the addon".to_owned()))?;
        let (session, env, held) = (self.session.clone(), self.env, refer(self.env, room));
        Ok(self.promise(async move {
            let read = {
                // SAFETY: the array is held by the reference until this is over, and `length` is not zero: js/requests.js reads few bytes otherwise. Where
                // the environment ends, the loop drops this future before the array is gone.
                let room = unsafe { std::slice::from_raw_parts_mut(data, length) };
                unsafe { session.memory_read_into(id, offset, room) }.await
            };
            // SAFETY: this runs on the loop's thread, and the reference is used no more.
            unsafe { sys::napi_delete_reference(env, held) };
            read
        }))
    }

    pub(crate) fn set_maker(&self, maker: napi_value) {
        self.values.set_maker(self.env, maker);
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.end();
    }
}
