//! A host function of a Rust program, as the guest calls it: it runs on the guest's own thread.

use super::imported::Imported;
use super::memory;
use super::values::from_val;
use crate::actor::guest::ending::StoppedByHost;
use crate::actor::guest::serving::serve;
use crate::actor::guest::state::{Context, GuestState};
use crate::actor::protocol::host_call::WaitingGuest as Waits;
use crate::actor::protocol::message::Request;
use crate::actor::protocol::native::{CallingGuest, NativeFunction, Returned, WaitingGuest};
use crate::error::{ErrorCode, ErrorSource, Result, WasmError};
use crate::panics;
use crate::printable;
use crate::value::Arg;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waking, Poll};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::block_in_place;
use tracing::Instrument as _;
use tracing::field::Empty;
use wasmtime::{AsContextMut, Caller, Func, Val};

/// One host function of one instance.
pub(super) struct NativeImport {
    pub(super) function: Arc<NativeFunction>,
    pub(super) imported: Imported,
}

/// The store of a guest that has called, as its host function sees it.
struct Calling<'a, 'b>(&'a mut Context<'b>);

impl CallingGuest for Calling<'_, '_> {
    fn instance(&self) -> u64 {
        self.0.data().actor.id()
    }

    fn memory(&mut self) -> Result<&mut [u8]> {
        memory::whole(self.0)
    }
}

/// What happens next while a function waits.
enum Next {
    Over(Returned),
    Request(Request),
}

impl NativeImport {
    pub(super) fn into_func(self, store: &mut Context<'_>) -> Func {
        let function = Arc::new(self);
        let ty = function.imported.ty.clone();
        Func::new_async(&mut *store, ty, move |caller, params, results| {
            let function = function.clone();
            Box::new(async move { function.call(caller, params, results).await })
        })
    }

    async fn call(
        &self,
        mut caller: Caller<'_, GuestState>,
        params: &[Val],
        results: &mut [Val],
    ) -> wasmtime::Result<()> {
        let store = &mut caller.as_context_mut();
        let actor = store.data().actor.clone();
        actor.counters.host_calls.add_one();
        let args = params.iter().enumerate().map(|(index, val)| from_val(store, val, || self.imported.argument(index)));
        let args = args.collect::<Result<Vec<_>>>().map_err(|error| self.imported.failure(error))?;
        let Some(waits) = Waits::of(&actor) else { return Err(StoppedByHost.into()) };
        let (module, import) = (&*self.imported.import.module, &*self.imported.import.name);
        let span = tracing::debug_span!("host call", instance = actor.id(), module, import, outcome = Empty);
        store.data_mut().depth += 1;
        let returned = match &*self.function {
            NativeFunction::Plain(function) => {
                let _in_span = span.enter();
                // It may wait for a tokio runtime, whatever the guest has done before.
                Ok(contained(|| block_in_place(|| function(&mut Calling(store), args))))
            }
            NativeFunction::Async(function) => {
                let (requests, inbox) = unbounded_channel();
                let guest = WaitingGuest { instance: actor.id(), requests };
                match catch_unwind(AssertUnwindSafe(|| function(guest, args))) {
                    Ok(running) => wait(store, running, inbox).instrument(span.clone()).await,
                    Err(panic) => Ok(Err(panicked(&*panic))),
                }
            }
        };
        let stopped = !waits.waits();
        actor.control.set_waiting(false);
        store.data_mut().depth -= 1;
        if stopped {
            span.record("outcome", "stopped");
            return Err(StoppedByHost.into());
        }
        let ended = self.ended(store, returned?).await;
        span.record("outcome", ended.as_ref().map_or_else(|error| error.code.name(), |_| "ok"));
        results.copy_from_slice(&ended.map_err(|error| self.imported.failure(error))?);
        Ok(())
    }

    /// What the guest gets of it.
    async fn ended(&self, store: &mut Context<'_>, returned: Returned) -> Result<Vec<Val>> {
        match returned {
            Ok(values) => {
                let args: Vec<Arg> = values.into_iter().map(Arg::from).collect();
                self.imported.results(store, &args).await
            }
            Err(error) => {
                let said = catch_unwind(AssertUnwindSafe(|| error.to_string()));
                let said = printable::sentence(
                    &said.unwrap_or_else(|panic| format!("its error panicked: {}", panics::said(&*panic))),
                );
                let text = format!("the host function {} failed: {said}", self.imported.import);
                Err(WasmError { source: Some(ErrorSource::new(error)), ..WasmError::new(ErrorCode::Call, text) })
            }
        }
    }
}

/// Polls the function, and answers requests to the guest meanwhile.
async fn wait(
    store: &mut Context<'_>,
    running: Running,
    mut inbox: UnboundedReceiver<Request>,
) -> wasmtime::Result<Returned> {
    let mut running = Contained(Some(running));
    loop {
        let next = poll_fn(|waking| poll_next(running.get(), &mut inbox, waking));
        let actor = store.data().actor.clone();
        match actor.control.while_running(next).await {
            Some(Next::Over(returned)) => return Ok(returned),
            Some(Next::Request(request)) => serve(store, request).await?,
            None => return Err(StoppedByHost.into()),
        }
    }
}

type Running = Pin<Box<dyn Future<Output = Returned> + Send>>;

/// What waits. Where it panics as it is dropped, that is for the log.
struct Contained(Option<Running>);

impl Contained {
    fn get(&mut self) -> Option<&mut Running> {
        self.0.as_mut()
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let running = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(running)));
    }
}

fn poll_next(
    running: Option<&mut Running>,
    inbox: &mut UnboundedReceiver<Request>,
    waking: &mut Waking<'_>,
) -> Poll<Next> {
    let Some(running) = running else { return Poll::Pending };
    match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(waking))) {
        Ok(Poll::Ready(returned)) => return Poll::Ready(Next::Over(returned)),
        Ok(Poll::Pending) => {}
        Err(panic) => return Poll::Ready(Next::Over(Err(panicked(&*panic)))),
    }
    match inbox.poll_recv(waking) {
        Poll::Ready(Some(request)) => Poll::Ready(Next::Request(request)),
        // It has let go of the guest, and asks nothing more.
        Poll::Ready(None) | Poll::Pending => Poll::Pending,
    }
}

/// What a function returns that must not unwind through the guest's frames.
fn contained(function: impl FnOnce() -> Returned) -> Returned {
    catch_unwind(AssertUnwindSafe(function)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Box<dyn std::error::Error + Send + Sync> {
    format!("it panicked: {}", panics::said(panic)).into()
}
