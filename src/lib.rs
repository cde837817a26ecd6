//! Hosts WebAssembly that nobody has to trust: each instance is an actor with a thread of its own, limits of time, memory and fuel, and an end
//! that comes when it is asked for, whatever the guest is doing.
//!
//! ```
//! use runtime_wasm::{Caller, Limits, Runtime, WasmError};
//! use std::time::Duration;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), WasmError> {
//!     let runtime = Runtime::new()?;
//!     let plugin = runtime.compile(wat::parse_str(r#"(module
//!         (import "env" "price" (func $price (param i32) (result f64)))
//!         (func (export "total") (param i32 i32) (result f64)
//!             (f64.mul (call $price (local.get 0)) (f64.convert_i32_u (local.get 1))))
//!         (func (export "spin") (loop (br 0))))"#).unwrap()).await?;
//!     let instance = plugin.instance()
//!         .limits(Limits::new().timeout(Duration::from_millis(50)).memory_bytes(16 << 20))
//!         .function("env", "price", |_: &mut Caller<'_>, article: i32| {
//!             if article == 7 { Ok(2.5) } else { Err("no such article".into()) }
//!         })
//!         .start()
//!         .await?;
//!     assert_eq!(instance.call::<f64>("total", (7, 4)).await?, 10.0);
//!
//!     // A guest that runs on is stopped, and everybody else goes on meanwhile.
//!     let error = instance.call::<()>("spin", ()).await.unwrap_err();
//!     assert_eq!(error.limit.map(|limit| limit.name()), Some("time"));
//!     Ok(())
//! }
//! ```
//!
//! Start with [`Runtime`]; what may be loaded and seen, and the limits, are [`Caps`]. Everything that fails is a [`WasmError`].
//!
//! # Features
//!
//! The defaults build the JavaScript host and its command line, too. A Rust program wants `default-features = false`. A deno_core
//! program takes `extension`, and gets `runtime:wasm` by `ops::extension`. `http` gives components `wasi:http`, and the defaults have it. The
//! feature `internals` is for the bindings and tests of the repository; nothing in it keeps its shape.
//!
//! # Versions
//!
//! What this page names follows semantic versioning; before 1.0 a breaking change raises the second number. Enums and structs
//! marked non-exhaustive grow in any release. New bounds on what a guest may do, and new refusals of what should never have worked, come
//! in any release, too. No type of wasmtime's is part of it, so wasmtime's majors are none of yours.
//!
//! # How it is built
//!
//! Data flows one way; an arrow is an import:
//!
//! ```text
//! js/ ──▶ ops ──▶ session ──▶ registry ──▶ actor ──▶ engine ──▶ wasmtime
//!         api ──▶
//! ```
// In reading order:
//
// - error, ended, interface, limits, instance_limits, signature, value, module_info: the plain data that every layer speaks.
// - printable: what a guest has named or said, fit for a message.
// - engine: wasmtime set up once, compiled modules, deadlines.
// - actor: one instance: requests, mailbox, control cell, the thread's loop, the guest itself.
// - caps: what the manifest or a program grants; decides, and sends nothing.
// - registry: ids and what answers to them.
// - session: one host's grants and ceilings; one JavaScript environment's use of all this, without an engine.
// - api: what a Rust program uses.
// - scheduling: which threads answer promptly, and which stand behind.
// - panics: those on threads of ours are for the log, and end no thread that serves all.
// - signals: the one by which the system says that a file has become too large.
// - place: where in a text something is wrong.
// - terminal: what is said on stderr, and whether in colours.
// - size: numbers of bytes as people write them.
// - sync: locks, atomics and channels, as the files take them that loom checks.
// - blocking: what waits for a disk, on threads of its own.
// - spin: looking for another thread's next step for a moment, instead of sleeping until it.
// - ops (feature `extension`): the ops of `runtime:wasm`, for any deno_core program.
// - inspector (feature `host`): a page and metrics for whoever watches.
// - host and cli (feature `host`): a JavaScript host around it, and the command line.

// Without the bindings, what only they use is used by nobody.
#![cfg_attr(not(all(feature = "internals", feature = "extension")), allow(dead_code, unused_imports))]

#[cfg(all(feature = "quickjs", feature = "v8"))]
compile_error!("features `quickjs` and `v8` exclude each other: build with --no-default-features --features v8");

mod api;
mod blocking;
#[cfg(feature = "host")]
pub mod cli;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "host")]
mod inspector;
#[cfg(feature = "extension")]
pub mod ops;
mod panics;
mod place;
mod regular_file;
mod signals;
mod size;
mod spin;
mod sync;
#[cfg(feature = "host")]
mod terminal;

#[cfg(not(feature = "internals"))]
mod actor;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod actor;
#[cfg(not(feature = "internals"))]
mod caps;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod caps;
#[cfg(not(feature = "internals"))]
mod ended;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod ended;
#[cfg(not(feature = "internals"))]
mod engine;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod engine;
#[cfg(not(feature = "internals"))]
mod error;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod error;
#[cfg(not(feature = "internals"))]
mod instance_limits;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod instance_limits;
#[cfg(not(feature = "internals"))]
mod interface;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod interface;
#[cfg(not(feature = "internals"))]
mod limits;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod limits;
#[cfg(not(feature = "internals"))]
mod module_info;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod module_info;
#[cfg(not(feature = "internals"))]
mod printable;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod printable;
#[cfg(not(feature = "internals"))]
mod registry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod registry;
#[cfg(not(feature = "internals"))]
mod scheduling;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod scheduling;
#[cfg(not(feature = "internals"))]
mod session;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod session;
#[cfg(not(feature = "internals"))]
mod signature;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod signature;
#[cfg(not(feature = "internals"))]
mod value;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod value;

pub use actor::config::{Cause, RestartPolicy};
pub use actor::control::Status;
pub use actor::{FailuresByCode, InstanceStats, LastError, Restart};
pub use api::{
    AsyncCaller, CallLimits, Caller, FromValues, HostError, Input, Instance, InstanceBuilder, InstanceStdin,
    InstanceStdout, IntoValues, Module, Output, Runtime, RuntimeBuilder,
};
pub use caps::{
    Access, AppInfo, CacheChoice, Caps, CapsBuilder, CapsError, CapsErrorKind, Interruption, ManifestError,
    ManifestLimits, ModuleFile, PreopenDir, Priority,
};
pub use ended::Ended;
pub use error::{ErrorCode, ErrorSource, FailedCall, FailedImport, ReachedLimit, Result, WasmError};
pub use instance_limits::Limits;
pub use registry::{COMPILE_MODULE, InstanceId, ModuleStats, Snapshot, Totals, compile_module};
pub use signature::{Export, ExportKind, Import, ValueType};
pub use value::{ExternValue, FuncValue, HostRef, Value};

/// What can be known of a module before it runs: [`Module::inspect`].
pub mod info {
    pub use crate::module_info::{
        CustomSection, Export, GlobalType, Import, Info, ItemType, MemoryType, ModuleInfo, Needs, Producer, Signature,
        TableType, WasiNeeds,
    };
}

/// Pages for users are tested as they stand.
#[cfg(doctest)]
#[doc = include_str!("../docs/rust.md")]
struct Page;
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
#[cfg(doctest)]
#[doc = include_str!("../docs/watching.md")]
struct PageOfWatching;
