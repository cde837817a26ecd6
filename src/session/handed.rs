//! Answers as JavaScript gets them. What is large stays here, and is fetched in pieces, each in a turn of the event loop of its own: its size is
//! a guest's. `js/large.js` is the other half.

use super::encoding::{Encode, Fields, Js, JsResult};
use super::environment::Session;
use super::handles::{Handle, Held};
use super::pieces::{Leaving, TEXT_BYTES, is_large};
use crate::actor::message::{Answer, Outcome};
use crate::error::Result;
use std::rc::Rc;

/// An answer, or where it is.
pub enum Handed {
    /// All of it.
    Whole(Answer),
    /// Bytes, as many as `length`, or text.
    InPieces {
        /// What has them until it is closed.
        handle: Handle,
        /// How many bytes they are.
        length: usize,
        /// Is it text, for [`Session::large_take_text`]?
        is_text: bool,
    },
}

impl Encode for Handed {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        match self {
            Handed::Whole(answer) => answer.encode(js),
            Handed::InPieces { handle, length, is_text } => {
                let fields = Fields::of(js).number("large", f64::from(handle)).number("length", length as f64);
                Ok(fields.encoded("isText", is_text)?.made())
            }
        }
    }
}

impl Session {
    /// What JavaScript gets of an answer.
    pub(super) fn handed(&self, outcome: Outcome) -> Result<Handed> {
        let answer = outcome?;
        if !is_large(&answer) {
            return Ok(Handed::Whole(answer));
        }
        let (length, held) = match answer {
            Answer::Bytes(bytes) => (bytes.len(), Held::LeavingBytes(Rc::new(Leaving::new(bytes)))),
            Answer::Text(text) => (text.len(), Held::LeavingText(Rc::new(Leaving::new(text)))),
            answer => return Ok(Handed::Whole(answer)),
        };
        let is_text = matches!(held, Held::LeavingText(_));
        Ok(Handed::InPieces { handle: self.handles.add(held), length, is_text })
    }

    /// Fills the room with the next bytes of an answer.
    pub fn large_take(&self, handle: Handle, room: &mut [u8]) {
        if let Some(Held::LeavingBytes(bytes)) = self.handles.get(handle) {
            bytes.fill(room);
        }
    }

    /// The next piece of an answer's text; none at its end.
    pub fn large_take_text(&self, handle: Handle) -> String {
        match self.handles.get(handle) {
            Some(Held::LeavingText(text)) => text.next(TEXT_BYTES).to_owned(),
            _ => String::new(),
        }
    }
}
