//! What `exec` runs of a module: its `_start`, or an export that is named, or nothing but its initialization; and how that ends.

use super::output::{listed, print, shown};
use super::{invoke, invoke_component};
use crate::actor::config::InstanceConfig;
use crate::actor::message::{Answer, Call, Command};
use crate::error::{ErrorCode, WasmError};
use crate::interface::{Interface, has_failed, is_command};
use crate::registry::{InstanceId, ModuleId, Runtime};
use crate::signature::{Export, ExportKind};
use crate::terminal::{Label, say};
use crate::value::{Arg, Value};
use std::path::Path;

/// The exit code after a trap or a spent limit: that of a process that aborted.
const EXIT_TRAPPED: i32 = 134;
/// The export by which a command runs, and that by which a library is made ready.
const COMMAND_ENTRY: &str = "_start";
const LIBRARY_ENTRY: &str = "_initialize";
/// The same of a component that is a command, whatever the version.
const COMPONENT_ENTRY: &str = "wasi:cli/run#run";

/// What to run: an export by name, with its arguments as they were written.
pub(super) struct Invocation {
    pub(super) export: String,
    pub(super) args: Vec<String>,
}

/// How a run ends that does not return.
enum End {
    /// The guest has ended the program, with this code.
    Exited(i32),
    /// It has trapped, or reached a limit.
    Trapped(WasmError),
    /// It could not be run.
    Refused(String),
}

impl End {
    fn of(error: WasmError) -> Self {
        let has_run = error.trap.is_some() || !error.guest_stack.is_empty();
        match (error.exit_code, error.code) {
            (Some(code), _) => End::Exited(code),
            (None, ErrorCode::FuelExhausted | ErrorCode::Call) => End::Trapped(error),
            _ if has_run => End::Trapped(error),
            _ => End::Refused(error.to_string()),
        }
    }
}

/// Runs a module and gives the process's exit code.
///
/// # Errors
/// A sentence where it could not be run.
pub(super) async fn run(
    runtime: &Runtime,
    file: &Path,
    bytes: Vec<u8>,
    config: InstanceConfig,
    invocation: Option<Invocation>,
) -> Result<i32, String> {
    match try_run(runtime, file, bytes, config, invocation).await {
        Ok(()) => Ok(0),
        // What a parent sees of a code.
        Err(End::Exited(code)) => Ok(code & 0xff),
        Err(End::Refused(why)) => Err(why),
        Err(End::Trapped(error)) => {
            let frames = error.guest_stack.iter().map(|frame| format!("\n    at {frame}"));
            say(Label::Error, &format!("{error}{}", frames.collect::<String>()));
            Ok(EXIT_TRAPPED)
        }
    }
}

async fn try_run(
    runtime: &Runtime,
    file: &Path,
    bytes: Vec<u8>,
    config: InstanceConfig,
    invocation: Option<Invocation>,
) -> Result<(), End> {
    let name = format!("the module {}", shown(file));
    let module = runtime.compile(name.clone(), bytes).await.map_err(End::of)?;
    if let Some(interface) = runtime.module_interface(module).map_err(End::of)? {
        return run_component(runtime, module, &name, &interface, config, invocation).await;
    }
    let exports = runtime.module_exports(module).map_err(End::of)?;
    let entry = entry(&exports, invocation.as_ref());
    if entry.is_none() && !has_start(runtime, module).await? {
        let others = listed(functions(&exports));
        return Err(End::Refused(no_command(&name, COMMAND_ENTRY, &others, &config)));
    }
    let args = match &invocation {
        Some(Invocation { export, args }) => invoke::arguments(&name, &exports, export, args).map_err(End::Refused)?,
        None => Vec::new(),
    };
    let instance = InstanceId(runtime.instantiate(module, config).await.map_err(uninstantiated)?.id());
    // What has a start function only has run by now.
    let Some(entry) = entry else { return Ok(()) };
    if ![COMMAND_ENTRY, LIBRARY_ENTRY].contains(&entry) && is_function(&exports, LIBRARY_ENTRY) {
        call(runtime, instance, LIBRARY_ENTRY, Vec::new()).await?;
    }
    let results = call(runtime, instance, entry, args).await?;
    if invocation.is_none() && entry == LIBRARY_ENTRY {
        tell_of_library(&name, &exports);
    }
    print(&results.iter().map(invoke::line).collect::<String>()).map_err(End::Refused)
}

