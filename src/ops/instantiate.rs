//! Making an instance.

use super::convert::{Args, Reply};
use super::state::session;
use crate::session::{Given, InstanceOptions, Made};
use deno_core::{OpState, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// Makes an instance. Closing `abort`, a handle of `op_wasm_abort_handle`, ends what has started; -1 is none.
#[op2]
pub async fn op_wasm_instantiate(
    state: Rc<RefCell<OpState>>,
    module: f64,
    #[serde] options: InstanceOptions,
    #[buffer(copy)] stdin: Vec<u8>,
    #[buffer(copy)] kinds: Vec<u8>,
    #[scoped] values: Args,
    #[smi] abort: i32,
) -> Reply<Made> {
    let given = Given { stdin, kinds, values: values.0.0 };
    Reply(session(&state).instantiate(module, options, given, abort).await)
}
