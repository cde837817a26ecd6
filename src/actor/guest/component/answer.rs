//! What a component can be asked, one request after the other.

use super::call;
use crate::actor::guest::fuel;
use crate::actor::guest::state::Context;
use crate::actor::protocol::message::{Answer, Command, Outcome};
use crate::error::{ErrorCode, WasmError};

/// Answers one request, between calls or from within one.
pub(crate) async fn answer(store: &mut Context<'_>, command: &Command) -> Outcome {
    match command {
        Command::Call(call) => call::call(store, call).await.map(Answer::Values),
        Command::Batch(calls) => Ok(call::batch(store, calls).await),
        Command::Exports => Ok(Answer::Exports(store.data().module.exports().clone())),
        Command::AddFuel(amount) => fuel::add(store, *amount).map(Answer::Fuel),
        Command::DropResource(number) => call::drop_resource(store, *number).await.map(|()| Answer::Done),
        Command::CallBytes(_) | Command::CallBytesLater { .. } => {
            Err(not_of_components(store, ErrorCode::Type, "functions of bytes in a memory"))
        }
        Command::CallRef { .. } => Err(not_of_components(store, ErrorCode::Call, "functions as values")),
        Command::MemoryRead { .. }
        | Command::MemoryReadInto { .. }
        | Command::MemoryWrite { .. }
        | Command::MemoryWriteLater { .. }
        | Command::MemorySize
        | Command::MemoryGrow { .. } => Err(not_of_components(store, ErrorCode::Memory, "memories to read or write")),
        Command::GlobalGet(_) | Command::GlobalSet { .. } => {
            Err(not_of_components(store, ErrorCode::ExportNotFound, "globals"))
        }
        Command::TableGet { .. } | Command::TableSet { .. } | Command::TableGrow { .. } | Command::TableSize(_) => {
            Err(not_of_components(store, ErrorCode::ExportNotFound, "tables"))
        }
    }
}

fn not_of_components(store: &Context<'_>, code: ErrorCode, what: &str) -> WasmError {
    let module = store.data().module.name();
    WasmError::new(code, format!("{module} exports no {what}: it is a component, whose functions take typed values"))
}
