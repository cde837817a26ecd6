//! What `exec` runs of a module: its `_start`, or an export that is named, or nothing but its initialization; and how that ends.

use super::invoke;
use super::output::{print, say, shown};
use crate::actor::config::InstanceConfig;
use crate::actor::message::{Answer, Call, Command};
use crate::error::{ErrorCode, WasmError};
use crate::interface::{has_failed, is_command};
use crate::registry::{InstanceId, Runtime};
use crate::signature::{Export, ExportKind};
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
            say(&format!("error: {error}{}", frames.collect::<String>()));
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
    let exports = runtime.module_exports(module).map_err(End::of)?;
    let entry = entry(&exports, invocation.as_ref());
    let is_component = runtime.module_interface(module).map_err(End::of)?.is_some();
    if entry.is_none() {
        let info = runtime.inspect(module).await.map_err(End::of)?;
        if is_component || !info.module().is_some_and(|info| info.start) {
            let wanted = if is_component { COMPONENT_ENTRY } else { COMMAND_ENTRY };
            let text =
                format!("{name} has no export \"{wanted}\": it is no WASI command; --invoke EXPORT calls another");
            return Err(End::Refused(text));
        }
    }
    let args = match &invocation {
        Some(_) if is_component => {
            let text =
                format!("{name} is a component: --invoke calls functions of modules, whose arguments are numbers");
            return Err(End::Refused(text));
        }
        None if is_component => Vec::new(),
        Some(Invocation { export, args }) => invoke::arguments(&name, &exports, export, args).map_err(End::Refused)?,
        None => Vec::new(),
    };
    let instance = InstanceId(runtime.instantiate(module, config).await.map_err(End::of)?.id());
    // What has a start function only has run by now.
    let Some(entry) = entry else { return Ok(()) };
    if ![COMMAND_ENTRY, LIBRARY_ENTRY].contains(&entry) && is_function(&exports, LIBRARY_ENTRY) {
        call(runtime, instance, LIBRARY_ENTRY, Vec::new()).await?;
    }
    let results = call(runtime, instance, entry, args).await?;
    if is_component {
        return if has_failed(&results) { Err(End::Exited(1)) } else { Ok(()) };
    }
    print(&results.iter().map(invoke::line).collect::<String>()).map_err(End::Refused)
}

/// The export to call: the one that is named, or else by what there is.
fn entry<'a>(exports: &'a [Export], invocation: Option<&'a Invocation>) -> Option<&'a str> {
    let own = || {
        let known = [COMMAND_ENTRY, LIBRARY_ENTRY].into_iter().find(|name| is_function(exports, name));
        known.or_else(|| exports.iter().map(|export| &*export.name).find(|name| is_command(name)))
    };
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
