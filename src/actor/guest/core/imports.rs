//! What a module imports, and where it comes from: the guest's side of [`host_call`](crate::actor::protocol::host_call).

use super::extern_types::{describe, import_matches};
use super::fresh;
use super::host_function::HostFunction;
use super::imported::Imported;
use super::native_function::NativeImport;
use super::unknown_import::trapping;
use super::values::to_val;
use crate::actor::guest::state::{Context, GuestState};
use crate::actor::protocol::config::UnknownImports;
use crate::actor::protocol::host_call::{Given, HostImports};
use crate::engine::value_type;
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::printable;
use crate::signature::ValueType;
use crate::value::{Arg, Value};
use wasmtime::{Extern, ExternType, FuncType, Global, GlobalType, ImportType, Linker};

/// A module can ask for a million imports, each with a name of 100 kB; a message stays one.
const IMPORTS_CHARS_MAX: usize = 1500;

/// How many imports are resolved before a stop is looked for.
const IMPORTS_AT_ONCE: usize = 64;

/// Where a module's imports come from.
pub(super) struct Imports<'a> {
    /// What the host gives.
    pub(super) given: Option<HostImports>,
    /// What else there is: WASI.
    pub(super) linker: &'a Linker<GuestState>,
    /// What becomes of what is in neither.
    pub(super) unknown: UnknownImports,
}

impl Imports<'_> {
    /// Finds something for each import of the module.
    ///
    /// # Errors
    /// 5001 that lists every import that is missing or has another type, with the type it should have.
    pub(super) async fn resolve(
        &self,
        store: &mut Context<'_>,
        wanted: impl Iterator<Item = ImportType<'_>>,
    ) -> Result<Vec<Extern>> {
        let (mut found, mut wrong) = (Vec::new(), Wrong::default());
        for (index, import) in wanted.enumerate() {
            if index % IMPORTS_AT_ONCE == IMPORTS_AT_ONCE - 1 {
                // Who awaits this looks for a stop.
                tokio::task::yield_now().await;
            }
            let ty = import.ty();
            match self.find(store, index, &import, &ty).await {
                Ok(import) => found.push(import),
                Err(problem) => wrong.add(&FailedImport::new(import.module(), import.name()), &problem, &ty),
            }
        }
        if wrong.count == 0 {
            return Ok(found);
        }
        let text = format!("{} cannot be instantiated, imports: {}", store.data().module.name(), wrong.listed());
        Err(WasmError::new(ErrorCode::Instantiate, text))
    }

    /// What one import is met with. The error is a sentence without its subject.
    async fn find(
        &self,
        store: &mut Context<'_>,
        index: usize,
        import: &ImportType<'_>,
        ty: &ExternType,
    ) -> Result<Extern, String> {
        if let Some(given) = &self.given {
            let names = || FailedImport::new(import.module(), import.name());
            let imported = |ty: &FuncType| Imported { import: names(), ty: ty.clone() };
            match (ty, given.given.get(index).unwrap_or(&Given::Nothing)) {
                (_, Given::Nothing) => {}
                (ExternType::Func(ty), Given::Function) => {
                    let (events, set) = (given.events.clone(), given.set);
                    return Ok(HostFunction { events, set, index, imported: imported(ty) }.into_func(store).into());
                }
                (ExternType::Func(ty), Given::Native(function)) => {
                    let function = NativeImport { function: function.clone(), imported: imported(ty) };
                    return Ok(function.into_func(store).into());
                }
                (ExternType::Global(ty), Given::Value(arg)) => return global(store, ty, arg).await,
                (_, Given::Fresh) => return fresh::make(store, import.name(), ty).await,
                (_, Given::Function | Given::Native(_)) => return Err("is a function".to_owned()),
                (_, Given::Value(arg)) => return Err(format!("is {}", arg.value.kind())),
            }
        }
        match (self.linker.get_by_import(&mut *store, import), ty) {
            (Some(found), _) if import_matches(ty, &found.ty(&*store)) => Ok(found),
            (Some(_), _) => Err("is of another type".to_owned()),
            (None, ExternType::Func(ty)) if self.unknown == UnknownImports::Trap => {
                Ok(trapping(store, FailedImport::new(import.module(), import.name()), ty.clone()).into())
            }
            (None, _) => Err("is missing".to_owned()),
        }
    }
}

/// A global of this type with a value from outside.
async fn global(store: &mut Context<'_>, ty: &GlobalType, arg: &Arg) -> Result<Extern, String> {
    let wanted = value_type(ty.content());
    if arg.is_missing() && wanted != ValueType::ExternRef {
        return Err("is missing".to_owned());
    }
    let value = Value::from_arg(arg, wanted)?;
    let val = to_val(store, value, ty.content()).await?;
    let global = Global::new(&mut *store, ty.clone(), val);
    global.map(Extern::Global).map_err(|error| format!("cannot be made: {error:#}"))
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

/// What to do where it is not clear from the type that is wanted.
fn hint(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) | ExternType::Global(_) => "",
        ExternType::Memory(_) => "; none is shared: give { kind: \"memory\" }, which makes one of the instance's own",
        ExternType::Table(_) => "; none is shared: give { kind: \"table\" }, which makes one of the instance's own",
        ExternType::Tag(_) => ", which cannot be given",
    }
}
