//! What an actor can be asked, and what it answers. Every request is answered exactly once: a [`Reply`] that is dropped
//! unanswered, by whatever mishap, reads as "the instance is gone".

use super::loan::Lent;
use super::replies::{Replies, Ticket};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::CALL_BYTES_MAX;
use crate::printable;
use crate::signature::Export;
use crate::sync::{mutant, oneshot};
use crate::value::{Arg, FuncValue, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::Span;
use tracing::field::Empty;

/// One request to an instance.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub command: Command,
    /// Where the answer goes.
    pub reply: Reply,
}

/// The closed list of what an instance can be asked.
#[derive(Debug)]
pub enum Command {
    /// Call an exported function.
    Call(Call),
    /// Call one exported function after another, up to the first that fails.
    Batch(Vec<Call>),
    /// Call an exported function with bytes, which the guest has to make room for.
    CallBytes(BytesCall),
    /// The same, with bytes that may still be on their way while the request has its place already.
    CallBytesLater {
        /// The call, without its bytes.
        call: BytesCall,
        /// What gives the bytes, or says why there are none.
        coming: oneshot::Receiver<Result<Vec<u8>>>,
    },
    /// Call a function that the guest has let out as a funcref.
    CallRef {
        /// The function.
        func: FuncValue,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// List the exports.
    Exports,
    /// Copy bytes out of the memory.
    MemoryRead {
        /// First byte.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// Copy bytes out of the memory to where there is room for them; as many as that is.
    MemoryReadInto {
        /// First byte.
        offset: u64,
        /// Where they go.
        room: Arc<Lent>,
    },
    /// Copy bytes into the memory.
    MemoryWrite {
        /// First byte.
        offset: u64,
        /// What to write.
        bytes: Vec<u8>,
    },
    /// The same, with bytes that may still be on their way while the request has its place already.
    MemoryWriteLater {
        /// First byte.
        offset: u64,
        /// What gives the bytes, or says why there are none.
        coming: oneshot::Receiver<Result<Vec<u8>>>,
    },
    /// The memory's size in pages of 64 KiB.
    MemorySize,
    /// Grow the memory by this many pages.
    MemoryGrow {
        /// How many pages of 64 KiB to add.
        pages: u64,
    },
    /// The value of an exported global.
    GlobalGet(String),
    /// Give an exported global a value.
    GlobalSet {
        /// The export's name.
        name: String,
        /// The value, to be held against the global's type.
        value: Arg,
    },
    /// The element at a place of a table.
    TableGet {
        /// The table's name.
        name: String,
        /// The place.
        index: u64,
    },
    /// Put an element at a place of a table.
    TableSet {
        /// The table's name.
        name: String,
        /// The place.
        index: u64,
        /// The element, to be held against the table's type.
        value: Arg,
    },
    /// Grow a table; the answer is the size before.
    TableGrow {
        /// The table's name.
        name: String,
        /// How many elements to add.
        delta: u64,
        /// What each of them is.
        init: Arg,
    },
    /// How many elements the table of this name has.
    TableSize(String),
    /// Let go of a resource that a component has let out, by its number.
    DropResource(u64),
    /// Put fuel in; the answer is the fuel there is then.
    AddFuel(u64),
}

impl Command {
    /// Waits for what is still on its way.
    ///
    /// # Errors
    /// 5007 if it does not come.
    pub(crate) async fn complete(self) -> Result<Command> {
        match self {
            Command::MemoryWriteLater { offset, coming } => {
                Ok(Command::MemoryWrite { offset, bytes: arrived(coming).await? })
            }
            Command::CallBytesLater { call, coming } => {
                Ok(Command::CallBytes(BytesCall { bytes: arrived(coming).await?, ..call }))
            }
            complete => Ok(complete),
        }
    }

    /// Is nothing of it still on its way?
    pub(crate) fn is_complete(&self) -> bool {
        !matches!(self, Command::MemoryWriteLater { .. } | Command::CallBytesLater { .. })
    }

    /// A span for what a log tells of; its `outcome` is still to be recorded.
    pub(crate) fn span(&self) -> Span {
        match self {
            Command::Call(call)
            | Command::CallBytes(BytesCall { call, .. })
            | Command::CallBytesLater { call: BytesCall { call, .. }, .. } => {
                tracing::debug_span!("call", export = printable::name(&call.name), outcome = Empty)
            }
            Command::CallRef { .. } => tracing::debug_span!("call", export = "a funcref", outcome = Empty),
            Command::Batch(calls) => tracing::debug_span!("batch", calls = calls.len(), outcome = Empty),
            _ => Span::none(),
        }
    }
}

async fn arrived(coming: oneshot::Receiver<Result<Vec<u8>>>) -> Result<Vec<u8>> {
    coming.await.unwrap_or_else(|_| Err(WasmError::new(ErrorCode::Type, "the bytes to hand over were taken away")))
}

/// What a log says of an outcome.
pub(crate) fn outcome_name(outcome: &Outcome) -> &'static str {
    outcome.as_ref().map_or_else(|error| error.code.name(), |_| "ok")
}

/// A call of an exported function.
#[derive(Debug, Default)]
pub struct Call {
    /// The export's name.
    pub name: Arc<str>,
    /// Its arguments, to be held against the signature.
    pub args: Vec<Arg>,
    /// The wall time this call may take, if less than the instance's own limit.
    pub timeout: Option<Duration>,
    /// The processor time this call may take, if less than the instance's own limit.
    pub cpu: Option<Duration>,
    /// How much of the instance's fuel this call may use; `None` for all of it.
    pub fuel: Option<u64>,
}

/// A call of an exported function with bytes, which gives bytes.
#[derive(Debug, Default)]
pub struct BytesCall {
    /// The function, and its bounds. It has no arguments: they come of the bytes.
    pub call: Call,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Does it have to give text?
    pub as_text: bool,
}

impl BytesCall {
    /// Are these few enough?
    ///
    /// # Errors
    /// 5006 if not.
    pub(crate) fn check_length(bytes: u64) -> Result<()> {
        if bytes <= CALL_BYTES_MAX {
            return Ok(());
        }
        Err(WasmError::new(
            ErrorCode::Memory,
            format!("a call takes at most {CALL_BYTES_MAX} bytes, and more were given"),
        ))
    }
}

/// The answer to a request that succeeded.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// Nothing to tell.
    Done,
    /// A call's results.
    Values(Vec<Value>),
    /// The results of a batch's calls, up to the first that failed, and its error.
    Batch(Vec<Vec<Value>>, Option<WasmError>),
    /// What the instance exports.
    Exports(Arc<[Export]>),
    /// Bytes of the memory.
    Bytes(Vec<u8>),
    /// Text of the memory.
    Text(String),
    /// A number of pages.
    Pages(u64),
    /// A number of elements.
    Elements(u64),
    /// An amount of fuel.
    Fuel(u64),
}

