//! Where a request to an instance goes: through its mailbox, or to the host call in which its guest waits.

use super::environment::Session;
use super::host_calls::Event;
use super::ids::instance_id;
use crate::actor::host_call::{HostEvent, HostReply};
use crate::actor::message::{Call, Command, Outcome, Request, Withdrawal, reply};
use crate::error::{ErrorCode, WasmError};
use crate::registry::InstanceId;
use crate::value::{Arg, HostRef};
use std::future::pending;
use tokio::sync::mpsc::UnboundedSender;

impl Session {
    /// Asks an instance: by way of its innermost host call if it waits for one, else through its mailbox.
    pub(super) async fn route(&self, id: f64, wanted: Command, withdrawal: Option<Withdrawal>) -> Outcome {
        let runtime = self.enabled()?;
        let id = instance_id(id)?;
        let waiting = match wanted {
            // Calls wait their turn, and so does the end of a resource, which is a call of its destructor.
            Command::Call(_)
            | Command::Batch(_)
            | Command::CallBytes(_)
            | Command::CallBytesLater { .. }
            | Command::DropResource(_) => None,
            _ => self.host_calls.borrow().innermost(id.0),
        };
        match waiting {
            Some(replies) => self.ask_waiting(replies, id, wanted).await,
            None => runtime.ask_unless(id, wanted, withdrawal).await,
        }
    }

    async fn ask_waiting(&self, replies: UnboundedSender<HostReply>, id: InstanceId, command: Command) -> Outcome {
        let (reply, pending) = reply();
        // A call that is over drops the request, which answers it.
        let _ = replies.send(HostReply::Request(Request { command, reply }));
        pending.outcome(|| self.waits_no_more(id)).await
    }

    /// 5005: the guest of a host call has gone on, or has ended.
    fn waits_no_more(&self, id: InstanceId) -> WasmError {
        let ended = self.host.runtime.instance(id).map(|actor| {
            let text = format!(
                "this host call of the instance \"{}\" ({}) is over: its guest does not wait any more",
                actor.label(),
                id.0
            );
            WasmError::new(ErrorCode::InvalidInstanceHandle, text)
        });
        ended.unwrap_or_else(|ended| ended)
    }

    /// Calls an export of the guest that waits for this host call.
    ///
    /// # Errors
    /// As for any call; 5005 where the host call is over.
    pub async fn call_within(&self, host_call: f64, instance: f64, name: &str, args: Vec<Arg>) -> Outcome {
        self.enabled()?;
        let id = instance_id(instance)?;
        let replies = self.host_calls.borrow().calls.get(&(host_call as u64)).map(|waiting| waiting.replies.clone());
        match replies {
            Some(replies) => {
                let call = Call { name: name.into(), args, ..Call::default() };
                self.ask_waiting(replies, id, Command::Call(call)).await
            }
            None => Err(self.waits_no_more(id)),
        }
    }

    /// Resolves when something has arrived for [`Session::next_event`]. Not to be called again before it resolves. `release` is told of each value
    /// that was kept for guests and that none of them holds any more.
    pub async fn event(&self, mut release: impl FnMut(u64)) {
        let taken = self.host_calls.borrow_mut().receiver.take();
        let Some(mut receiver) = taken else { return pending().await };
        loop {
            match receiver.recv().await {
                Some(HostEvent::Released(id)) => release(id),
                Some(event) => {
                    let mut calls = self.host_calls.borrow_mut();
                    calls.arrived.push_back(event);
                    calls.receiver = Some(receiver);
                    return;
                }
                // Not reached: `host_calls` holds a sender.
                None => return pending().await,
            }
        }
    }

    /// The event that has arrived. A call begins with this, or never: JavaScript was told of it some time ago, and its guest may have been
    /// stopped since. So its handler is to be run at once, with nothing in between.
    pub fn next_event(&self) -> Option<Event> {
        let mut calls = self.host_calls.borrow_mut();
        match calls.arrived.pop_front() {
            Some(HostEvent::Call(call)) if call.guest.waits() => {
                // From here on until it ends, requests to the instance go to this call.
                calls.begin(&call);
                Some(Event::Call(call))
            }
            Some(HostEvent::Cancelled { call, instance }) => {
                calls.end(call);
                Some(Event::Cancelled { call, instance })
            }
            Some(HostEvent::Dropped { set, resource, rep }) => Some(Event::Dropped { set, resource, rep }),
            _ => None,
        }
    }

    /// Ends a host call with results. One that is over is left alone.
    pub fn return_from(&self, call: f64, results: Vec<Arg>) {
        self.end_host_call(call, HostReply::Return(results));
    }

    /// Ends a host call with a throw; `wrong` if it is what it returned that is wrong.
    pub fn throw_from(&self, call: f64, value: HostRef, text: String, wrong: bool) {
        self.end_host_call(call, HostReply::Throw { value, text, wrong });
    }

    fn end_host_call(&self, call: f64, reply: HostReply) {
        let ended = self.host_calls.borrow_mut().end(call as u64);
        if let Some(sender) = ended {
            // Fails if the guest was stopped meanwhile.
            let _ = sender.send(reply);
        }
    }
}
