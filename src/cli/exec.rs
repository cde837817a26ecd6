//! `runtime-wasm exec`: run one WASI module with what the flags grant and nothing else.

use super::amount;
use super::cache_folder::CacheFlag;
use super::compile_module::in_this_program;
use super::entry::{self, Invocation};
use super::interruption::InterruptionFlag;
use super::log::Log;
use super::module_file::Bound;
use super::output::no_start;
use super::preopens::preopen;
use super::run::SHUTDOWN_PATIENCE;
use super::words;
use crate::actor::config::{InstanceConfig, Limits, Stdin, Stdout, UnknownImports, WasiConfig};
use crate::caps::Caps;
use crate::printable;
use crate::registry::{Runtime, RuntimeOptions};
use clap::{Args, ValueHint};
use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The exit code after Ctrl-C: 128 and the signal's number.
const EXIT_INTERRUPTED: i32 = 130;

/// Run one WASI module with what the flags grant, and nothing else; exits with its code
#[derive(Args, Debug)]
#[command(
    override_usage = "runtime-wasm exec [OPTIONS] FILE [ARGS]...",
    after_help = "\
All that follows FILE belongs to the guest, as it stands. A file whose name begins with a dash is named after `--`. FILE is a module or a component;
one whose name ends in .wat is assembled first.

A command is run by its export `_start`, a component by `wasi:cli/run`. Of a library without one `_initialize` is run; --invoke calls any export,
after that. A component's function takes strings and numbers as they are written, and everything else as JSON; so it prints its result.

Exit codes:
  the guest's own, of which a parent sees the lowest 8 bits
  134  the guest trapped, or reached a limit
  130  Ctrl-C
  1    it could not be run, or what --invoke called gave an error of WIT's
  2    a mistaken option

Examples:
  runtime-wasm exec hello.wasm
  runtime-wasm exec --dir ./pictures::/in::ro --dir ./out::/out resvg.wasm /in/a.svg /out/a.png
  runtime-wasm exec --env LANG=C --env HOME --timeout-ms 5000 tool.wasm --verbose
  runtime-wasm exec --invoke add calculator.wat 2 3
  runtime-wasm exec --invoke area shapes.component.wasm '{\"tag\":\"circle\",\"val\":2}'"
)]
pub(super) struct Exec {
    /// Show a folder to the guest, under another name if one is given; `::ro` makes it read-only
    #[arg(long = "dir", value_name = "HOST[::GUEST[::ro]]")]
    dirs: Vec<String>,
    /// Set an environment variable, or hand on one of this process by its name; the guest sees no others
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// End the guest after this many milliseconds
    #[arg(long, value_name = "MS", value_parser = amount::parse)]
    timeout_ms: Option<u64>,
    /// End the guest once it has used this many milliseconds of processor time
    #[arg(long, value_name = "MS", value_parser = amount::parse)]
    cpu_ms: Option<u64>,
    /// End the guest after this much fuel (about one unit an instruction)
    #[arg(long, value_name = "N", value_parser = amount::parse)]
    fuel: Option<u64>,
    /// Bound all memories of the guest together, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = amount::parse_bounded)]
    memory_mib: u64,
    /// Call this export with the arguments behind FILE, and print its results, each on a line
    #[arg(long, value_name = "EXPORT")]
    invoke: Option<String>,
    /// Run a module that imports functions which nobody has: it traps when it calls one
    #[arg(long)]
    trap_unknown_imports: bool,
    #[command(flatten)]
    module: Bound,
    #[command(flatten)]
    cache: CacheFlag,
    #[command(flatten)]
    interruption: InterruptionFlag,
    #[command(flatten)]
    log: Log,
    /// Write a WebAssembly core dump for each trap into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    coredump: Option<PathBuf>,
    /// The module, and after it the guest's own arguments
    #[arg(value_name = "FILE", required = true, trailing_var_arg = true, value_hint = ValueHint::FilePath)]
    words: Vec<OsString>,
}

impl Exec {
    /// Runs the command and returns the process's exit code.
    pub(super) fn execute(mut self) -> Result<i32, Box<dyn Error>> {
        let (file, args) = words::split(std::mem::take(&mut self.words))?;
        let _log = self.log.start()?;
        Ok(try_exec(&self, &file, args)?)
    }
}

fn try_exec(flags: &Exec, file: &Path, args: Vec<String>) -> Result<i32, String> {
    let invocation = flags.invoke.clone().map(|export| Invocation { export, args: args.clone() });
    let config = config(flags, file, args)?;
    let bytes = flags.module.read(file)?;
    let options = RuntimeOptions {
        max_module_bytes: flags.module.bytes(),
        core_dumps: flags.coredump.clone(),
        cache: flags.cache.cache(&Caps::denied())?,
        compile_process: in_this_program(),
        wait_for_lines: true,
        interruption: flags.interruption.interruption.unwrap_or_default(),
        // Compiled for these only.
        limits: config.limits.clone(),
        ..RuntimeOptions::default()
    };
    let runtime = Runtime::new(options).map_err(|error| no_start(&error))?;
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no event loop: {error}"))?;
    let code = waiting.block_on(async {
        tokio::select! {
            code = entry::run(&runtime, file, bytes, config, invocation) => code,
            _ = tokio::signal::ctrl_c() => Ok(EXIT_INTERRUPTED),
        }
    });
    runtime.shutdown(SHUTDOWN_PATIENCE);
    code
}

fn config(flags: &Exec, file: &Path, args: Vec<String>) -> Result<InstanceConfig, String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wasi = WasiConfig {
        args: [name.clone()].into_iter().chain(args).collect(),
        env: flags.env.iter().filter_map(|flag| variable(flag).transpose()).collect::<Result<_, _>>()?,
        preopens: flags.dirs.iter().map(|dir| preopen(dir)).collect::<Result<_, _>>()?,
        stdin: Stdin::Inherit,
        stdout: Stdout::Inherit,
        stderr: Stdout::Inherit,
        // Without a manifest nothing grants it.
        http: None,
    };
    let limits = Limits {
        fuel: flags.fuel,
        timeout: flags.timeout_ms.map(Duration::from_millis),
        cpu: flags.cpu_ms.map(Duration::from_millis),
        memory_bytes: flags.memory_mib.saturating_mul(1 << 20),
        ..Limits::default()
    };
    // Messages show it; the guest itself sees it as it is.
    let name = printable::name(&name);
    let unknown_imports = if flags.trap_unknown_imports { UnknownImports::Trap } else { UnknownImports::Refuse };
    Ok(InstanceConfig { name, limits, wasi, unknown_imports, ..InstanceConfig::default() })
}

/// `NAME=VALUE`, or a name that this process has a variable of: nothing is handed on where it has none.
fn variable(flag: &str) -> Result<Option<(String, String)>, String> {
    if let Some((name, value)) = flag.split_once('=') {
        return Ok(Some((name.to_owned(), value.to_owned())));
    }
    let shown = printable::sentence(flag);
    if flag.is_empty() {
        return Err("--env: expected NAME=VALUE, or the NAME of a variable to hand on".to_owned());
    }
    match env::var(flag) {
        Ok(value) => Ok(Some((flag.to_owned(), value))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("--env {shown}: the value that it has here is not UTF-8")),
    }
}