/// What a request comes to.
pub type Outcome = Result<Answer>;

/// Takes a request back, as long as it has not begun.
#[derive(Clone, Debug, Default)]
pub struct Withdrawal(Arc<AtomicBool>);

impl Withdrawal {
    /// From here on the request does not begin.
    pub fn withdraw(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The sending half: consumed by the one answer.
#[derive(Debug)]
pub struct Reply {
    to: Receiver,
    withdrawal: Option<Withdrawal>,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Receiver {
    /// One for this request.
    One(oneshot::Sender<Outcome>),
    /// One for many of them.
    Many(Ticketed),
}

/// A place in a queue of replies, which gets one, whatever happens.
#[derive(Debug)]
struct Ticketed {
    replies: Arc<Replies<Outcome>>,
    ticket: Ticket,
    is_answered: bool,
}

impl Drop for Ticketed {
    fn drop(&mut self) {
        if !self.is_answered && !mutant!("a_dropped_request_is_silent") {
            self.replies.push(self.ticket, None);
        }
    }
}

impl Reply {
    /// Does anybody still want the answer? If not, the request is not begun.
    pub(crate) fn is_wanted(&self) -> bool {
        let withdrawn = self.withdrawal.as_ref().is_some_and(|withdrawal| withdrawal.0.load(Ordering::SeqCst));
        !withdrawn
            && match &self.to {
                Receiver::One(sender) => !sender.is_closed(),
                Receiver::Many(place) => !place.replies.is_closed(),
            }
    }

    /// Answers. A receiver that has given up is no error.
    pub fn send(self, outcome: Outcome) {
        match self.to {
            Receiver::One(sender) => drop(sender.send(outcome)),
            Receiver::Many(mut place) => {
                place.is_answered = true;
                place.replies.push(place.ticket, Some(outcome));
            }
        }
    }
}

/// The receiving half.
#[derive(Debug)]
pub struct PendingReply(oneshot::Receiver<Outcome>);

impl PendingReply {
    /// Waits for the answer. A request that was dropped unanswered comes to what `gone` says, a 5005.
    pub async fn outcome(self, gone: impl FnOnce() -> WasmError) -> Outcome {
        self.0.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// A fresh pair.
pub fn reply() -> (Reply, PendingReply) {
    withdrawable_reply(None)
}

/// The same for a request that can be taken back.
pub(crate) fn withdrawable_reply(withdrawal: Option<Withdrawal>) -> (Reply, PendingReply) {
    let (sender, receiver) = oneshot::channel();
    (Reply { to: Receiver::One(sender), withdrawal }, PendingReply(receiver))
}

/// The sending half of a reply that comes to a queue, under this ticket.
pub fn ticketed_reply(replies: &Arc<Replies<Outcome>>, ticket: Ticket) -> Reply {
    let place = Ticketed { replies: replies.clone(), ticket, is_answered: false };
    Reply { to: Receiver::Many(place), withdrawal: None }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn many_replies_wake_once_and_a_dropped_one_is_among_them() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counts = woken.clone();
        let replies = Arc::new(Replies::new(move || {
            counts.fetch_add(1, Ordering::SeqCst);
        }));
        assert!(replies.wait() && !replies.has_news());
        ticketed_reply(&replies, 7).send(Ok(Answer::Done));
        drop(ticketed_reply(&replies, 8));
        assert!(replies.has_news() && !replies.wait());
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(replies.take(), [(7, Some(Ok(Answer::Done))), (8, None)]);
        assert!(!replies.has_news() && replies.wait());
        let late = ticketed_reply(&replies, 9);
        assert!(late.is_wanted());
        replies.close();
        assert!(!late.is_wanted());
    }
}
