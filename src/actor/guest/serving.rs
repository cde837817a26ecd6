//! A guest that waits for a host function: it is asked meanwhile, until the function has returned.

use super::answer::answer;
use super::ending::{HostFailure, StoppedByHost};
use super::state::Context;
use crate::actor::protocol::host_call::{Ended, HostReply, PendingHostCall};
use crate::actor::protocol::message::{Request, outcome_name};
use crate::error::{ErrorCode, FailedImport, WasmError};
use crate::printable;
use crate::value::Arg;
use tracing::{Instrument as _, Span};
use wasmtime::{AsContextMut, RootScope};

/// Waits for what a host function returns that somebody else runs, and answers requests to the guest meanwhile.
///
/// # Errors
/// If it throws, if nobody is there to run it, and if the guest is stopped.
pub(super) async fn until_returned(
    store: &mut Context<'_>,
    open: &mut PendingHostCall<'_>,
    import: &FailedImport,
    span: Span,
) -> wasmtime::Result<Vec<Arg>> {
    store.data_mut().depth += 1;
    let ended = returned(store, open, import).instrument(span).await;
    store.data().actor.control.set_waiting(false);
    store.data_mut().depth -= 1;
    ended
}

/// The call is over, and what was returned is what the guest imports; or not.
pub(super) fn close<T>(open: PendingHostCall<'_>, ended: &wasmtime::Result<T>) {
    match ended {
        Ok(_) => open.end("ok"),
        Err(error) if error.is::<StoppedByHost>() => drop(open),
        Err(error) => {
            open.end(error.downcast_ref().map_or(ErrorCode::Call, |failure: &HostFailure| failure.error.code).name())
        }
    }
}

async fn returned(
    store: &mut Context<'_>,
    call: &mut PendingHostCall<'_>,
    import: &FailedImport,
) -> wasmtime::Result<Vec<Arg>> {
    let failure = |error| HostFailure { import: import.clone(), error };
    loop {
        match call.next().await {
            Ok(HostReply::Request(request)) => serve(store, request).await?,
            Ok(HostReply::Return(args)) => return Ok(args),
            Ok(HostReply::Throw { value, text, wrong }) => {
                let text = printable::sentence(&text);
                let thrown = match wrong {
                    true => WasmError::new(ErrorCode::Type, format!("the host function {import} returned: {text}")),
                    false => WasmError::new(ErrorCode::Call, format!("the host function {import} threw {text}")),
                };
                let thrown = WasmError { cause: Some(value), ..thrown };
                return Err(failure(thrown).into());
            }
            Err(Ended::Stopped) => return Err(StoppedByHost.into()),
            Err(Ended::NobodyThere) => {
                let text = format!("nobody is there to run the host function {import}");
                return Err(failure(WasmError::new(ErrorCode::Call, text)).into());
            }
        }
    }
}

/// Answers a request to a guest that waits for a host function.
///
/// # Errors
/// If the guest has been stopped meanwhile.
pub(super) async fn serve(store: &mut Context<'_>, request: Request) -> wasmtime::Result<()> {
    if !request.reply.is_wanted() {
        return Ok(());
    }
    store.data().actor.control.set_waiting(false);
    let span = request.command.span();
    let mut scope = RootScope::new(&mut *store);
    let outcome = match request.command.complete().await {
        Ok(command) => answer(&mut scope.as_context_mut(), &command).instrument(span.clone()).await,
        Err(error) => Err(error),
    };
    drop(scope);
    span.record("outcome", outcome_name(&outcome));
    // What a stop has cut short is no outcome: who asked hears that the instance is gone.
    if store.data().actor.control.is_stopped() {
        return Err(StoppedByHost.into());
    }
    store.data().actor.control.set_waiting(true);
    request.reply.send(outcome);
    Ok(())
}
