//! `runtime:wasm`: host WebAssembly that a JavaScript application does not trust.
//!
//! Each instance is an actor: a thread of its own, a mailbox, epoch interruption, fuel and memory limits. Data flows one
//! way; an arrow is an import:
//!
//! ```text
//! js/ ──▶ ops ──▶ session ──▶ registry ──▶ actor ──▶ engine ──▶ wasmtime
//! ```
//!
//! In reading order:
//!
//! - [`error`], [`ended`], [`limits`], [`signature`], [`value`], [`module_info`]: the plain data that every layer speaks.
//! - [`printable`]: what a guest has named or said, fit for a message.
//! - [`engine`]: wasmtime set up once, compiled modules, deadlines.
//! - [`actor`]: one instance: requests, mailbox, control cell, the thread's loop, the guest itself.
//! - [`caps`]: what the manifest grants; decides, and sends nothing.
//! - [`registry`]: ids and what answers to them; [`registry::Runtime`] is the whole of it for a plain Rust program.
//! - [`scheduling`]: which threads answer promptly, and which stand behind.
//! - `panics`: those on threads of ours are for the log, and end no thread that serves all.
//! - `signals`: the one by which the system says that a file has become too large.
//! - `size`: numbers of bytes as people write them.
//! - `sync`: locks, atomics and channels, as the files take them that loom checks.
//! - `blocking`: what waits for a disk, on threads of its own.
//! - `spin`: looking for another thread's next step for a moment, instead of sleeping until it.
//! - [`session`]: one JavaScript environment's use of all this, without an engine: what a binding converts values for.
//! - `ops` (feature `extension`): the ops of `runtime:wasm`, for any deno_core program.
//! - `host` and `cli` (feature `host`): a JavaScript host around it, and the command line.

#[cfg(all(feature = "quickjs", feature = "v8"))]
compile_error!("features `quickjs` and `v8` exclude each other: build with --no-default-features --features v8");

pub mod actor;
mod blocking;
pub mod caps;
#[cfg(feature = "host")]
pub mod cli;
pub mod ended;
pub mod engine;
pub mod error;
#[cfg(feature = "host")]
pub mod host;
pub mod limits;
pub mod module_info;
#[cfg(feature = "extension")]
pub mod ops;
mod panics;
pub mod printable;
pub mod registry;
pub mod scheduling;
pub mod session;
mod signals;
pub mod signature;
mod size;
mod spin;
mod sync;
pub mod value;
