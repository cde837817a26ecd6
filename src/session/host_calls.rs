//! Guests that wait for host functions of one environment.

use crate::actor::host_call::{HostCall, HostEvent, HostEvents, HostReply, WaitingGuest};
use std::collections::{HashMap, VecDeque};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What one environment knows of guests that wait for it. It only hears of instances that it has made.
pub(super) struct HostCalls {
    pub(super) events: HostEvents,
    pub(super) receiver: Option<UnboundedReceiver<HostEvent>>,
    /// What has been received and not been taken by JavaScript.
    pub(super) arrived: VecDeque<HostEvent>,
    /// The calls whose host functions have begun, by id.
    pub(super) calls: HashMap<u64, Waiting>,
    /// For each instance that waits, its calls, innermost last.
    nested: HashMap<u64, Vec<u64>>,
}

pub(super) struct Waiting {
    instance: u64,
    guest: WaitingGuest,
    pub(super) replies: UnboundedSender<HostReply>,
}

impl HostCalls {
    pub(super) fn new() -> HostCalls {
        let (events, receiver) = HostEvents::new();
        let (arrived, calls, nested) = Default::default();
        HostCalls { events, receiver: Some(receiver), arrived, calls, nested }
    }

    /// Where to ask an instance that waits for a host function: its innermost call.
    pub(super) fn innermost(&self, instance: u64) -> Option<UnboundedSender<HostReply>> {
        let call = self.nested.get(&instance)?.last()?;
        let Waiting { guest, replies, .. } = self.calls.get(call)?;
        // A guest that has been stopped does not wait, though the news of that may still be on its way.
        guest.waits().then(|| replies.clone())
    }

    pub(super) fn begin(&mut self, call: &HostCall) {
        let HostCall { instance, guest, replies, .. } = call;
        self.calls.insert(call.id, Waiting { instance: *instance, guest: guest.clone(), replies: replies.clone() });
        self.nested.entry(call.instance).or_default().push(call.id);
    }

    pub(super) fn end(&mut self, call: u64) -> Option<UnboundedSender<HostReply>> {
        let Waiting { instance, replies, .. } = self.calls.remove(&call)?;
        if let Some(stack) = self.nested.get_mut(&instance) {
            stack.retain(|other| *other != call);
            if stack.is_empty() {
                self.nested.remove(&instance);
            }
        }
        Some(replies)
    }
}

/// What has come from guests.
pub enum Event {
    /// A call of a host function that has begun.
    Call(HostCall),
    /// The guest of a call waits no more.
    Cancelled {
        /// The call.
        call: u64,
        /// Its instance.
        instance: u64,
    },
    /// A guest has let go of a resource of the host's.
    Dropped {
        /// Whose resources these are.
        set: u64,
        /// Of which type.
        resource: u32,
        /// Its number.
        rep: u32,
    },
}
