//! Asking an instance, and ending it.

use super::abort::AbortHandle;
use super::convert::{Args, List, Reply, calls, time};
use super::host::{WasmHost, instance_id};
use super::imports;
use super::large::{self, Piece};
use super::replies::{self, Sent};
use super::soon::soon;
use crate::actor::control::StopReason;
use crate::actor::message::{Answer, Call, Command, Withdrawal};
use crate::error::{ErrorCode, Result, WasmError};
use crate::signature::Export;
use crate::value::FuncValue;
use deno_core::{CancelFuture, OpState, ToV8, op2};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Sends one request and awaits the answer. Up to the first wait this runs within the call from JavaScript, so requests
/// stand in the mailbox in the order in which they were made.
pub(super) async fn ask(state: Rc<RefCell<OpState>>, id: f64, command: Command) -> Result<Answer> {
    ask_unless(state, id, command, None).await
}

async fn ask_unless(
    state: Rc<RefCell<OpState>>,
    id: f64,
    command: Command,
    withdrawal: Option<Withdrawal>,
) -> Result<Answer> {
    let host = WasmHost::enabled(&state)?;
    soon(&state, imports::ask(&state, &host, id, command, withdrawal)).await
}

/// The same, but that closing the resource `abort`, a handle of [`op_wasm_abort_handle`](super::abort::op_wasm_abort_handle), takes the
/// request back; -1 is none. What has begun is not interrupted.
async fn ask_until_aborted(state: Rc<RefCell<OpState>>, id: f64, command: Command, abort: i32) -> Result<Answer> {
    let Some(handle) = AbortHandle::of(&state, abort) else { return ask(state, id, command).await };
    let request = ask_unless(state, id, command, Some(handle.withdrawal.clone()));
    // One that waits for room in the mailbox waits no more.
    let withdrawn = || Err(WasmError::new(ErrorCode::Call, "the call was taken back before it had its turn"));
    request.or_cancel(handle.cancel.clone()).await.unwrap_or_else(|_| withdrawn())
}

/// Calls an export.
#[op2]
pub async fn op_wasm_call(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
    #[smi] abort: i32,
) -> Reply<Answer> {
    let command = Command::Call(Call { name: name.into(), args: args.0, ..Call::default() });
    Reply(ask_until_aborted(state, id, command, abort).await)
}

/// The same for code that is not within a handler: its answer, or a ticket for that.
#[op2]
pub fn op_wasm_send_call(state: Rc<RefCell<OpState>>, id: f64, #[string] name: String, #[scoped] args: Args) -> Sent {
    replies::send(&state, id, || Ok(Command::Call(Call { name: name.into(), args: args.0, ..Call::default() })))
}

/// Calls one export after another, as one request; likewise.
#[op2]
pub fn op_wasm_send_batch(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[buffer] numbers: &[u8],
    #[scoped] names: List<String>,
    #[scoped] others: List<Args>,
) -> Sent {
    replies::send(&state, id, || Ok(Command::Batch(calls(numbers, names, others))))
}

/// Calls an export within bounds of its own: 0 and "" are none. Fuel is a decimal string.
#[op2]
pub async fn op_wasm_call_with(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
    timeout_ms: f64,
    cpu_ms: f64,
    #[string] fuel: String,
    #[smi] abort: i32,
) -> Reply<Answer> {
    let [timeout, cpu] = [timeout_ms, cpu_ms].map(|ms| (ms != 0.0).then(|| time(ms)));
    let fuel = Some(fuel).filter(|digits| !digits.is_empty()).map(|digits| amount(&digits));
    let command = Command::Call(Call { name: name.into(), args: args.0, timeout, cpu, fuel });
    Reply(ask_until_aborted(state, id, command, abort).await)
}

/// Calls one export after another, as one request.
#[op2]
pub async fn op_wasm_call_batch(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[buffer(copy)] numbers: Vec<u8>,
    #[scoped] names: List<String>,
    #[scoped] others: List<Args>,
    #[smi] abort: i32,
) -> Reply<Answer> {
    Reply(ask_until_aborted(state, id, Command::Batch(calls(&numbers, names, others)), abort).await)
}

