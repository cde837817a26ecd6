//! Host functions and globals that a module imports: the guest's side of [`host_call`](super::super::host_call).

use super::super::host_call::{Back, Ended, HostCall, HostEvents, HostImport, HostImports, OpenCall, WaitingGuest};
use super::super::message::outcome_name;
use super::values::{from_val, to_val, to_vals};
use super::{Context, GuestState, StoppedByHost, answer, call};
use crate::engine::{signature_of, value_type};
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::printable;
use crate::signature::ValueType;
use crate::value::{Arg, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc::unbounded_channel;
use tracing::Instrument as _;
use tracing::field::Empty;
use wasmtime::{AsContextMut, Caller, Extern, ExternType, Func, FuncType, Global, ImportType, Linker, RootScope, Val};

/// A module can ask for a million imports, each with a name of 100 kB; a message stays one.
const IMPORTS_CHARS_MAX: usize = 1500;

/// How many imports are resolved before a stop is looked for.
const IMPORTS_AT_ONCE: usize = 64;

/// How deep guest and host may call each other in turn. Each level costs the guest's thread a stack of its own.
const DEPTH_MAX: usize = 16;

/// Finds something for each import of the module: what the host gives, or else what the linker has (WASI).
///
/// # Errors
/// 5001 that lists every import that is missing or has another type, with the type it should have.
pub(super) async fn resolve(
    store: &mut Context<'_>,
    linker: &Linker<GuestState>,
    wanted: impl Iterator<Item = ImportType<'_>>,
    given: Option<HostImports>,
) -> Result<Vec<Extern>> {
    let (mut found, mut wrong) = (Vec::new(), Wrong::default());
    let places = given.as_ref().map(places).unwrap_or_default();
    for (number, import) in wanted.enumerate() {
        if number % IMPORTS_AT_ONCE == IMPORTS_AT_ONCE - 1 {
            // Who awaits this looks for a stop.
            tokio::task::yield_now().await;
        }
        let ty = import.ty();
        let place = places.get(&(import.module(), import.name()));
        let host = given.as_ref().and_then(|given| place.map(|index| (given, *index)));
        let resolved = match host {
            Some((given, index)) => from_host(store, given, index, &ty).await,
            None => match linker.get_by_import(&mut *store, &import) {
                Some(found) if call::import_matches(&ty, &found.ty(&*store)) => Ok(found),
                Some(_) => Err("is of another type".to_owned()),
                None => Err("is missing".to_owned()),
            },
        };
        match resolved {
            Ok(import) => found.push(import),
            Err(problem) => {
                wrong.add(&FailedImport::new(import.module(), import.name()), &problem, &ty);
            }
        }
    }
    if wrong.count == 0 {
        return Ok(found);
    }
    let text = format!("{} cannot be instantiated, imports: {}", store.data().module.name(), wrong.listed());
    Err(WasmError::new(ErrorCode::Instantiate, text))
}

/// The imports that cannot be had: how many, and a list of as many as a message can hold.
#[derive(Default)]
struct Wrong {
    count: usize,
    named: Vec<String>,
    chars: usize,
}

impl Wrong {
    fn add(&mut self, import: &FailedImport, problem: &str, ty: &ExternType) {
        self.count += 1;
        if self.chars >= IMPORTS_CHARS_MAX {
            return;
        }
        let expected = printable::name(&call::describe(ty));
        let line = format!("{import} {problem}: expected {expected}{}", hint(ty));
        self.chars += line.chars().count();
        // The one that is too long for the list is in it only if it is the first.
        if self.chars < IMPORTS_CHARS_MAX || self.named.is_empty() {
            self.named.push(line);
        }
    }

    fn listed(mut self) -> String {
        let more = self.count - self.named.len();
        if more > 0 {
            self.named.push(format!("and {more} more"));
        }
        self.named.join("; ")
    }
}

fn hint(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) | ExternType::Global(_) => "",
        _ => ", which cannot be given: only functions and globals can",
    }
}

/// Where to find what is given, by the names of module and import. Of two that are the same the first counts.
fn places(given: &HostImports) -> HashMap<(&str, &str), usize> {
    let places = given.imports.iter().enumerate().rev();
    places.map(|(place, import)| ((&*import.module, &*import.name), place)).collect()
}

async fn from_host(
    store: &mut Context<'_>,
    given: &HostImports,
    index: usize,
    ty: &ExternType,
) -> Result<Extern, String> {
    let HostImport { module, name, value } = &given.imports[index];
    match (ty, value) {
        (ExternType::Func(ty), None) => {
            let import = FailedImport::new(module, name);
            let function = HostFunction { events: given.events.clone(), set: given.set, index, import, ty: ty.clone() };
            Ok(Extern::Func(function.into_func(store)))
        }
        (ExternType::Global(ty), Some(arg)) => {
            let value = Value::from_arg(arg, value_type(ty.content()))?;
            let val = to_val(store, value, ty.content()).await?;
            let global = Global::new(&mut *store, ty.clone(), val);
            global.map(Extern::Global).map_err(|error| format!("cannot be made: {error:#}"))
        }
        (_, None) => Err("is a function".to_owned()),
        (_, Some(_)) => Err("is a value".to_owned()),
    }
}

