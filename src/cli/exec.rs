//! `runtime-wasm exec`: run one WASI command with what the flags grant and nothing else.

use super::log::Log;
use super::run::SHUTDOWN_PATIENCE;
use crate::actor::config::{InstanceConfig, Limits, Preopen, Stdin, Stdout, WasiConfig};
use crate::actor::message::{Ask, Call};
use crate::error::{ErrorCode, WasmError};
use crate::registry::{InstanceId, Runtime, RuntimeOptions};
use clap::Args;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The exit code after a trap or a spent limit: that of a process that aborted.
const EXIT_TRAPPED: i32 = 134;
/// The exit code after Ctrl-C: 128 and the signal's number.
const EXIT_INTERRUPTED: i32 = 130;

/// Run one WASI command with what the flags grant, and nothing else; exits with its code
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  runtime-wasm exec hello.wasm
  runtime-wasm exec --dir ./pictures::/in::ro --dir ./out::/out resvg.wasm /in/a.svg /out/a.png
  runtime-wasm exec --env LANG=C --timeout-ms 5000 tool.wasm --verbose")]
pub(super) struct Exec {
    /// Show a folder to the guest, under another name if one is given; `::ro` makes it read-only
    #[arg(long = "dir", value_name = "HOST[::GUEST[::ro]]")]
    dirs: Vec<String>,
    /// Set an environment variable; the guest sees no others
    #[arg(long = "env", value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// End the guest after this many milliseconds
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// End the guest after this much fuel (about one unit an instruction)
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,
    /// Bound all memories of the guest together, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    memory_mib: u64,
    #[command(flatten)]
    log: Log,
    /// Write a WebAssembly core dump for each trap into this folder
    #[arg(long, value_name = "DIR")]
    coredump: Option<PathBuf>,
    /// The WASI command
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Arguments for the guest, after its own name
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Exec {
    /// Runs the command and returns the process's exit code.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        self.log.start()?;
        Ok(try_exec(&self)?)
    }
}

fn try_exec(args: &Exec) -> Result<i32, String> {
    let bytes = fs::read(&args.file).map_err(|error| format!("{} cannot be read: {error}", args.file.display()))?;
    let config = config(args)?;
    let options =
        RuntimeOptions { max_module_bytes: u64::MAX, core_dumps: args.coredump.clone(), ..RuntimeOptions::default() };
    let runtime = Runtime::new(options).map_err(|error| format!("no threads to start with: {error}"))?;
    let waiting = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no event loop: {error}"))?;
    let code = waiting.block_on(async {
        tokio::select! {
            code = run(&runtime, &args.file, bytes, config) => code,
            _ = tokio::signal::ctrl_c() => Ok(EXIT_INTERRUPTED),
        }
    });
    runtime.shutdown(SHUTDOWN_PATIENCE);
    code
}

async fn run(runtime: &Runtime, file: &Path, bytes: Vec<u8>, config: InstanceConfig) -> Result<i32, String> {
    let show = |error: WasmError| error.to_string();
    let module = runtime.compile(format!("the module {}", file.display()), bytes).await.map_err(show)?;
    let instance = runtime.instantiate(module, config).await.map_err(show)?;
    let start = Call { name: "_start".to_owned(), ..Call::default() };
    match runtime.ask(InstanceId(instance.id()), Ask::Call(start)).await {
        Ok(_) => Ok(0),
        Err(WasmError { exit_code: Some(code), .. }) => Ok(code),
        Err(error) if error.code == ErrorCode::ExportNotFound => Err(format!("{error}: it is no WASI command")),
        Err(error) => {
            eprintln!("error: {error}");
            for frame in &error.guest_stack {
                eprintln!("    at {frame}");
            }
            Ok(EXIT_TRAPPED)
        }
    }
}

fn config(args: &Exec) -> Result<InstanceConfig, String> {
    let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let wasi = WasiConfig {
        args: [name.clone()].into_iter().chain(args.args.iter().cloned()).collect(),
        env: args.env.iter().map(|pair| variable(pair)).collect::<Result<_, _>>()?,
        preopens: args.dirs.iter().map(|dir| preopen(dir)).collect::<Result<_, _>>()?,
        stdin: Stdin::Inherit,
        stdout: Stdout::Inherit,
        stderr: Stdout::Inherit,
    };
    let limits = Limits {
        fuel: args.fuel,
        timeout: args.timeout_ms.map(Duration::from_millis),
        memory_bytes: args.memory_mib.saturating_mul(1 << 20),
        ..Limits::default()
    };
    Ok(InstanceConfig { name, limits, wasi, imports: None, restart: None })
}

fn variable(pair: &str) -> Result<(String, String), String> {
    let (name, value) = pair.split_once('=').ok_or_else(|| format!("--env {pair}: expected NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn preopen(flag: &str) -> Result<Preopen, String> {
    let mut parts = flag.split("::");
    let host = parts.next().unwrap_or_default();
    let guest = parts.next().unwrap_or(host);
    let writable = match parts.next() {
        None | Some("rw") => true,
        Some("ro") => false,
        Some(other) => return Err(format!("--dir {flag}: \"{other}\" is neither ro nor rw")),
    };
    if parts.next().is_some() {
        return Err(format!("--dir {flag}: expected HOST[::GUEST[::ro]]"));
    }
    let dir = File::open(host).map_err(|error| format!("--dir {flag}: {host} cannot be opened: {error}"))?;
    if !dir.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(format!("--dir {flag}: {host} is not a folder"));
    }
    Ok(Preopen { guest_path: guest.to_owned(), dir: Arc::new(dir.into()), writable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dir_flags_name_host_guest_and_access() {
        let both = preopen(".::/guest::ro").unwrap();
        assert_eq!((both.guest_path.as_str(), both.writable), ("/guest", false));
        let same = preopen(".").unwrap();
        assert_eq!((same.guest_path.as_str(), same.writable), (".", true));
        for bad in ["/no/such/folder", ".::/g::wo", ".::/g::ro::x", "Cargo.toml"] {
            assert!(preopen(bad).unwrap_err().contains(bad), "{bad}");
        }
    }
}