/// The value of an exported global, as an array of one.
#[op2]
pub async fn op_wasm_global_get(state: Rc<RefCell<OpState>>, id: f64, #[string] name: String) -> Reply<Answer> {
    Reply(ask(state, id, Command::GlobalGet(name)).await)
}

/// Sets an exported global to the first of `values`.
#[op2]
pub async fn op_wasm_global_set(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] values: Args,
) -> Reply<Answer> {
    let Some(value) = values.0.into_iter().next() else { return Reply(Ok(Answer::Done)) };
    Reply(ask(state, id, Command::GlobalSet { name, value }).await)
}

/// Calls a function that an instance has let out as a funcref.
#[op2]
pub async fn op_wasm_call_ref(
    state: Rc<RefCell<OpState>>,
    id: f64,
    number: f64,
    #[scoped] args: Args,
) -> Reply<Answer> {
    let func = FuncValue { instance: id as u64, number: number as u64 };
    Reply(ask(state, id, Command::CallRef { func, args: args.0 }).await)
}

/// Lists the exports.
#[op2]
pub async fn op_wasm_exports(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(match ask(state.clone(), id, Command::Exports).await {
        Ok(Answer::Exports(exports)) => large::list(&state, exports).await,
        Ok(_) => large::list::<Export>(&state, Arc::default()).await,
        Err(error) => Err(error),
    })
}

/// Adds fuel, given as a decimal string.
#[op2]
pub async fn op_wasm_add_fuel(state: Rc<RefCell<OpState>>, id: f64, #[string] fuel: String) -> Reply<Answer> {
    Reply(ask(state, id, Command::AddFuel(amount(&fuel))).await)
}

/// Decimal digits as an amount. Beyond 64 bits is as good as all of them.
fn amount(digits: &str) -> u64 {
    digits.parse().unwrap_or(u64::MAX)
}

/// Why an instance ended and what there is to say about it, perhaps nothing.
#[derive(ToV8)]
pub struct Closed {
    reason: &'static str,
    message: String,
}

/// Resolves when the instance has ended and its thread is gone.
#[op2]
pub async fn op_wasm_closed(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Closed> {
    Reply(closed(state, id).await)
}

async fn closed(state: Rc<RefCell<OpState>>, id: f64) -> Result<Closed> {
    let actor = match WasmHost::enabled(&state)?.runtime.instance(instance_id(id)?) {
        Ok(actor) => actor,
        // It has ended before this was asked.
        Err(error) => {
            let ended = error.ended.clone().ok_or(error)?;
            return Ok(Closed { reason: ended.reason, message: ended.message.unwrap_or_default() });
        }
    };
    actor.gone().await;
    let reason = actor.reason().ok_or_else(|| WasmError::no_instance(id))?;
    Ok(Closed { reason: reason.name(), message: reason.message().unwrap_or_default() })
}

/// Does the id name an instance that has not been ended?
#[op2(fast)]
pub fn op_wasm_is_alive(state: &OpState, id: f64) -> bool {
    instance_id(id).is_ok_and(|id| state.borrow::<WasmHost>().runtime.instance(id).is_ok())
}

/// Ends an instance for a reason: `dropped`, `aborted` or `terminated`, the last perhaps with a text.
#[op2]
pub async fn op_wasm_end(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] how: String,
    #[string] text: String,
) -> Reply<Answer> {
    let reason = match how.as_str() {
        "dropped" => StopReason::Dropped,
        "aborted" => StopReason::Aborted,
        _ => StopReason::Terminated(Some(text).filter(|text| !text.is_empty())),
    };
    Reply::done(match WasmHost::enabled(&state).and_then(|host| Ok((host, instance_id(id)?))) {
        Ok((host, id)) => host.runtime.end(id, reason).await,
        Err(error) => Err(error),
    })
}
