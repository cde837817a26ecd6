//! One script, run through actors.

use crate::imports::{has_fresh, met};
use crate::outcome::{CORE, Outcome, Reason, Tally};
use crate::values::{argument, is_reference};
use crate::verdict::{Ran, cannot_cross, returned, trapped};
use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::module_info::ModuleInfo;
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime};
use std::collections::HashMap;
use wasmparser::{Validator, WasmFeatures};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, WastExecute, WastInvoke};

/// What is off, by the name that docs/wasm-features.md has. The order is that in which they are tried.
const OFF: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom-descriptors"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom-page-sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide-arithmetic"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything-threads"),
    (WasmFeatures::STACK_SWITCHING, "stack-switching"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy-exceptions"),
];

/// Runs all directives.
pub async fn run(runtime: &Runtime, group: &str, text: &str) -> Tally {
    let mut tally = Tally::default();
    let mut lexer = Lexer::new(text);
    // Names in the suite are meant to confuse.
    lexer.allow_confusing_unicode(true);
    let parsed = ParseBuffer::new_with_lexer(lexer);
    let wast = match parsed.as_ref().map(parser::parse::<Wast>) {
        Ok(Ok(wast)) => wast,
        Ok(Err(error)) => {
            tally.add(0, Outcome::Failed(format!("the script cannot be parsed: {}", error.message())));
            return tally;
        }
        Err(error) => {
            tally.add(0, Outcome::Failed(format!("the script cannot be read: {}", error.message())));
            return tally;
        }
    };
    let mut script = Script {
        runtime,
        group: group.to_owned(),
        instances: HashMap::new(),
        modules: HashMap::new(),
        registered: HashMap::new(),
        excused: HashMap::new(),
        made: Vec::new(),
    };
    for directive in wast.directives {
        let line = directive.span().linecol_in(text).0 + 1;
        if let Some(outcome) = script.directive(directive).await {
            tally.add(line, outcome);
        }
    }
    for id in script.made {
        let _ = runtime.end(id, StopReason::Dropped).await;
    }
    tally
}

/// An instance, or why there is none.
type Slot = Result<InstanceId, Outcome>;

struct Script<'a> {
    runtime: &'a Runtime,
    group: String,
    /// By name; the last one made is `None`.
    instances: HashMap<Option<String>, Slot>,
    modules: HashMap<Option<String>, Vec<u8>>,
    /// What can be imported by which name.
    registered: HashMap<String, Option<InstanceId>>,
    /// Instances that are not in the state that the suite expects, and why.
    excused: HashMap<InstanceId, Reason>,
    made: Vec<InstanceId>,
}

