//! Functions of the program's that guests call. They run on the guest's own thread.

use super::asking::{CallLimits, bytes, call, called, read, write};
use super::values::{FromValues, IntoValues, results};
use crate::actor::message::{Command, Outcome, Request, reply};
use crate::actor::native::{CallingGuest, NativeFunction, Returned, WaitingGuest};
use crate::error::{ErrorCode, Result, WasmError};
use crate::registry::InstanceId;
use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

thread_local! {
    /// The instances whose host functions this thread is in.
    static WITHIN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Runs a part of a host function of this instance.
fn within<T>(instance: u64, work: impl FnOnce() -> T) -> T {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = WITHIN.with_borrow_mut(Vec::pop);
        }
    }
    WITHIN.with_borrow_mut(|within| within.push(instance));
    let _leave = Leave;
    work()
}

/// Refuses a request by the handle or the id, where a host function of the same instance makes it and would wait for itself.
///
/// # Errors
/// 5002.
pub(super) fn check_not_within(instance: u64) -> Result<()> {
    if !WITHIN.with_borrow(|within| within.contains(&instance)) {
        return Ok(());
    }
    let text = format!(
        "a host function of the instance {instance} would wait for itself: the guest that waits is asked by the AsyncCaller that it is given"
    );
    Err(WasmError::new(ErrorCode::Call, text))
}

/// What a host function fails with: any error, or a text. The guest's call ends in a trap, and whoever called the guest gets a 5002 whose
/// [`source`](std::error::Error::source) this is.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// The guest that has called a host function, which stands still meanwhile.
pub struct Caller<'a> {
    guest: &'a mut dyn CallingGuest,
}

impl Caller<'_> {
    /// Which instance it is.
    pub fn id(&self) -> InstanceId {
        InstanceId(self.guest.instance())
    }

    /// Its memory: the export `memory`, or else the first exported or imported one.
    ///
    /// # Errors
    /// 5006 if it has none; 5005 for an exported one within a start function, before the instance is made.
    pub fn memory(&mut self) -> Result<&mut [u8]> {
        self.guest.memory()
    }

    /// Bytes of its memory.
    ///
    /// # Errors
    /// 5006 for a range that is not within the memory.
    pub fn read_memory(&mut self, offset: u64, length: u64) -> Result<&[u8]> {
        Ok(range(self.guest.memory()?, offset, length)?)
    }

    /// Writes bytes to its memory.
    ///
    /// # Errors
    /// 5006 for a range that is not within the memory.
    pub fn write_memory(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        range(self.guest.memory()?, offset, bytes.len() as u64)?.copy_from_slice(bytes);
        Ok(())
    }
}

fn range(memory: &mut [u8], offset: u64, length: u64) -> Result<&mut [u8]> {
    let size = memory.len();
    let bounds =
        offset.checked_add(length).and_then(|end| Some(usize::try_from(offset).ok()?..usize::try_from(end).ok()?));
    bounds.and_then(|bounds| memory.get_mut(bounds)).ok_or_else(|| {
        let text = format!("{length} bytes at offset {offset} reach beyond the memory's {size} bytes");
        WasmError::new(ErrorCode::Memory, text)
    })
}

impl fmt::Debug for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(&self.id()).finish()
    }
}

/// The guest that waits for an async host function. It can be asked meanwhile, and called: what it answers is answered from within its call. Once
/// the host function has returned, or the guest is stopped, everything is a 5005.
///
/// While the guest is at work on what it was asked, the host function stands still, so that a timeout of its own around a call does not fire
/// before that has ended; the limits of the instance hold. A request that is dropped before it has begun is taken back.
#[derive(Clone)]
pub struct AsyncCaller {
    guest: WaitingGuest,
}

impl AsyncCaller {
    /// Which instance it is.
    pub fn id(&self) -> InstanceId {
        InstanceId(self.guest.instance)
    }

    /// Calls one of its exports. Guest and host may call each other 16 deep.
    ///
    /// # Errors
    /// As for [`Instance::call`](super::Instance::call).
    pub async fn call<R: FromValues>(&self, name: &str, args: impl IntoValues + Send) -> Result<R> {
        let command = Command::Call(call(name, args, &CallLimits::default()));
        called(name, self.ask(command).await)
    }

    /// Bytes of its memory.
    ///
    /// # Errors
    /// 5006 for a range that is not within the memory.
    pub async fn read_memory(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        bytes(self.ask(read(offset, length)).await)
    }

    /// Writes bytes to its memory.
    ///
    /// # Errors
    /// 5006 for a range that is not within the memory.
    pub async fn write_memory(&self, offset: u64, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.ask(write(offset, bytes.into())).await.map(drop)
    }

    async fn ask(&self, command: Command) -> Outcome {
        let (reply, pending) = reply();
        let gone = || {
            let text = format!("the instance {} waits for this host function no more", self.guest.instance);
            WasmError::new(ErrorCode::InvalidInstanceHandle, text)
        };
        self.guest.requests.send(Request { command, reply }).map_err(|_| gone())?;
        pending.outcome(gone).await
    }
}

impl fmt::Debug for AsyncCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncCaller").field(&self.id()).finish()
    }
}

/// A function that returns at once.
pub(super) fn plain<A, R, F>(function: F) -> NativeFunction
where
    A: FromValues,
    R: IntoValues,
    F: Fn(&mut Caller<'_>, A) -> Result<R, HostError> + Send + Sync + 'static,
{
    NativeFunction::Plain(Box::new(move |guest, values| {
        let args = results(values, || "its arguments".to_owned())?;
        Ok(within(guest.instance(), || function(&mut Caller { guest }, args))?.into_values())
    }))
}

/// A function that waits, in the context of `tokio`.
pub(super) fn waiting<A, R, F, W>(function: F, tokio: Handle) -> NativeFunction
where
    A: FromValues,
    R: IntoValues,
    F: Fn(AsyncCaller, A) -> W + Send + Sync + 'static,
    W: Future<Output = Result<R, HostError>> + Send + 'static,
{
    NativeFunction::Async(Box::new(move |guest, values| {
        let args = match results(values, || "its arguments".to_owned()) {
            Ok(args) => args,
            Err(error) => return Box::pin(async { Err(error.into()) }),
        };
        let _in_tokio = tokio.enter();
        let instance = guest.instance;
        let waiting = within(instance, || function(AsyncCaller { guest }, args));
        let waiting = async move { Ok(waiting.await?.into_values()) };
        Box::pin(Within { tokio: tokio.clone(), instance, waiting: Some(Box::pin(waiting)) })
    }))
}

/// A future that is polled, and dropped, where tokio's timers and sockets can be had.
struct Within {
    tokio: Handle,
    instance: u64,
    waiting: Option<Pin<Box<dyn Future<Output = Returned> + Send>>>,
}

impl Future for Within {
    type Output = Returned;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Returned> {
        let this = &mut *self;
        let _in_tokio = this.tokio.enter();
        match &mut this.waiting {
            Some(waiting) => within(this.instance, || waiting.as_mut().poll(context)),
            None => Poll::Pending,
        }
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        let _in_tokio = self.tokio.enter();
        self.waiting = None;
    }
}
