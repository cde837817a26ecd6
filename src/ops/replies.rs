//! Requests of a JavaScript runtime that are answered in bunches.
//!
//! A request for which deno_core has a future costs several times what a short call of a guest does, and its answer wakes the event loop by
//! itself. So the frequent ones are sent by an op that is done at once: it gives the answer, where that is there within some
//! microseconds, or else a ticket. All answers come to one queue, and the event loop hands what has come to `js/replies.js`.

use super::convert::{self, Reply};
use super::host::{WasmHost, instance_id, refused};
use super::soon::UnderWay;
use crate::actor::Actor;
use crate::actor::mailbox::SendError;
use crate::actor::message::{Answer, Command, Outcome, Request, ticketed_reply};
use crate::actor::replies::{Replies, Ticket};
use crate::error::Result;
use crate::sync::Mutex;
use crate::value::Value;
use deno_core::futures::task::AtomicWaker;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{ExternalOpsTracker, JsRuntime, OpState, ToV8, V8CrossThreadTaskSpawner, op2, unsync};
use deno_error::JsErrorBox;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// Answers that one turn of the event loop hands over, some more than deno_core itself does of its own.
const AT_ONCE: usize = 128;

/// The requests of one JavaScript runtime that have a ticket.
pub(super) struct Ticketed {
    replies: Arc<Replies<Outcome>>,
    event_loop: Arc<EventLoop>,
    /// Keeps the event loop going while there are any.
    keep_alive: ExternalOpsTracker,
    under_way: Rc<UnderWay>,
    deliver: v8::Global<v8::Function>,
    /// Is a turn of the event loop asked for, or is it as soon as something comes?
    waits: Cell<bool>,
    /// What has come and has not been handed over.
    come: RefCell<VecDeque<(Ticket, Outcome)>>,
    tickets: RefCell<Tickets>,
    lines: RefCell<HashMap<u64, Line>>,
}

/// What asks an event loop for a turn.
struct EventLoop {
    /// It may go to another thread, but not be shared by several.
    spawner: Mutex<V8CrossThreadTaskSpawner>,
    waker: Arc<AtomicWaker>,
}

impl EventLoop {
    fn deliver_soon(&self) {
        self.spawner.lock().spawn(deliver);
        // The spawner's own waker is registered after a look at what has been spawned, and so misses what comes in between. This one is
        // registered before.
        self.waker.wake();
    }
}

/// Whom each ticket asks; `None` for nobody who was there.
#[derive(Default)]
struct Tickets {
    asks: Vec<Option<Arc<Actor>>>,
    free: Vec<Ticket>,
}

/// The requests to one instance.
#[derive(Default)]
struct Line {
    /// Those that have been sent and not been answered.
    sent: usize,
    /// Those for which its mailbox had no room.
    unsent: VecDeque<Request>,
}

impl Drop for Ticketed {
    fn drop(&mut self) {
        self.replies.close();
    }
}

impl Ticketed {
    fn of(state: &Rc<RefCell<OpState>>) -> Rc<Ticketed> {
        state.borrow().borrow::<Rc<Ticketed>>().clone()
    }

    fn ask(&self, actor: Result<Arc<Actor>>, command: Command) -> Ticket {
        let ticket = self.tickets.borrow_mut().take(actor.as_ref().ok().cloned());
        self.keep_alive.ref_op();
        self.under_way.begin();
        match actor {
            Ok(actor) => self.send(&actor, Request { command, reply: ticketed_reply(&self.replies, ticket) }),
            Err(error) => self.replies.push(ticket, Some(Err(error))),
        }
        ticket
    }

    fn send(&self, actor: &Arc<Actor>, request: Request) {
        let mut lines = self.lines.borrow_mut();
        let line = lines.entry(actor.id()).or_default();
        line.unsent.push_back(request);
        line.send(actor);
    }

    /// Is it answered so soon that the event loop need not go on?
    fn look(&self, ticket: Ticket) -> Option<Answer> {
        if self.come.borrow().is_empty() {
            self.under_way.look_for(|| self.replies.has_news());
        }
        self.take();
        let mut come = self.come.borrow_mut();
        match come.back() {
            Some((last, Ok(answer))) if *last == ticket && come.len() == 1 && is_plain(answer) => {}
            _ => return None,
        }
        self.forget(ticket);
        come.pop_back().and_then(|(_, outcome)| outcome.ok())
    }

    /// Takes what has come.
    fn take(&self) {
        if !self.replies.has_news() {
            return;
        }
        let mut come = self.come.borrow_mut();
        let mut lines = self.lines.borrow_mut();
        for (ticket, reply) in self.replies.take() {
            let actor = self.tickets.borrow().asks[ticket as usize].clone();
            if let Some(actor) = &actor {
                let line = lines.entry(actor.id()).or_default();
                line.sent = line.sent.saturating_sub(1);
                line.send(actor);
                if line.sent == 0 && line.unsent.is_empty() {
                    lines.remove(&actor.id());
                }
            }
            // Without an actor it is an error already.
            let gone = || actor.map_or(Ok(Answer::Done), |actor| Err(actor.gone_error()));
            come.push_back((ticket, reply.unwrap_or_else(gone)));
        }
    }

    fn forget(&self, ticket: Ticket) {
        self.tickets.borrow_mut().give_back(ticket);
        self.keep_alive.unref_op();
        self.under_way.end();
    }

    /// Sees that the event loop has a turn for what has come, or comes.
    fn wait(&self) {
        let is_due = !self.come.borrow().is_empty();
        if !self.waits.replace(true) && (is_due || !self.replies.wait()) {
            self.event_loop.deliver_soon();
        }
    }
}

