//! Asking an instance, and ending it.

use super::convert::{Args, Reply};
use super::host::{WasmHost, instance_id};
use super::imports;
use crate::actor::control::StopReason;
use crate::actor::message::{Answer, Ask, Call};
use crate::error::Result;
use crate::value::FuncValue;
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Sends one request and awaits the answer. Up to the first wait this runs within the call from JavaScript, so requests
/// stand in the mailbox in the order in which they were made.
pub(super) async fn ask(state: Rc<RefCell<OpState>>, id: f64, ask: Ask) -> Result<Answer> {
    let host = WasmHost::enabled(&state)?;
    imports::ask(&state, &host, id, ask).await
}

/// Calls an export. `timeout_ms` of 0 is no limit of the call's own.
#[op2]
pub async fn op_wasm_call(
    state: Rc<RefCell<OpState>>,
    id: f64,
    #[string] name: String,
    #[scoped] args: Args,
    timeout_ms: f64,
) -> Reply<Answer> {
    let timeout = Duration::try_from_secs_f64(timeout_ms / 1000.0).ok().filter(|limit| !limit.is_zero());
    Reply(ask(state, id, Ask::Call(Call { name, args: args.0, timeout })).await)
}

/// Calls a function that an instance has let out as a funcref.
#[op2]
pub async fn op_wasm_call_ref(state: Rc<RefCell<OpState>>, id: f64, index: f64, #[scoped] args: Args) -> Reply<Answer> {
    let func = FuncValue { instance: instance_id(id).0, index: index as u32 };
    Reply(ask(state, id, Ask::CallRef { func, args: args.0 }).await)
}

/// Lists the exports.
#[op2]
pub async fn op_wasm_exports(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Answer> {
    Reply(ask(state, id, Ask::Exports).await)
}

/// Adds fuel, given as a decimal string.
#[op2]
pub async fn op_wasm_add_fuel(state: Rc<RefCell<OpState>>, id: f64, #[string] fuel: String) -> Reply<Answer> {
    Reply(ask(state, id, Ask::AddFuel(fuel.parse().unwrap_or(u64::MAX))).await)
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
    Reply::done(match WasmHost::enabled(&state) {
        Ok(host) => host.runtime.end(instance_id(id), reason).await,
        Err(error) => Err(error),
    })
}
