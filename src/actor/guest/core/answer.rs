//! What a core module can be asked, one request after the other.

use super::{bytes, call, global, memory, table};
use crate::actor::guest::fuel;
use crate::actor::guest::state::Context;
use crate::actor::protocol::message::{Answer, Command, Outcome};
use crate::error::{ErrorCode, WasmError};

/// Answers one request, between calls or from within one.
pub(crate) async fn answer(store: &mut Context<'_>, command: &Command) -> Outcome {
    match command {
        Command::Call(call) => call::call(store, call).await.map(Answer::Values),
        Command::Batch(calls) => Ok(call::batch(store, calls).await),
        Command::CallBytes(call) => bytes::call_bytes(store, call).await,
        Command::CallBytesLater { .. } => Err(WasmError::new(ErrorCode::Call, "the bytes of the call have not come")),
        Command::CallRef { func, args } => call::call_ref(store, *func, args).await.map(Answer::Values),
        Command::Exports => Ok(Answer::Exports(store.data().module.exports().clone())),
        Command::MemoryRead { offset, length } => memory::read(store, *offset, *length).map(Answer::Bytes),
        Command::MemoryReadInto { offset, room } => memory::read_into(store, *offset, room).map(|()| Answer::Done),
        Command::MemoryWrite { offset, bytes } => memory::write(store, *offset, bytes).map(|()| Answer::Done),
        Command::MemoryWriteLater { .. } => Err(WasmError::new(ErrorCode::Memory, "the bytes to write have not come")),
        Command::MemorySize => memory::size(store).map(Answer::Pages),
        Command::MemoryGrow { pages } => memory::grow(store, *pages).await.map(Answer::Pages),
        Command::GlobalGet(name) => global::get(store, name).map(|value| Answer::Values(vec![value])),
        Command::GlobalSet { name, value } => global::set(store, name, value).await.map(|()| Answer::Done),
        Command::TableGet { name, index } => table::get(store, name, *index).map(|value| Answer::Values(vec![value])),
        Command::TableSet { name, index, value } => table::set(store, name, *index, value).await.map(|()| Answer::Done),
        Command::TableGrow { name, delta, init } => table::grow(store, name, *delta, init).await.map(Answer::Elements),
        Command::TableSize(name) => table::size(store, name).map(Answer::Elements),
        // Only components let resources out.
        Command::DropResource(_) => Ok(Answer::Done),
        Command::AddFuel(amount) => fuel::add(store, *amount).map(Answer::Fuel),
    }
}
