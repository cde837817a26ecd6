//! The request that runs: its reply, and what an error says of it, whoever answers.

use super::protocol::message::{BytesCall, Call, Command, Reply};
use crate::error::FailedCall;
use crate::printable;
use crate::signature::{Export, ExportKind, ValueType};
use std::sync::Arc;

/// The reply of the running request, with what there is to say of that request.
pub struct Running {
    pub(crate) reply: Reply,
    pub(crate) work: Work,
}

/// What a request is.
#[derive(Clone)]
pub(crate) enum Work {
    /// To make an instance of the module of this name.
    Start(String),
    /// To do what it was asked.
    Serve(Arc<Command>),
}

impl Work {
    /// What to call it in a message.
    pub(crate) fn what(&self) -> String {
        match self {
            Work::Start(module) => format!("the instantiation of {module}"),
            Work::Serve(command) => match &**command {
                Command::Call(call) | Command::CallBytes(BytesCall { call, .. }) => {
                    format!("the call of \"{}\"", printable::name(&call.name))
                }
                Command::Batch(calls) => format!("a batch of {} calls", calls.len()),
                Command::CallRef { .. } => "the call of a funcref".to_owned(),
                _ => "a request".to_owned(),
            },
        }
    }

    /// The call of an export that it is at, `number` counting those of a batch.
    pub(crate) fn call(&self, exports: &[Export], number: usize) -> Option<FailedCall> {
        let Work::Serve(command) = self else { return None };
        let Call { name, args, .. } = match &**command {
            Command::Call(call) | Command::CallBytes(BytesCall { call, .. }) => call,
            Command::Batch(calls) => calls.get(number)?,
            _ => return None,
        };
        Some(FailedCall::told(name, args, params_of(exports, name)))
    }
}

/// The parameters of an exported function; none where there is no such function.
fn params_of<'a>(exports: &'a [Export], name: &str) -> &'a [ValueType] {
    let export = exports.iter().find(|export| export.name == *name);
    match export.map(|export| &export.kind) {
        Some(ExportKind::Function { params, .. }) => params,
        _ => &[],
    }
}