impl Tickets {
    fn take(&mut self, asks: Option<Arc<Actor>>) -> Ticket {
        let ticket = self.free.pop().unwrap_or_else(|| {
            self.asks.push(None);
            (self.asks.len() - 1) as Ticket
        });
        self.asks[ticket as usize] = asks;
        ticket
    }

    fn give_back(&mut self, ticket: Ticket) {
        self.asks[ticket as usize] = None;
        self.free.push(ticket);
    }
}

impl Line {
    /// Sends as many as there is room for, in order.
    fn send(&mut self, actor: &Arc<Actor>) {
        while let Some(request) = self.unsent.pop_front() {
            match actor.mailbox.try_send(request) {
                Ok(()) => {}
                // Its reply says so.
                Err(SendError::Closed(request)) => drop(request),
                // With the next reply there will be room.
                Err(SendError::Full(request)) if self.sent > 0 => return self.unsent.push_front(request),
                // None of ours are in it: then it is in line behind those of others.
                Err(SendError::Full(request)) => {
                    let actor = actor.clone();
                    unsync::spawn(async move { drop(actor.mailbox.send(request).await) });
                }
            }
            self.sent += 1;
        }
    }
}

/// Can it be given to JavaScript without asking anybody?
fn is_plain(answer: &Answer) -> bool {
    let plain = |value: &Value| !matches!(value, Value::Extern(_) | Value::Func(_));
    match answer {
        Answer::Values(values) => values.iter().all(plain),
        Answer::Bytes(_) | Answer::Done => true,
        _ => false,
    }
}

/// Hands over what has come, as ticket and reply in turn: a failure has its ticket's complement.
fn deliver(scope: &mut PinScope<'_, '_>) {
    let state = JsRuntime::op_state_from(scope);
    let Some(ticketed) = state.borrow().try_borrow::<Rc<Ticketed>>().cloned() else { return };
    ticketed.waits.set(false);
    ticketed.take();
    let come: Vec<_> = {
        let mut come = ticketed.come.borrow_mut();
        let many = come.len().min(AT_ONCE);
        come.drain(..many).collect()
    };
    let mut args = Vec::with_capacity(2 * come.len());
    for (ticket, outcome) in come {
        ticketed.forget(ticket);
        // It has the results of the calls before.
        let fails = matches!(outcome, Ok(Answer::Batch(_, Some(_))));
        let (ticket, reply) = match convert::success(scope, Reply(outcome)) {
            Ok(reply) => (if fails { !(ticket as i32) } else { ticket as i32 }, reply),
            Err(failure) => (!(ticket as i32), failure.into()),
        };
        args.push(v8::Integer::new(scope, ticket).into());
        args.push(reply);
    }
    if ticketed.under_way.has_some() {
        ticketed.wait();
    }
    v8::tc_scope!(let scope, scope);
    let (function, receiver) = (Local::new(scope, &ticketed.deliver), v8::undefined(scope).into());
    // It throws nothing: what it runs are resolving functions.
    function.call(scope, receiver, &args);
}

/// What an op gives for a request that it has sent.
pub enum Sent {
    /// The answer.
    Now(Answer),
    /// It will come under this number.
    Later(Ticket),
}

impl<'a> ToV8<'a> for Sent {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> std::result::Result<Local<'a, v8::Value>, JsErrorBox> {
        match self {
            Sent::Now(answer) => answer.to_v8(scope),
            Sent::Later(ticket) => Ok(v8::Integer::new(scope, ticket as i32).into()),
        }
    }
}

/// Sends a request to an instance that does not wait for a host function. From here on it stands in the instance's order.
pub(super) fn send(state: &Rc<RefCell<OpState>>, id: f64, command: impl FnOnce() -> Result<Command>) -> Sent {
    let ticketed = Ticketed::of(state);
    let actor = {
        let state = state.borrow();
        let host = state.borrow::<WasmHost>();
        host.caps.check_enabled().map_err(refused).and_then(|()| host.runtime.instance(instance_id(id)?))
    };
    let (actor, command) = match (actor, command()) {
        (Ok(actor), Ok(command)) => (Ok(actor), command),
        (Err(error), _) | (_, Err(error)) => (Err(error), Command::Exports),
    };
    let ticket = ticketed.ask(actor, command);
    match ticketed.look(ticket) {
        Some(answer) => Sent::Now(answer),
        None => {
            ticketed.wait();
            Sent::Later(ticket)
        }
    }
}

/// Sets the function that replies are handed to.
#[op2]
pub fn op_wasm_deliver_to(
    state: Rc<RefCell<OpState>>,
    deliver_to: Local<'_, v8::Function>,
    scope: &mut v8::PinScope<'_, '_>,
) {
    let mut state = state.borrow_mut();
    let spawner = Mutex::new(state.borrow::<V8CrossThreadTaskSpawner>().clone());
    let event_loop = Arc::new(EventLoop { spawner, waker: state.waker.clone() });
    let woken = event_loop.clone();
    let ticketed = Ticketed {
        replies: Arc::new(Replies::new(move || woken.deliver_soon())),
        event_loop,
        keep_alive: state.external_ops_tracker.clone(),
        under_way: state.borrow::<Rc<UnderWay>>().clone(),
        deliver: v8::Global::new(scope, deliver_to),
        waits: Cell::new(false),
        come: RefCell::default(),
        tickets: RefCell::default(),
        lines: RefCell::default(),
    };
    state.put(Rc::new(ticketed));
}
