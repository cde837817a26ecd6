//! Making an instance: options from JavaScript become a configuration, and every path becomes an opened directory.

use super::abort::AbortHandle;
use super::convert::{Args, Reply, time};
use super::given;
use super::host::{WasmHost, module_id, off_loop, refused};
use super::limits::{LimitOptions, limits};
use super::stdio::{InputEnd, OutputEnd, StreamIds, add};
use crate::actor::config::{Cause, InstanceConfig, Preopen, RestartPolicy, Stdin, Stdout, WasiConfig};
use crate::actor::host_call::HostImports;
use crate::actor::pipe::{PipeReader, pipe};
use crate::caps::{Access, Caps};
use crate::error::{ErrorCode, Result, WasmError};
use deno_core::{CancelFuture, OpState, ToV8, op2};
use serde::Deserialize;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The options, as `js/options.js` has checked and spelled them out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    name: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    preopens: Vec<PreopenOption>,
    stdin: String,
    stdin_bytes: Option<deno_core::serde_v8::JsBuffer>,
    stdout: String,
    stderr: String,
    limits: LimitOptions,
    import_set: f64,
    restart: Option<RestartOptions>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestartOptions {
    on: Vec<String>,
    max: f64,
    within_ms: f64,
    backoff_ms: f64,
}

#[derive(Debug, Deserialize)]
struct PreopenOption {
    guest: String,
    path: String,
    access: String,
}

/// A new instance, and the resources behind its piped streams.
#[derive(ToV8)]
pub struct Made {
    id: f64,
    name: String,
    pipes: StreamIds,
}

/// Makes an instance. What its imports are met with: see [`given`]. Closing the resource `abort`, a handle of [`op_wasm_abort_handle`], ends what has started; -1 is none.
#[op2]
pub async fn op_wasm_instantiate(
    state: Rc<RefCell<OpState>>,
    module: f64,
    #[serde] options: Options,
    #[buffer(copy)] kinds: Vec<u8>,
    #[scoped] values: Args,
    #[smi] abort: i32,
) -> Reply<Made> {
    let imports = given::imports(&state, &kinds, values, options.import_set);
    Reply(match AbortHandle::of(&state, abort) {
        None => instantiate(state, module, options, imports, None).await,
        Some(handle) => instantiate(state, module, options, imports, Some(handle.clone()))
            .or_cancel(handle.cancel.clone())
            .await
            .unwrap_or_else(|_| Err(WasmError::new(ErrorCode::Instantiate, "the instantiation was aborted"))),
    })
}

async fn instantiate(
    state: Rc<RefCell<OpState>>,
    module: f64,
    options: Options,
    imports: Option<HostImports>,
    abort: Option<Rc<AbortHandle>>,
) -> Result<Made> {
    let host = WasmHost::enabled(&state)?;
    let limits = limits(host.caps.limits(), host.runtime.options(), &options.limits)?;
    let Options { name, args, env, preopens, stdin, stdin_bytes, stdout, stderr, restart, .. } = options;
    // Before anything is waited for: the app may change its buffer then.
    let stdin_bytes = stdin_bytes.map(|bytes| bytes.to_vec());
    let caps = host.caps.clone();
    let preopens = match preopens.is_empty() {
        true => Vec::new(),
        false => off_loop(move || preopens.iter().map(|preopen| open(&caps, preopen)).collect()).await?,
    };
    let mut stdin_end = None;
    let stdin = match (stdin_bytes, stdin.as_str()) {
        (Some(bytes), _) => Stdin::Bytes(bytes),
        (None, "inherit") => Stdin::Inherit,
        (None, "piped") => {
            let (writer, reader) = pipe();
            stdin_end = Some(InputEnd(writer));
            Stdin::Pipe(Arc::new(reader))
        }
        (None, _) => Stdin::Null,
    };
    let (stdout, stdout_end) = output(&stdout);
    let (stderr, stderr_end) = output(&stderr);
    let wasi = WasiConfig { args, env, preopens, stdin, stdout, stderr };
    let config =
        InstanceConfig { name, limits, wasi, imports, restart: restart.map(policy), ..InstanceConfig::default() };
    let starting = host.runtime.start(module_id(module)?, config).await?;
    if let Some(abort) = &abort {
        abort.started(starting.actor());
    }
    let actor = starting.finish().await;
    if let Some(abort) = &abort {
        abort.over();
    }
    let actor = actor?;
    let pipes = StreamIds {
        stdin: add(&state, stdin_end),
        stdout: add(&state, stdout_end.map(OutputEnd)),
        stderr: add(&state, stderr_end.map(OutputEnd)),
    };
    Ok(Made { id: actor.id() as f64, name: actor.name().to_string(), pipes })
}

fn output(choice: &str) -> (Stdout, Option<PipeReader>) {
    match choice {
        "inherit" => (Stdout::Inherit, None),
        "piped" => {
            let (writer, reader) = pipe();
            (Stdout::Pipe(Arc::new(writer)), Some(reader))
        }
        _ => (Stdout::Null, None),
    }
}

fn open(caps: &Caps, wanted: &PreopenOption) -> Result<Preopen> {
    let access = match wanted.access.as_str() {
        "read" => Some(Access::Read),
        "readwrite" => Some(Access::ReadWrite),
        _ => None,
    };
    let granted = caps.open_preopen(&wanted.path, access).map_err(refused)?;
    let writable = granted.access == Access::ReadWrite;
    Ok(Preopen { guest_path: wanted.guest.clone(), dir: Arc::new(granted.dir), writable })
}

fn policy(wanted: RestartOptions) -> RestartPolicy {
    let cause =
        |name: &String| [Cause::Trap, Cause::Timeout, Cause::Fuel].into_iter().find(|cause| cause.name() == *name);
    let backoff = if wanted.backoff_ms == 0.0 { Duration::ZERO } else { time(wanted.backoff_ms) };
    RestartPolicy {
        on: wanted.on.iter().filter_map(cause).collect(),
        max: wanted.max as usize,
        within: time(wanted.within_ms),
        backoff,
    }
}
