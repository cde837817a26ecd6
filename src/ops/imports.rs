//! Host functions: events from guests that call one go to JavaScript, and what it answers goes back to the guest that waits.

use super::convert::{Args, Reply, array};
use super::host::{WasmHost, instance_id};
use super::values::HostValues;
use crate::actor::host_call::{HostCall, HostEvent, HostEvents, HostReply, WaitingGuest};
use crate::actor::message::{Answer, Call, Command, Outcome, Request, Withdrawal, reply};
use crate::error::{ErrorCode, WasmError};
use crate::registry::InstanceId;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{OpState, ToV8, op2};
use deno_error::JsErrorBox;
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// What one JavaScript runtime knows of guests that wait for it. A runtime only hears of instances that it has made.
pub struct HostCalls {
    pub(super) events: HostEvents,
    receiver: Option<UnboundedReceiver<HostEvent>>,
    /// What has been received and not been taken by JavaScript.
    arrived: VecDeque<HostEvent>,
    /// The calls whose host functions have begun, by id.
    calls: HashMap<u64, Waiting>,
    /// For each instance that waits, its calls, innermost last.
    nested: HashMap<u64, Vec<u64>>,
}

struct Waiting {
    instance: u64,
    guest: WaitingGuest,
    replies: UnboundedSender<HostReply>,
}

impl HostCalls {
    pub(super) fn new() -> Rc<RefCell<HostCalls>> {
        let (events, receiver) = HostEvents::new();
        let (arrived, calls, nested) = Default::default();
        Rc::new(RefCell::new(HostCalls { events, receiver: Some(receiver), arrived, calls, nested }))
    }

    pub(super) fn of(state: &Rc<RefCell<OpState>>) -> Rc<RefCell<HostCalls>> {
        state.borrow().borrow::<Rc<RefCell<HostCalls>>>().clone()
    }

    /// Where to ask an instance that waits for a host function: its innermost call.
    fn innermost(&self, instance: u64) -> Option<UnboundedSender<HostReply>> {
        let call = self.nested.get(&instance)?.last()?;
        let Waiting { guest, replies, .. } = self.calls.get(call)?;
        // A guest that has been stopped does not wait, though the news of that may still be on its way.
        guest.waits().then(|| replies.clone())
    }

    fn begin(&mut self, call: &HostCall) {
        let HostCall { instance, guest, replies, .. } = call;
        self.calls.insert(call.id, Waiting { instance: *instance, guest: guest.clone(), replies: replies.clone() });
        self.nested.entry(call.instance).or_default().push(call.id);
    }

