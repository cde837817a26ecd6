//! What an actor sends out when its guest calls a host function, and what comes back to it meanwhile.
//!
//! The guest waits. Its call may lie about for as long as the receiver is busy, and the guest be stopped meanwhile: so whoever is
//! about to run the host function asks [`WaitingGuest::waits`] first. It may then ask the waiting guest ([`HostReply::Request`]) as often as
//! it likes, and ends the wait with results or with a throw. If the guest is stopped first, [`HostEvent::Cancelled`] follows, and
//! what is sent back from then on is dropped, which answers a request with "the instance is gone".

use super::message::Request;
use super::native::NativeFunction;
use crate::actor::cell::control::RequestNumber;
use crate::actor::handle::Actor;
use crate::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use crate::sync::mutant;
use crate::value::{Arg, HostRef, Keeper, Value};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::Span;

/// A guest's call of a host function.
#[derive(Debug)]
pub struct HostCall {
    /// Names this call; never used twice for one receiver of events.
    pub id: u64,
    /// The instance that waits.
    pub instance: u64,
    /// Whose host functions these are; see [`HostImports::set`].
    pub set: u64,
    /// Which one, as an index into [`HostImports::given`].
    pub import: usize,
    /// What the guest passes.
    pub args: Vec<Value>,
    /// How many results it waits for.
    pub results: usize,
    /// Where to send what comes back.
    pub replies: UnboundedSender<HostReply>,
    /// Who waits.
    pub guest: WaitingGuest,
}

/// A guest that waits for a host function, within one of its requests.
#[derive(Clone)]
pub struct WaitingGuest {
    actor: Arc<Actor>,
    request: RequestNumber,
}

impl WaitingGuest {
    /// The guest of the request that runs. `None` once it has been stopped: then nobody may hear of its call.
    pub(crate) fn of(actor: &Arc<Actor>) -> Option<WaitingGuest> {
        Some(WaitingGuest { request: actor.control.wait()?, actor: actor.clone() })
    }

    /// Does it still wait? Not once it has been stopped, or its request has run out of time, even if its thread has not found that
    /// out yet. To be asked right before the host function begins: after this has said no, it must not.
    pub fn waits(&self) -> bool {
        self.actor.control.runs(self.request)
    }
}

impl fmt::Debug for WaitingGuest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {} of instance {}", self.request, self.actor.id())
    }
}

/// A call that has been sent out. If it is dropped before it has ended, because the guest is stopped, its receiver hears that nobody waits any
/// more; what has come back meanwhile is dropped too.
pub(crate) struct PendingHostCall<'a> {
    events: &'a HostEvents,
    id: u64,
    guest: WaitingGuest,
    inbox: UnboundedReceiver<HostReply>,
    span: Span,
    over: bool,
}

/// Why nothing more comes back.
pub(crate) enum Ended {
    /// The guest has been stopped.
    Stopped,
    /// Whoever the call was sent to has gone.
    NobodyThere,
}

impl<'a> PendingHostCall<'a> {
    /// Sends a call out. What comes back arrives in the inbox; how the call ends is recorded in the span.
    pub(crate) fn send(
        events: &'a HostEvents,
        call: HostCall,
        inbox: UnboundedReceiver<HostReply>,
        span: Span,
    ) -> Self {
        let open = PendingHostCall { events, id: call.id, guest: call.guest.clone(), inbox, span, over: false };
        events.send(HostEvent::Call(call));
        open
    }

    /// What comes back next.
    pub(crate) async fn next(&mut self) -> Result<HostReply, Ended> {
        let control = &self.guest.actor.control;
        match control.while_running(self.inbox.recv()).await {
            Some(Some(reply)) if !control.is_stopped() => Ok(reply),
            Some(None) => Err(Ended::NobodyThere),
            _ => Err(Ended::Stopped),
        }
    }

    /// It is over, as its receiver knows.
    pub(crate) fn end(mut self, outcome: &str) {
        self.over = true;
        self.span.record("outcome", outcome);
    }
}

impl Drop for PendingHostCall<'_> {
    fn drop(&mut self) {
        if !self.over && !mutant!("a_call_is_given_up_silently") {
            self.span.record("outcome", "stopped");
            self.events.send(HostEvent::Cancelled { call: self.id, instance: self.guest.actor.id() });
        }
    }
}

/// What a receiver of host calls hears.
#[derive(Debug)]
pub enum HostEvent {
    /// A guest has called, and waits.
    Call(HostCall),
    /// The guest of this call was stopped: nobody waits any more.
    Cancelled {
        /// [`HostCall::id`].
        call: u64,
        /// [`HostCall::instance`].
        instance: u64,
    },
    /// The last holder of a [`HostRef`] value has let go of it.
    Released(u64),
    /// A guest has let go of a resource of the host's.
    Dropped {
        /// [`HostImports::set`].
        set: u64,
        /// Of which type: its place in [`Interface::resources`](crate::interface::Interface::resources).
        resource: u32,
        /// The number that the host knows it by.
        rep: u32,
    },
}

/// What comes back during a host call.
#[derive(Debug)]
pub enum HostReply {
    /// A request to the guest that waits.
    Request(Request),
    /// The results: the wait is over.
    Return(Vec<Arg>),
    /// The host function threw: the wait ends in a trap.
    Throw {
        /// What it threw.
        value: HostRef,
        /// The same as a text.
        text: String,
        /// It has not thrown: what it returned is not what the guest imports.
        wrong: bool,
    },
}

/// The sending half of the events. Never holds more of them than guests wait and values are held.
#[derive(Clone)]
pub struct HostEvents {
    sender: UnboundedSender<HostEvent>,
    next: Arc<AtomicU64>,
    keeper: Keeper,
}

impl HostEvents {
    /// A fresh pair.
    pub fn new() -> (HostEvents, UnboundedReceiver<HostEvent>) {
        let (sender, receiver) = unbounded_channel();
        (HostEvents { sender, next: Arc::new(AtomicU64::new(1)), keeper: Keeper::default() }, receiver)
    }

    /// A number for a call or a kept value.
    pub fn next_id(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends. False if nobody receives any more.
    pub fn send(&self, event: HostEvent) -> bool {
        self.sender.send(event).is_ok()
    }

    /// A stand-in for a value that the receiver of the events keeps.
    pub fn keep(&self) -> HostRef {
        let events = self.clone();
        HostRef::kept(&self.keeper, self.next_id(), move |id| {
            events.send(HostEvent::Released(id));
        })
    }

    /// Who keeps the values of [`keep`](Self::keep).
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }
}

impl fmt::Debug for HostEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostEvents")
    }
}

/// What an instance is given to import, beside WASI.
#[derive(Clone, Debug)]
pub struct HostImports {
    /// Where its calls go.
    pub events: HostEvents,
    /// A number of the giver's own, which each call carries.
    pub set: u64,
    /// What each import of the module is met with, in its order. Where this ends, all others are met with nothing.
    pub given: Vec<Given>,
}

impl HostImports {
    /// Is there nothing in it?
    pub(crate) fn are_none(&self) -> bool {
        self.given.iter().all(|given| matches!(given, Given::Nothing))
    }
}

/// What one import is met with.
#[derive(Clone, Debug)]
pub enum Given {
    /// With nothing: WASI's function of the name, if it is one of WASI's.
    Nothing,
    /// With a function of the host's, whose calls are events.
    Function,
    /// With one that runs on the guest's thread.
    Native(Arc<NativeFunction>),
    /// With a value, for a global.
    Value(Arg),
    /// With a memory or a table of the instance's own, as the import declares it.
    Fresh,
}
