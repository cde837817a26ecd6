//! Requests that are answered at once or by a ticket: see `tickets.rs`.

use super::encoding::{self, Encode, Js, JsResult};
use super::environment::Session;
use super::handed::Handed;
use super::ids::{amounts, instance_id};
use super::tickets::{EventLoop, Ticketed};
use crate::actor::message::{Answer, BytesCall, Call, Command};
use crate::actor::replies::Ticket;
use crate::error::Result;
use crate::value::Arg;

/// What there is at once for a request that has been sent.
pub enum Sent {
    /// The answer.
    Now(Answer),
    /// It will come under this number.
    Later(Ticket),
}

impl Encode for Sent {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        match self {
            Sent::Now(answer) => answer.encode(js),
            Sent::Later(ticket) => Ok(js.integer(ticket as i32)),
        }
    }
}

impl Session {
    /// Takes requests with tickets from here on.
    pub fn listen(&self, event_loop: Box<dyn EventLoop>) {
        let ticketed = Ticketed::new(event_loop, self.under_way.clone());
        // There is one event loop, and one script that says so.
        let _ = self.ticketed.set(ticketed);
    }

    /// What has come, as ticket and reply in turn: a failure has its ticket's complement, and so has what is to be fetched in pieces. To be called in
    /// each turn that the bell has asked for, and what it gives to be handed to JavaScript at once.
    pub fn come<J: Js>(&self, js: &mut J) -> Vec<J::Value> {
        let Some(ticketed) = self.ticketed.get() else { return Vec::new() };
        let come = ticketed.next();
        let mut all = Vec::with_capacity(2 * come.len());
        for (ticket, outcome) in come {
            ticketed.forget(ticket);
            let handed = self.handed(outcome);
            // A batch that fails has the results of the calls before.
            let takes_more = matches!(handed, Ok(Handed::Whole(Answer::Batch(_, Some(_))) | Handed::InPieces { .. }));
            let (ticket, reply) = match encoding::reply(js, handed) {
                Ok(reply) => (if takes_more { !(ticket as i32) } else { ticket as i32 }, reply),
                Err(failure) => (!(ticket as i32), failure),
            };
            all.push(js.integer(ticket));
            all.push(reply);
        }
        if ticketed.under_way.has_some() {
            ticketed.wait();
        }
        all
    }

    /// Sends a request to an instance that does not wait for a host function. From here on it stands in the instance's order.
    fn send(&self, id: f64, command: impl FnOnce() -> Result<Command>) -> JsResult<Sent> {
        let ticketed = self.ticketed.get().ok_or_else(|| encoding::Unfit("nobody listens for replies".to_owned()))?;
        let actor = self.enabled().and_then(|runtime| runtime.instance(instance_id(id)?));
        let (actor, command) = match (actor, command()) {
            (Ok(actor), Ok(command)) => (Ok(actor), command),
            (Err(error), _) | (_, Err(error)) => (Err(error), Command::Exports),
        };
        let ticket = ticketed.ask(actor, command);
        Ok(match ticketed.look(ticket) {
            Some(answer) => Sent::Now(answer),
            None => {
                ticketed.wait();
                Sent::Later(ticket)
            }
        })
    }

    /// Calls an export, as all of these for code that is not within a handler.
    ///
    /// # Errors
    /// If [`Session::listen`] has not been called. All else comes as an answer.
    pub fn send_call(&self, id: f64, name: &str, args: Vec<Arg>) -> JsResult<Sent> {
        self.send(id, || Ok(Command::Call(Call { name: name.into(), args, ..Call::default() })))
    }

    /// Calls one export after another, as one request.
    ///
    /// # Errors
    /// As [`Session::send_call`].
    pub fn send_batch(&self, id: f64, calls: Vec<Call>) -> JsResult<Sent> {
        self.send(id, || Ok(Command::Batch(calls)))
    }

    /// Calls an export with bytes; the answer is bytes, or text.
    ///
    /// # Errors
    /// As [`Session::send_call`].
    pub fn send_call_bytes(&self, id: f64, name: &str, bytes: Vec<u8>, as_text: bool) -> JsResult<Sent> {
        let call = Call { name: name.into(), ..Call::default() };
        self.send(id, || Ok(Command::CallBytes(BytesCall { call, bytes, as_text })))
    }

    /// Reads few bytes of memory.
    ///
    /// # Errors
    /// As [`Session::send_call`].
    pub fn send_memory_read(&self, id: f64, offset: f64, length: f64) -> JsResult<Sent> {
        self.send(id, || {
            let [offset, length] = amounts([("the offset", offset), ("the length", length)])?;
            Ok(Command::MemoryRead { offset, length })
        })
    }

    /// Writes few bytes of memory.
    ///
    /// # Errors
    /// As [`Session::send_call`].
    pub fn send_memory_write(&self, id: f64, offset: f64, bytes: Vec<u8>) -> JsResult<Sent> {
        self.send(id, || {
            let [offset] = amounts([("the offset", offset)])?;
            Ok(Command::MemoryWrite { offset, bytes })
        })
    }
}
