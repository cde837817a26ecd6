//! Requests of an environment that are answered in bunches.
//!
//! A request for which the event loop has a future costs several times what a short call of a guest does, and its answer wakes the loop by
//! itself. So the frequent ones are sent by a function that is done at once: it gives the answer, where that is there within some
//! microseconds, or else a ticket. All answers come to one queue, and the event loop hands what has come to `js/replies.js`.

use super::pieces::is_large;
use super::under_way::UnderWay;
use crate::actor::Actor;
use crate::actor::mailbox::SendError;
use crate::actor::message::{Answer, Command, Outcome, Request, ticketed_reply};
use crate::actor::replies::{Replies, Ticket};
use crate::error::Result;
use crate::value::Value;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// Answers that one turn of the event loop hands over, some more than deno_core itself does of its own.
const AT_ONCE: usize = 128;

/// What a binding gives of its event loop.
pub trait EventLoop {
    /// Has the loop hand over what has come ([`Session::come`]), in a turn of its own. Any thread may ask for that.
    fn bell(&self) -> Arc<dyn Fn() + Send + Sync>;
    /// There is one more reason for the loop to go on.
    fn hold(&self);
    /// There is one less.
    fn let_go(&self);
    /// Runs something to its end on the loop's thread.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}

/// The requests of one environment that have a ticket.
pub(super) struct Ticketed {
    replies: Arc<Replies<Outcome>>,
    event_loop: Box<dyn EventLoop>,
    bell: Arc<dyn Fn() + Send + Sync>,
    pub(super) under_way: Rc<UnderWay>,
    /// Is a turn of the event loop asked for, or is it as soon as something comes?
    waits: Cell<bool>,
    /// What has come and has not been handed over.
    come: RefCell<VecDeque<(Ticket, Outcome)>>,
    tickets: RefCell<Tickets>,
    lines: RefCell<HashMap<u64, Line>>,
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
    pub(super) fn new(event_loop: Box<dyn EventLoop>, under_way: Rc<UnderWay>) -> Self {
        let bell = event_loop.bell();
        let ring = bell.clone();
        Ticketed {
            replies: Arc::new(Replies::new(move || ring())),
            event_loop,
            bell,
            under_way,
            waits: Cell::new(false),
            come: RefCell::default(),
            tickets: RefCell::default(),
            lines: RefCell::default(),
        }
    }

    pub(super) fn ask(&self, actor: Result<Arc<Actor>>, command: Command) -> Ticket {
        let ticket = self.tickets.borrow_mut().take(actor.as_ref().ok().cloned());
        self.event_loop.hold();
        self.under_way.begin();
        match actor {
            Ok(actor) => {
                let request = Request { command, reply: ticketed_reply(&self.replies, ticket) };
                let mut lines = self.lines.borrow_mut();
                let line = lines.entry(actor.id()).or_default();
                line.unsent.push_back(request);
                line.send(&actor, &*self.event_loop);
            }
            Err(error) => self.replies.push(ticket, Some(Err(error))),
        }
        ticket
    }

    /// Is it answered so soon that the event loop need not go on?
    pub(super) fn look(&self, ticket: Ticket) -> Option<Answer> {
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
                line.send(actor, &*self.event_loop);
                if line.sent == 0 && line.unsent.is_empty() {
                    lines.remove(&actor.id());
                }
            }
            // Without an actor it is an error already.
            let gone = || actor.map_or(Ok(Answer::Done), |actor| Err(actor.gone_error()));
            come.push_back((ticket, reply.unwrap_or_else(gone)));
        }
    }

    pub(super) fn forget(&self, ticket: Ticket) {
        self.tickets.borrow_mut().give_back(ticket);
        self.event_loop.let_go();
        self.under_way.end();
    }

    /// Sees that the event loop has a turn for what has come, or comes.
    pub(super) fn wait(&self) {
        let is_due = !self.come.borrow().is_empty();
        if !self.waits.replace(true) && (is_due || !self.replies.wait()) {
            (self.bell)();
        }
    }

    /// What one turn hands over.
    pub(super) fn next(&self) -> Vec<(Ticket, Outcome)> {
        self.waits.set(false);
        self.take();
        let mut come = self.come.borrow_mut();
        let many = come.len().min(AT_ONCE);
        come.drain(..many).collect()
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
    fn send(&mut self, actor: &Arc<Actor>, event_loop: &dyn EventLoop) {
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
                    event_loop.spawn(Box::pin(async move { drop(actor.mailbox.send(request).await) }));
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
        Answer::Bytes(_) => !is_large(answer),
        Answer::Done => true,
        _ => false,
    }
}
