//! What an instance is made with: plain data, already decided upon by whoever grants things.

pub use super::limits::Limits;

use super::host_call::HostImports;
use super::http::HttpGrant;
use super::pipe::{PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How to make an instance.
#[derive(Clone, Debug, Default)]
pub struct InstanceConfig {
    /// Shown in errors, logs and thread names; left empty, it becomes `wasm-<id>`.
    pub name: String,
    /// The bounds.
    pub limits: Limits,
    /// What a WASI guest sees.
    pub wasi: WasiConfig,
    /// What it may import beside WASI.
    pub imports: Option<HostImports>,
    /// What becomes of functions that it imports and nobody has.
    pub unknown_imports: UnknownImports,
    /// When to restart it; `None` for never.
    pub restart: Option<RestartPolicy>,
}

/// What becomes of functions that a module imports and that neither the host nor WASI has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownImports {
    /// It is not instantiated.
    #[default]
    Refuse,
    /// It is, and traps when it calls one.
    Trap,
}

/// When an instance that has died gets a fresh store under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RestartPolicy {
    /// After which deaths.
    pub on: Vec<Cause>,
    /// How many restarts there may be...
    pub max: usize,
    /// ...within this time; one more ends the instance for good.
    pub within: Duration,
    /// The pause before each.
    pub backoff: Duration,
}

impl RestartPolicy {
    /// At most `max` restarts within this time, after a trap, a time limit or spent fuel, each at once.
    pub fn new(max: usize, within: Duration) -> Self {
        RestartPolicy { on: vec![Cause::Trap, Cause::Timeout, Cause::Fuel], max, within, backoff: Duration::ZERO }
    }

    /// Only after these.
    pub fn on(mut self, causes: impl IntoIterator<Item = Cause>) -> Self {
        self.on = causes.into_iter().collect();
        self
    }

    /// With a pause before each.
    pub fn backoff(mut self, pause: Duration) -> Self {
        self.backoff = pause;
        self
    }
}

/// What can end the life of an instance's store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Cause {
    /// A trap.
    Trap,
    /// A time limit.
    Timeout,
    /// Spent fuel.
    Fuel,
    /// It could not be started again, for another reason than these.
    Start,
}

impl Cause {
    /// The word that options, statistics and logs use.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Trap => "trap",
            Cause::Timeout => "timeout",
            Cause::Fuel => "fuel",
            Cause::Start => "start",
        }
    }
}

/// What a WASI guest sees of the world. The default is nothing at all.
#[derive(Clone, Debug, Default)]
pub struct WasiConfig {
    /// The whole argv. Left empty, the guest sees one element, the instance's name.
    pub args: Vec<String>,
    /// The environment.
    pub env: Vec<(String, String)>,
    /// The directories.
    pub preopens: Vec<Preopen>,
    /// Standard input.
    pub stdin: Stdin,
    /// Standard output.
    pub stdout: Stdout,
    /// Standard error.
    pub stderr: Stdout,
    /// What a component may reach by HTTP; `None` for nothing.
    pub http: Option<Arc<dyn HttpGrant>>,
}

impl WasiConfig {
    /// Does it name no folder and no stream? Then nothing has to be opened or claimed for it.
    pub(crate) fn opens_nothing(&self) -> bool {
        let quiet = [&self.stdout, &self.stderr].iter().all(|stream| matches!(stream, Stdout::Null));
        self.preopens.is_empty() && matches!(self.stdin, Stdin::Null | Stdin::Bytes(_)) && quiet
    }
}

/// A directory shown to a guest.
#[derive(Clone, Debug)]
pub struct Preopen {
    /// The path under which the guest sees it.
    pub guest_path: String,
    /// The opened directory.
    pub dir: Arc<OwnedFd>,
    /// May the guest change what is in it?
    pub writable: bool,
    /// Set once it does, or opens something so that it could.
    pub changed: Option<Arc<AtomicBool>>,
}

/// Where a guest's standard input comes from.
#[derive(Clone, Debug, Default)]
pub enum Stdin {
    /// It is at its end from the start.
    #[default]
    Null,
    /// The host's own; for one instance at a time.
    Inherit,
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// What is written to the pipe's other end.
    Pipe(Arc<PipeReader>),
}

/// Where a guest's output goes.
#[derive(Clone, Debug, Default)]
pub enum Stdout {
    /// Nowhere.
    #[default]
    Null,
    /// To the host's own.
    Inherit,
    /// To the pipe's other end.
    Pipe(Arc<PipeWriter>),
}
