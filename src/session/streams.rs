//! The app's ends of a guest's piped standard streams.

use super::encoding::{Encode, Js, JsResult};
use super::environment::Session;
use super::handles::{Handle, Held};
use super::ids::instance_id;
use crate::actor::message::{Answer, Outcome};
use crate::actor::pipe::{PipeReader, PipeWriter};
use crate::error::{ErrorCode, WasmError};
use std::rc::Rc;

/// The handles of one instance's streams; none where a stream is not piped.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamHandles {
    pub(super) stdin: Option<Handle>,
    pub(super) stdout: Option<Handle>,
    pub(super) stderr: Option<Handle>,
}

impl Encode for StreamHandles {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let object = js.object();
        for (key, handle) in [("stdin", self.stdin), ("stdout", self.stdout), ("stderr", self.stderr)] {
            let handle = match handle {
                Some(handle) => js.number(f64::from(handle)),
                None => js.null(),
            };
            js.set(&object, key, handle);
        }
        Ok(object)
    }
}

impl Session {
    pub(super) fn add_input(&self, end: Option<PipeWriter>) -> Option<Handle> {
        Some(self.handles.add(Held::Input(Rc::new(end?))))
    }

    pub(super) fn add_output(&self, end: Option<PipeReader>) -> Option<Handle> {
        Some(self.handles.add(Held::Output(Rc::new(end?))))
    }

    fn input(&self, handle: Handle) -> Option<Rc<PipeWriter>> {
        match self.handles.get(handle) {
            Some(Held::Input(end)) => Some(end),
            _ => None,
        }
    }

    /// Reads what the guest has written, as soon as there is something; [`Answer::Done`] is the end.
    pub async fn read_output(&self, handle: Handle) -> Answer {
        let bytes = match self.handles.get(handle) {
            Some(Held::Output(end)) => end.read().await,
            _ => None,
        };
        bytes.map_or(Answer::Done, |bytes| Answer::Bytes(bytes.into()))
    }

    /// Writes for the guest to read; done when all of it is in the pipe.
    ///
    /// # Errors
    /// 5005 where nobody reads.
    pub async fn write_input(&self, handle: Handle, instance: f64, bytes: &[u8]) -> Outcome {
        let written = match self.input(handle) {
            Some(end) => end.write_all(bytes).await.is_ok(),
            None => false,
        };
        if written { Ok(Answer::Done) } else { Err(self.nobody_reads(instance)) }
    }

    /// 5005: the instance has ended, in some way, or lives on after its command has.
    fn nobody_reads(&self, instance: f64) -> WasmError {
        let found = self.enabled().and_then(|runtime| runtime.instance(instance_id(instance)?));
        let lives = found.map(|actor| {
            let text = format!(
                "nobody reads the standard input of the instance \"{}\" ({instance}) any more: its command has ended",
                actor.label()
            );
            WasmError::new(ErrorCode::InvalidInstanceHandle, text)
        });
        lives.unwrap_or_else(|ended| ended)
    }

    /// Answers when nothing is read from a guest's input any more, as a write from then on is answered: with an error.
    pub async fn input_closed(&self, handle: Handle, instance: f64) -> WasmError {
        if let Some(end) = self.input(handle) {
            end.closed().await;
        }
        self.nobody_reads(instance)
    }

    /// Is nothing read from a guest's input any more, or nothing written to it?
    pub fn input_is_over(&self, handle: Handle) -> bool {
        self.input(handle).is_none_or(|end| end.room().is_err())
    }
}