/// One host function of one instance.
struct HostFunction {
    events: HostEvents,
    set: u64,
    index: usize,
    import: FailedImport,
    ty: FuncType,
}

/// A host function ended in a trap.
#[derive(Debug)]
pub(super) struct HostFailure {
    /// Which one.
    pub import: FailedImport,
    /// How: the error that the call of the guest becomes.
    pub error: WasmError,
}

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error.message)
    }
}

impl std::error::Error for HostFailure {}

impl HostFunction {
    fn into_func(self, store: &mut Context<'_>) -> Func {
        let function = Arc::new(self);
        let ty = function.ty.clone();
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
        store.data().actor.counters.host_calls.add_one();
        let args = params.iter().enumerate().map(|(index, val)| {
            from_val(store, val, || format!("argument {} of the host function {}", index + 1, self.import))
        });
        let args = args.collect::<Result<Vec<_>>>().map_err(|error| self.failure(error))?;
        let Some(guest) = WaitingGuest::of(&store.data().actor) else { return Err(StoppedByHost.into()) };
        let (instance, id) = (store.data().actor.id(), self.events.next_id());
        let (back, inbox) = unbounded_channel();
        let call =
            HostCall { id, instance, set: self.set, import: self.index, args, results: results.len(), back, guest };
        let (module, import) = (&*self.import.module, &*self.import.name);
        let span = tracing::debug_span!("host call", instance, module, import, outcome = Empty);
        let mut open = OpenCall::send(&self.events, call, inbox, span.clone());
        store.data_mut().depth += 1;
        let ended = self.serve(store, &mut open).instrument(span).await;
        store.data().actor.control.set_waiting(false);
        store.data_mut().depth -= 1;
        match &ended {
            Ok(_) => open.end("ok"),
            Err(error) if error.is::<StoppedByHost>() => drop(open),
            Err(error) => open
                .end(error.downcast_ref().map_or(ErrorCode::Call, |failure: &HostFailure| failure.error.code).name()),
        }
        results.copy_from_slice(&ended?);
        Ok(())
    }

    /// Answers requests to the waiting guest, until the wait is over.
    async fn serve(&self, store: &mut Context<'_>, call: &mut OpenCall<'_>) -> wasmtime::Result<Vec<Val>> {
        loop {
            match call.next().await {
                Ok(Back::Ask(request)) => {
                    store.data().actor.control.set_waiting(false);
                    let span = request.ask.span();
                    let mut scope = RootScope::new(&mut *store);
                    let outcome = answer(&mut scope.as_context_mut(), request.ask).instrument(span.clone()).await;
                    drop(scope);
                    span.record("outcome", outcome_name(&outcome));
                    store.data().actor.control.set_waiting(true);
                    request.reply.send(outcome);
                }
                Ok(Back::Return(args)) => {
                    return Ok(self.results(store, &args).await.map_err(|error| self.failure(error))?);
                }
                Ok(Back::Throw { value, text }) => {
                    let text = format!("the host function {} threw {}", self.import, printable::sentence(&text));
                    let thrown = WasmError { cause: Some(value), ..WasmError::new(ErrorCode::Call, text) };
                    return Err(self.failure(thrown).into());
                }
                Err(Ended::Stopped) => return Err(StoppedByHost.into()),
                Err(Ended::NobodyThere) => {
                    let text = format!("nobody is there to run the host function {}", self.import);
                    return Err(self.failure(WasmError::new(ErrorCode::Call, text)).into());
                }
            }
        }
    }

    /// What it has returned, as values of the types it should have.
    async fn results(&self, store: &mut Context<'_>, args: &[Arg]) -> Result<Vec<Val>> {
        self.check_count(args.len())?;
        let subject = |number| match self.ty.results().len() {
            1 => format!("the result of the host function {}", self.import),
            _ => format!("result {number} of the host function {}", self.import),
        };
        to_vals(store, args, self.ty.results(), subject).await
    }

    fn failure(&self, error: WasmError) -> HostFailure {
        HostFailure { import: self.import.clone(), error }
    }

    fn check_count(&self, given: usize) -> Result<()> {
        let (_, results) = signature_of(&self.ty);
        if given == results.len() {
            return Ok(());
        }
        let types = results.iter().map(|ty: &ValueType| ty.name()).collect::<Vec<_>>().join(", ");
        // Of more than there may be nobody counts how many.
        let found = if given > results.len() { format!("{given} or more") } else { given.to_string() };
        let text =
            format!("the host function {} must return {} values ({types}), not {found}", self.import, results.len());
        Err(WasmError::new(ErrorCode::Type, text))
    }
}

/// May the guest be called once more, from within as many host calls as there are?
///
/// # Errors
/// 5002 if not.
pub(super) fn check_depth(store: &Context<'_>) -> Result<()> {
    if store.data().depth < DEPTH_MAX {
        return Ok(());
    }
    let name = store.data().actor.label();
    let text = format!("guest and host call each other {DEPTH_MAX} deep in \"{name}\": no deeper call is made");
    Err(WasmError::new(ErrorCode::Call, text))
}
