//! The `runtime:wasm` extension: ops that convert values and leave the rest to the [session](crate::session). Nothing here blocks, and
//! nothing here knows wasmtime.
//!
//! No op throws: a failure comes back as a value, and `js/wasm.js` makes the `WasmError` of it.

mod code_cache;
mod compile;
mod convert;
mod engine;
mod extension;
mod handles;
mod imports;
mod instance;
mod instantiate;
mod large;
mod memory;
mod observe;
mod replies;
mod scripts;
mod state;
mod stdio;
mod table;
mod values;

#[cfg(feature = "internals")]
pub use crate::session::{HostOptions, WasmHost};
pub use code_cache::forbid_code_cache;
pub use extension::extension;