    fn end(&mut self, call: u64) -> Option<UnboundedSender<HostReply>> {
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

/// Asks an instance: by way of its innermost host call if it waits for one, else through its mailbox.
pub(super) async fn ask(
    state: &Rc<RefCell<OpState>>,
    host: &WasmHost,
    id: f64,
    wanted: Command,
    withdrawal: Option<Withdrawal>,
) -> Outcome {
    let id = instance_id(id)?;
    let waiting = match wanted {
        // Calls wait their turn.
        Command::Call(_) | Command::Batch(_) => None,
        _ => HostCalls::of(state).borrow().innermost(id.0),
    };
    match waiting {
        Some(replies) => ask_waiting(replies, host, id, wanted).await,
        None => host.runtime.ask_unless(id, wanted, withdrawal).await,
    }
}

async fn ask_waiting(
    replies: UnboundedSender<HostReply>,
    host: &WasmHost,
    id: InstanceId,
    command: Command,
) -> Outcome {
    let (reply, pending) = reply();
    // A call that is over drops the request, which answers it.
    let _ = replies.send(HostReply::Request(Request { command, reply }));
    pending.outcome(|| waits_no_more(host, id)).await
}

/// 5005: the guest of a host call has gone on, or has ended.
fn waits_no_more(host: &WasmHost, id: InstanceId) -> WasmError {
    let ended = host.runtime.instance(id).map(|actor| {
        let text = format!(
            "this host call of the instance \"{}\" ({}) is over: its guest does not wait any more",
            actor.label(),
            id.0
        );
        WasmError::new(ErrorCode::InvalidInstanceHandle, text)
    });
    ended.unwrap_or_else(|ended| ended)
}

/// Resolves when something has arrived for [`op_wasm_host_next`]. Not to be called again before it resolves.
#[op2]
pub async fn op_wasm_host_event(state: Rc<RefCell<OpState>>) -> bool {
    let (side, values) = (HostCalls::of(&state), HostValues::of(&state));
    drop(state);
    let taken = side.borrow_mut().receiver.take();
    let Some(mut receiver) = taken else { return std::future::pending().await };
    loop {
        match receiver.recv().await {
            Some(HostEvent::Released(id)) => values.borrow_mut().release(id),
            Some(event) => {
                let mut side = side.borrow_mut();
                side.arrived.push_back(event);
                side.receiver = Some(receiver);
                return true;
            }
            // Not reached: `side` holds a sender.
            None => return std::future::pending().await,
        }
    }
}

/// An event for JavaScript.
pub enum Event {
    /// `undefined`.
    Nothing,
    /// A call that has begun: `[id, instance, set, import, args, results]`.
    Call(HostCall),
    /// `[id, instance]`.
    Cancelled(u64, u64),
}

/// The event that has arrived. A call begins with this, or never: JavaScript was told of it some time ago, and its guest may have been
/// stopped since. So its handler is to be run at once, with nothing in between.
#[op2]
pub fn op_wasm_host_next(state: Rc<RefCell<OpState>>) -> Event {
    let side = HostCalls::of(&state);
    let mut side = side.borrow_mut();
    match side.arrived.pop_front() {
        Some(HostEvent::Call(call)) if call.guest.waits() => {
            // From here on until it ends, requests to the instance go to this call.
            side.begin(&call);
            Event::Call(call)
        }
        Some(HostEvent::Cancelled { call, instance }) => {
            side.end(call);
            Event::Cancelled(call, instance)
        }
        _ => Event::Nothing,
    }
}

impl<'a> ToV8<'a> for Event {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, JsErrorBox> {
        let number = |scope: &mut PinScope<'a, 'i>, n: u64| v8::Number::new(scope, n as f64).into();
        let items = match self {
            Event::Nothing => return Ok(v8::undefined(scope).into()),
            Event::Cancelled(call, instance) => vec![number(scope, call), number(scope, instance)],
            Event::Call(HostCall { id, instance, set, import, args, results, .. }) => {
                let args = Answer::Values(args).to_v8(scope)?;
                let [id, instance, set] = [id, instance, set].map(|n| number(scope, n));
                let (import, results) = (number(scope, import as u64), number(scope, results as u64));
                vec![id, instance, set, import, args, results]
            }
        };
        Ok(array(scope, &items).into())
    }
}

/// Ends a host call with results. One that is over is left alone.
#[op2]
pub fn op_wasm_host_return(state: Rc<RefCell<OpState>>, call: f64, #[scoped] results: Args) {
    finish(&state, call, HostReply::Return(results.0));
}

/// Ends a host call with a throw: the one element of `thrown` is `["externref", value]`.
#[op2]
pub fn op_wasm_host_throw(
    state: Rc<RefCell<OpState>>,
    call: f64,
    #[string] text: String,
    value: Local<'_, v8::Value>,
    scope: &mut v8::PinScope<'_, '_>,
) {
    let value = HostValues::of(&state).borrow_mut().keep(scope, value);
    finish(&state, call, HostReply::Throw { value, text });
}

fn finish(state: &Rc<RefCell<OpState>>, call: f64, reply: HostReply) {
    let ended = HostCalls::of(state).borrow_mut().end(call as u64);
    if let Some(sender) = ended {
        // Fails if the guest was stopped meanwhile.
        let _ = sender.send(reply);
    }
}

/// Calls an export of the guest that waits for this host call.
#[op2]
pub async fn op_wasm_host_call(
    state: Rc<RefCell<OpState>>,
    call: f64,
    instance: f64,
    #[string] name: String,
    #[scoped] args: Args,
) -> Reply<Answer> {
    Reply(
        call_waiting(&state, call as u64, instance, Call { name: name.into(), args: args.0, ..Call::default() }).await,
    )
}

async fn call_waiting(state: &Rc<RefCell<OpState>>, host_call: u64, instance: f64, call: Call) -> Outcome {
    let (host, id) = (WasmHost::enabled(state)?, instance_id(instance)?);
    let replies = HostCalls::of(state).borrow().calls.get(&host_call).map(|waiting| waiting.replies.clone());
    match replies {
        Some(replies) => ask_waiting(replies, &host, id, Command::Call(call)).await,
        None => Err(waits_no_more(&host, id)),
    }
}

/// Sets the function that makes a JavaScript function of a guest's.
#[op2]
pub fn op_wasm_host_functions(
    state: Rc<RefCell<OpState>>,
    maker: Local<'_, v8::Function>,
    scope: &mut v8::PinScope<'_, '_>,
) {
    HostValues::of(&state).borrow_mut().make_function = Some(v8::Global::new(scope, maker));
}