/// Why a module is not instantiated, and what to do where nobody has a function that it imports.
fn uninstantiated(error: WasmError) -> End {
    match End::of(error) {
        End::Refused(why) if why.contains("\" is missing: expected a function") => {
            End::Refused(format!("{why}; with --trap-unknown-imports it runs until it calls such a function"))
        }
        end => end,
    }
}

/// The same of a component.
async fn run_component(
    runtime: &Runtime,
    module: ModuleId,
    name: &str,
    interface: &Interface,
    config: InstanceConfig,
    invocation: Option<Invocation>,
) -> Result<(), End> {
    let Some(Invocation { export, args }) = invocation else {
        let command = interface.exports.iter().map(|function| function.full_name()).find(|name| is_command(name));
        let Some(command) = command else {
            return Err(End::Refused(no_command(
                name,
                COMPONENT_ENTRY,
                &invoke_component::exported(interface),
                &config,
            )));
        };
        let instance = InstanceId(runtime.instantiate(module, config).await.map_err(End::of)?.id());
        let results = call(runtime, instance, &command, Vec::new()).await?;
        return if has_failed(&results) { Err(End::Exited(1)) } else { Ok(()) };
    };
    let function = invoke_component::find(name, interface, &export).map_err(End::Refused)?;
    let args = invoke_component::arguments(interface, function, &args).map_err(End::Refused)?;
    let instance = InstanceId(runtime.instantiate(module, config).await.map_err(End::of)?.id());
    let results = call(runtime, instance, &function.full_name(), args).await?;
    let lines = invoke_component::lines(interface, function, &results).map_err(End::Refused)?;
    print(&lines).map_err(End::Refused)
}

/// Does a module run something when it is instantiated?
async fn has_start(runtime: &Runtime, module: ModuleId) -> Result<bool, End> {
    let info = runtime.inspect(module).await.map_err(End::of)?;
    Ok(info.module().is_some_and(|info| info.start))
}

fn no_command(name: &str, wanted: &str, exported: &str, config: &InstanceConfig) -> String {
    let misplaced = config.wasi.args.iter().any(|arg| arg == "--invoke" || arg.starts_with("--invoke="));
    let before = if misplaced { "; it goes before the file: what follows that is the guest's" } else { "" };
    format!("{name} has no export \"{wanted}\": it is no WASI command; --invoke EXPORT calls another{exported}{before}")
}

/// Says what became of a library, of which nothing else was asked.
fn tell_of_library(name: &str, exports: &[Export]) {
    let others = listed(functions(exports).filter(|export| export != LIBRARY_ENTRY));
    if !others.is_empty() {
        let text = format!("{name} is a library: it was made ready, and --invoke EXPORT calls what it has{others}");
        say(Label::Note, &text);
    }
}

fn functions(exports: &[Export]) -> impl Iterator<Item = String> {
    let functions = exports.iter().filter(|export| matches!(export.kind, ExportKind::Function { .. }));
    functions.map(|export| export.name.to_string())
}

/// The export to call: the one that is named, or else by what there is.
fn entry<'a>(exports: &[Export], invocation: Option<&'a Invocation>) -> Option<&'a str> {
    let own = || [COMMAND_ENTRY, LIBRARY_ENTRY].into_iter().find(|name| is_function(exports, name));
    invocation.map(|invocation| &*invocation.export).or_else(own)
}

async fn call(runtime: &Runtime, instance: InstanceId, name: &str, args: Vec<Arg>) -> Result<Vec<Value>, End> {
    let call = Call { name: name.into(), args, ..Call::default() };
    match runtime.ask(instance, Command::Call(call)).await.map_err(End::of)? {
        Answer::Values(values) => Ok(values),
        _ => Ok(Vec::new()),
    }
}

fn is_function(exports: &[Export], name: &str) -> bool {
    exports.iter().any(|export| export.name == name && matches!(export.kind, ExportKind::Function { .. }))
}
