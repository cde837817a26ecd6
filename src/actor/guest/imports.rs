//! Host functions and globals that a module imports: the guest's side of [`host_call`](crate::actor::protocol::host_call).

use super::extern_types::{describe, import_matches};
use super::host_function::HostFunction;
use super::state::{Context, GuestState};
use super::values::to_val;
use crate::actor::protocol::host_call::{HostImport, HostImports};
use crate::engine::value_type;
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::printable;
use crate::value::Value;
use std::collections::HashMap;
use wasmtime::{Extern, ExternType, Global, ImportType, Linker};

/// A module can ask for a million imports, each with a name of 100 kB; a message stays one.
const IMPORTS_CHARS_MAX: usize = 1500;

/// How many imports are resolved before a stop is looked for.
const IMPORTS_AT_ONCE: usize = 64;

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
                Some(found) if import_matches(&ty, &found.ty(&*store)) => Ok(found),
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
        let expected = printable::name(&describe(ty));
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
