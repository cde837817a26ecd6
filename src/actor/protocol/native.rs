//! A host function of a Rust program: it runs on the guest's own thread, while the guest waits.

use super::message::Request;
use crate::error::Result;
use crate::sync::mpsc::UnboundedSender;
use crate::value::Value;
use std::error::Error;
use std::fmt;
use std::pin::Pin;

/// What such a function comes to.
pub type Returned = Result<Vec<Value>, Box<dyn Error + Send + Sync>>;

/// The guest that has called, for a function that does not wait.
pub trait CallingGuest {
    /// The id of the instance.
    fn instance(&self) -> u64;

    /// Its memory, as a request for it would find it.
    ///
    /// # Errors
    /// 5006 if it has none.
    fn memory(&mut self) -> Result<&mut [u8]>;
}

/// The guest that has called, for a function that waits: what is sent here is answered meanwhile.
#[derive(Clone)]
pub struct WaitingGuest {
    /// The id of the instance.
    pub instance: u64,
    /// Where requests go; nobody receives them any more once the function has returned.
    pub requests: UnboundedSender<Request>,
}

/// One host function. A guest that is stopped drops the future; a function that does not wait runs to its end.
pub enum NativeFunction {
    /// It returns at once.
    Plain(Box<PlainFunction>),
    /// It waits.
    Async(Box<AsyncFunction>),
}

type PlainFunction = dyn Fn(&mut dyn CallingGuest, Vec<Value>) -> Returned + Send + Sync;
type AsyncFunction = dyn Fn(WaitingGuest, Vec<Value>) -> Pin<Box<dyn Future<Output = Returned> + Send>> + Send + Sync;

impl fmt::Debug for NativeFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NativeFunction")
    }
}
