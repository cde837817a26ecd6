//! The app's ends of piped standard streams: resources of the JavaScript runtime, read and written by its streams.

use super::convert::Reply;
use super::host::{WasmHost, instance_id};
use crate::actor::message::Answer;
use crate::actor::pipe::{PipeReader, PipeWriter};
use crate::error::{ErrorCode, WasmError};
use deno_core::convert::OptionNull;
use deno_core::{OpState, Resource, ResourceId, ToV8, op2};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

/// Where a guest's output arrives.
pub(super) struct OutputEnd(pub PipeReader);

impl Resource for OutputEnd {
    fn name(&self) -> Cow<'_, str> {
        "wasmOutput".into()
    }

    fn close(self: Rc<Self>) {
        self.0.close();
    }
}

/// Where a guest's input leaves.
pub(super) struct InputEnd(pub PipeWriter);

impl Resource for InputEnd {
    fn name(&self) -> Cow<'_, str> {
        "wasmInput".into()
    }

    fn close(self: Rc<Self>) {
        self.0.close();
    }
}

/// The resources of one instance's streams; null where a stream is not piped.
#[derive(ToV8)]
pub struct StreamIds {
    pub(super) stdin: OptionNull<ResourceId>,
    pub(super) stdout: OptionNull<ResourceId>,
    pub(super) stderr: OptionNull<ResourceId>,
}

pub(super) fn add(state: &Rc<RefCell<OpState>>, end: Option<impl Resource>) -> OptionNull<ResourceId> {
    end.map(|end| state.borrow_mut().resource_table.add(end)).into()
}

/// An end, unless it has been closed.
fn get<T: Resource>(state: &Rc<RefCell<OpState>>, id: ResourceId) -> Option<Rc<T>> {
    state.borrow().resource_table.get::<T>(id).ok()
}

/// Reads what the guest has written, as soon as there is something. Null is the end.
#[op2]
pub async fn op_wasm_stdio_read(state: Rc<RefCell<OpState>>, #[smi] id: ResourceId) -> Reply<Answer> {
    let bytes = match get::<OutputEnd>(&state, id) {
        Some(end) => end.0.read().await,
        None => None,
    };
    Reply(Ok(bytes.map_or(Answer::Done, |bytes| Answer::Bytes(bytes.into()))))
}

/// Writes for the guest to read; done when all of it is in the pipe.
#[op2]
pub async fn op_wasm_stdio_write(
    state: Rc<RefCell<OpState>>,
    #[smi] id: ResourceId,
    instance: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Reply<Answer> {
    let written = match get::<InputEnd>(&state, id) {
        Some(end) => end.0.write_all(&bytes).await.is_ok(),
        None => false,
    };
    Reply::done(if written { Ok(()) } else { Err(nobody_reads(&state, instance)) })
}

/// 5005: the instance has ended, in some way, or lives on after its command has.
fn nobody_reads(state: &Rc<RefCell<OpState>>, instance: f64) -> WasmError {
    let found = WasmHost::enabled(state).and_then(|host| host.runtime.instance(instance_id(instance)?));
    let lives = found.map(|actor| {
        let text = format!(
            "nobody reads the standard input of the instance \"{}\" ({instance}) any more: its command has ended",
            actor.label()
        );
        WasmError::new(ErrorCode::InvalidInstanceHandle, text)
    });
    lives.unwrap_or_else(|ended| ended)
}

/// Answers when nothing is read from a guest's input any more, as a write from then on is answered.
#[op2]
pub async fn op_wasm_stdio_closed(state: Rc<RefCell<OpState>>, #[smi] id: ResourceId, instance: f64) -> Reply<Answer> {
    if let Some(end) = get::<InputEnd>(&state, id) {
        end.0.closed().await;
    }
    Reply::done(Err(nobody_reads(&state, instance)))
}

/// Is nothing read from a guest's input any more, or nothing written to it?
#[op2(fast)]
pub fn op_wasm_stdio_is_over(state: &OpState, #[smi] id: ResourceId) -> bool {
    state.resource_table.get::<InputEnd>(id).map_or(true, |end| end.0.room().is_err())
}

/// Closes the app's end: the end of the guest's input, or nobody to read its output. Closing twice is once.
#[op2(fast)]
pub fn op_wasm_stdio_close(state: &mut OpState, #[smi] id: ResourceId) {
    if let Ok(end) = state.resource_table.take_any(id) {
        end.close();
    }
}