impl Script<'_> {
    /// What became of an assertion; of other directives only a failure is told.
    async fn directive(&mut self, directive: WastDirective<'_>) -> Option<Outcome> {
        Some(match directive {
            WastDirective::Module(module) => return self.module(module).await,
            WastDirective::ModuleDefinition(mut module) => {
                let name = name(module.name());
                let bytes = module.encode().ok()?;
                self.modules.insert(name, bytes.clone());
                self.modules.insert(None, bytes);
                return None;
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let bytes = self.modules.get(&name(module))?.clone();
                return self.keep(name(instance), bytes).await;
            }
            WastDirective::Register { name: registered, module, .. } => {
                let id = self.instances.get(&name(module)).and_then(|slot| slot.clone().ok());
                self.registered.insert(registered.to_owned(), id);
                return None;
            }
            WastDirective::Invoke(invoke) => {
                let on = name(invoke.module);
                match self.invoke(invoke).await {
                    Ran::Error(error) => match self.excused(on, Outcome::Failed(error.to_string())) {
                        failed @ Outcome::Failed(_) => failed,
                        _ => return None,
                    },
                    Ran::Values(_) | Ran::Not(_) => return None,
                }
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let on = instance_of(&exec);
                let outcome = match self.execute(exec).await {
                    Ran::Values(found) => returned(&found, &results),
                    Ran::Error(error) if results.iter().any(is_reference) => cannot_cross(&error),
                    Ran::Error(error) => Outcome::Failed(error.to_string()),
                    Ran::Not(outcome) => outcome,
                };
                self.excused(on, outcome)
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                let on = instance_of(&exec);
                let outcome = trapped(self.execute(exec).await, message);
                self.excused(on, outcome)
            }
            WastDirective::AssertExhaustion { call, message, .. } => trapped(self.invoke(call).await, message),
            WastDirective::AssertException { exec, .. } => trapped(self.execute(exec).await, "uncaught exception"),
            WastDirective::AssertInvalid { module, .. } | WastDirective::AssertMalformed { module, .. } => {
                self.refused(module).await
            }
            WastDirective::AssertUnlinkable { mut module, .. } => match module.encode() {
                Ok(bytes) => self.unlinkable(&bytes).await,
                Err(error) => Outcome::Failed(error.message()),
            },
            WastDirective::AssertMalformedCustom { .. } | WastDirective::AssertInvalidCustom { .. } => {
                Outcome::NotApplicable(Reason::Text)
            }
            WastDirective::Thread(_) | WastDirective::Wait { .. } => return None,
            _ => Outcome::Failed("a directive that is not known here".to_owned()),
        })
    }

    /// Of an instance that is not in the state that is expected a failure says nothing.
    fn excused(&self, on: Option<String>, outcome: Outcome) -> Outcome {
        let id = self.instances.get(&on).and_then(|slot| slot.as_ref().ok());
        match (outcome, id.and_then(|id| self.excused.get(id))) {
            (Outcome::Failed(_), Some(reason)) => Outcome::NotApplicable(*reason),
            (outcome, _) => outcome,
        }
    }

    async fn module(&mut self, mut module: QuoteWat<'_>) -> Option<Outcome> {
        let name = name(module.name());
        match module.encode() {
            Ok(bytes) => self.keep(name, bytes).await,
            Err(error) => Some(Outcome::Failed(format!("a module cannot be encoded: {}", error.message()))),
        }
    }

    /// Makes an instance for the directives that follow.
    async fn keep(&mut self, name: Option<String>, bytes: Vec<u8>) -> Option<Outcome> {
        let slot = match self.instantiate(&bytes).await {
            Ok(id) => Ok(id),
            Err(Ran::Not(outcome)) => Err(outcome),
            Err(Ran::Error(_)) if self.imports_fresh(&bytes).await => Err(Outcome::NotApplicable(Reason::Fresh)),
            Err(Ran::Error(error)) => Err(Outcome::Failed(format!("its module: {error}"))),
            Err(Ran::Values(_)) => return None,
        };
        let failed = slot.clone().err().filter(|outcome| matches!(outcome, Outcome::Failed(_)));
        if name.is_some() {
            self.instances.insert(name, slot.clone());
        }
        self.instances.insert(None, slot);
        failed
    }

    async fn info(&self, module: ModuleId) -> Result<ModuleInfo, WasmError> {
        let info = self.runtime.inspect(module).await?.module();
        info.ok_or_else(|| WasmError::new(ErrorCode::Compile, "the suite has no components"))
    }

    async fn imports_fresh(&self, bytes: &[u8]) -> bool {
        let Ok(module) = self.compile(bytes).await else { return false };
        self.info(module).await.is_ok_and(|info| has_fresh(&info))
    }

    async fn compile(&self, bytes: &[u8]) -> Result<ModuleId, Ran> {
        match self.runtime.compile("the module".to_owned(), bytes.to_owned()).await {
            Ok(id) => Ok(id),
            Err(error) => {
                Err(self.what_is_off(bytes, &error).map_or(Ran::Error(error), |what| Ran::Not(Outcome::Off(what))))
            }
        }
    }

    /// The proposal with which the module would have been valid.
    fn what_is_off(&self, bytes: &[u8], error: &WasmError) -> Option<&'static str> {
        if error.code != ErrorCode::Compile {
            return None;
        }
        let is_valid = |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
        let ours = WasmFeatures::default();
        if self.group == "custom-descriptors" {
            // What validates them is not there yet.
            return Some("custom-descriptors");
        }
        if is_valid(ours) {
            return error.message.contains("shared").then_some("shared-memory");
        }
        OFF.iter().find(|(feature, _)| is_valid(ours | *feature)).map(|(_, name)| *name)
    }

    async fn instantiate(&mut self, bytes: &[u8]) -> Result<InstanceId, Ran> {
        let module = self.compile(bytes).await?;
        let info = self.info(module).await.map_err(Ran::Error)?;
        let imports = met(&info, &self.registered).map_err(|from| {
            // From here on the suite expects of those what this one would have done to them.
            self.excused.extend(from.into_iter().map(|id| (id, Reason::Shared)));
            Ran::Not(Outcome::NotApplicable(Reason::Shared))
        })?;
        let config = InstanceConfig { imports: Some(imports), ..InstanceConfig::default() };
        let made = self.runtime.instantiate(module, config).await;
        let _ = self.runtime.drop_module(module);
        let id = InstanceId(made.map_err(Ran::Error)?.id());
        self.made.push(id);
        if has_fresh(&info) {
            self.excused.insert(id, Reason::Fresh);
        }
        Ok(id)
    }

    async fn execute(&mut self, exec: WastExecute<'_>) -> Ran {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke).await,
            WastExecute::Get { module, global, .. } => {
                self.ask(name(module), Command::GlobalGet(global.to_owned())).await
            }
            WastExecute::Wat(mut module) => match module.encode() {
                Ok(bytes) => match self.instantiate(&bytes).await {
                    Ok(_) => Ran::Values(Vec::new()),
                    Err(ran) => ran,
                },
                Err(error) => Ran::Not(Outcome::Failed(error.message())),
            },
        }
    }

    async fn invoke(&mut self, invoke: WastInvoke<'_>) -> Ran {
        let args: Option<Vec<_>> = invoke.args.iter().map(argument).collect();
        let Some(args) = args else { return Ran::Not(Outcome::NotApplicable(Reason::Reference)) };
        let args = args.into_iter().map(Into::into).collect();
        let call = Call { name: invoke.name.into(), args, ..Call::default() };
        self.ask(name(invoke.module), Command::Call(call)).await
    }

    async fn ask(&mut self, name: Option<String>, command: Command) -> Ran {
        match self.instances.get(&name).cloned() {
            Some(Ok(id)) => match self.runtime.ask(id, command).await {
                Ok(Answer::Values(values)) => Ran::Values(values),
                Ok(other) => Ran::Not(Outcome::Failed(format!("it was answered with {other:?}"))),
                Err(error) => Ran::Error(error),
            },
            Some(Err(outcome)) => Ran::Not(outcome),
            None => Ran::Not(Outcome::Failed(format!("there is no module {name:?}"))),
        }
    }

    /// Is the module refused with 5000?
    async fn refused(&self, mut module: QuoteWat<'_>) -> Outcome {
        let bytes = match module.to_test() {
            // A text that is no module is for its parser to find out.
            Ok(QuoteWatTest::Text(_)) => return Outcome::NotApplicable(Reason::Text),
            Ok(QuoteWatTest::Binary(bytes)) => bytes,
            Err(_) => return Outcome::NotApplicable(Reason::Text),
        };
        let is_valid_today = || Validator::new().validate_all(&bytes).is_ok();
        match self.runtime.compile("the module".to_owned(), bytes.clone()).await {
            Ok(_) if self.group != CORE && is_valid_today() => Outcome::NotApplicable(Reason::Superseded),
            Ok(_) => Outcome::Failed("it was taken".to_owned()),
            Err(error) if error.code == ErrorCode::Compile => Outcome::Passed,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// Is it refused with 5001, for an import?
    async fn unlinkable(&mut self, bytes: &[u8]) -> Outcome {
        let module = match self.compile(bytes).await {
            Ok(module) => module,
            Err(Ran::Not(outcome)) => return outcome,
            Err(Ran::Error(error)) => return Outcome::Failed(error.to_string()),
            Err(Ran::Values(_)) => return Outcome::Failed("it has values".to_owned()),
        };
        let Ok(info) = self.info(module).await else { return Outcome::Failed("not inspected".to_owned()) };
        match self.instantiate(bytes).await {
            Err(Ran::Error(error)) if error.code == ErrorCode::Instantiate && error.message.contains("import") => {
                Outcome::Passed
            }
            Err(Ran::Error(error)) => Outcome::Failed(error.to_string()),
            Err(Ran::Not(outcome)) => outcome,
            Ok(_) if has_fresh(&info) => Outcome::NotApplicable(Reason::Fresh),
            Ok(_) | Err(Ran::Values(_)) => Outcome::Failed("it was linked".to_owned()),
        }
    }
}

/// The instance that is asked; that of a module is not known.
fn instance_of(exec: &WastExecute<'_>) -> Option<String> {
    match exec {
        WastExecute::Invoke(invoke) => name(invoke.module),
        WastExecute::Get { module, .. } => name(*module),
        WastExecute::Wat(_) => Some(String::new()),
    }
}

fn name(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_owned())
}
