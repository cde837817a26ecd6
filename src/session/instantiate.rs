//! Making an instance: options from JavaScript become a configuration, and every path becomes an opened directory.

use super::abort::Abort;
use super::encoding::{Encode, Fields, Js, JsResult};
use super::environment::Session;
use super::granted::PreopenWanted;
use super::ids::{module_id, time};
use super::limits::LimitOptions;
use super::streams::StreamHandles;
use crate::actor::config::{Cause, InstanceConfig, Preopen, RestartPolicy, Stdin, Stdout, WasiConfig};
use crate::actor::host_call::HostImports;
use crate::actor::pipe::{PipeReader, PipeWriter, pipe};
use crate::caps::Access;
use crate::error::{ErrorCode, Result, WasmError};
use crate::value::Arg;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The options, as `js/options.js` has checked and spelled them out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InstanceOptions {
    name: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    preopens: Vec<PreopenOption>,
    stdin: String,
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

/// What goes with the options: bytes and values, which are JavaScript's own.
#[derive(Debug, Default)]
pub struct Given {
    /// What the guest reads, where `stdin` is `bytes`.
    pub stdin: Vec<u8>,
    /// For each import a kind; see `js/import_object.js`.
    pub kinds: Vec<u8>,
    /// The values among them, in order.
    pub values: Vec<Arg>,
}

/// A new instance, and the handles of its piped streams.
#[derive(Debug)]
pub struct Made {
    id: f64,
    name: String,
    pipes: StreamHandles,
}

impl Encode for Made {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(Fields::of(js).number("id", self.id).text("name", &self.name).encoded("pipes", self.pipes)?.made())
    }
}

/// The app's ends of the streams that are piped.
#[derive(Default)]
struct Ends {
    stdin: Option<PipeWriter>,
    stdout: Option<PipeReader>,
    stderr: Option<PipeReader>,
}

impl Session {
    /// Makes an instance. Closing the handle `abort`, one of [`Session::abort_handle`], ends what has started; -1 is none.
    ///
    /// # Errors
    /// 5001 for what cannot be made, 5004 where there is no such module, 5009 for what is not granted.
    pub async fn instantiate(&self, module: f64, options: InstanceOptions, given: Given, abort: i32) -> Result<Made> {
        let imports = self.given(&given.kinds, given.values, options.import_set);
        match self.abort(abort) {
            None => self.make(module, options, given.stdin, imports, None).await,
            Some(abort) => abort
                .unless_fired(self.make(module, options, given.stdin, imports, Some(&abort)))
                .await
                .unwrap_or_else(|| Err(WasmError::new(ErrorCode::Instantiate, "the instantiation was aborted"))),
        }
    }

    async fn make(
        &self,
        module: f64,
        options: InstanceOptions,
        stdin: Vec<u8>,
        imports: Option<HostImports>,
        abort: Option<&Abort>,
    ) -> Result<Made> {
        let runtime = self.enabled()?;
        let limits = self.host.limits(&options.limits.wanted())?;
        let preopens = self.preopens(options.preopens).await?;
        let mut ends = Ends::default();
        let wasi = WasiConfig {
            args: options.args,
            env: options.env,
            preopens,
            stdin: input(&options.stdin, stdin, &mut ends.stdin),
            stdout: output(&options.stdout, &mut ends.stdout),
            stderr: output(&options.stderr, &mut ends.stderr),
            http: self.host.http(),
        };
        let restart = options.restart.map(policy);
        let config = InstanceConfig { name: options.name, limits, wasi, imports, restart, ..InstanceConfig::default() };
        let starting = runtime.start(module_id(module)?, config).await?;
        if let Some(abort) = abort {
            abort.started(starting.actor());
        }
        let actor = starting.finish().await;
        if let Some(abort) = abort {
            abort.over();
        }
        let actor = actor?;
        let pipes = StreamHandles {
            stdin: self.add_input(ends.stdin),
            stdout: self.add_output(ends.stdout),
            stderr: self.add_output(ends.stderr),
        };
        Ok(Made { id: actor.id() as f64, name: actor.name().to_string(), pipes })
    }

    async fn preopens(&self, wanted: Vec<PreopenOption>) -> Result<Vec<Preopen>> {
        let access = |wanted: &str| match wanted {
            "read" => Some(Access::Read),
            "readwrite" => Some(Access::ReadWrite),
            _ => None,
        };
        let wanted = wanted.into_iter().map(|wanted| PreopenWanted {
            access: access(&wanted.access),
            guest: wanted.guest,
            path: wanted.path,
        });
        self.host.preopens(wanted.collect()).await
    }
}

fn input(choice: &str, bytes: Vec<u8>, end: &mut Option<PipeWriter>) -> Stdin {
    match choice {
        "bytes" => Stdin::Bytes(bytes),
        "inherit" => Stdin::Inherit,
        "piped" => {
            let (writer, reader) = pipe();
            *end = Some(writer);
            Stdin::Pipe(Arc::new(reader))
        }
        _ => Stdin::Null,
    }
}

fn output(choice: &str, end: &mut Option<PipeReader>) -> Stdout {
    match choice {
        "inherit" => Stdout::Inherit,
        "piped" => {
            let (writer, reader) = pipe();
            *end = Some(reader);
            Stdout::Pipe(Arc::new(writer))
        }
        _ => Stdout::Null,
    }
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
