//! Ids and what answers to them.
//!
//! [`Table`] is the map from numeric ids to values, `admission` counts who is alive, and `instances` joins the two (all checked by loom), `tombstones` remember how the
//! last that have ended did so; [`Runtime`]
//! joins two tables, modules and instances, with the engine, the deadlines and the threads, and is the whole of this crate for
//! a plain Rust program.

mod admission;
mod capacity;
mod census;
mod compiling;
#[cfg(test)]
mod fault_tests;
mod instances;
mod io;
mod machine;
mod metrics;
mod resources;
mod runtime;
mod snapshot;
mod starting;
mod table;
mod tombstones;

pub use crate::engine::{
    CACHE_BYTES_MAX, COMPILE_MODULE, Cache, CompileNews, CompileProcess, CompileWatch, Held, Interruption,
    compile_module,
};
pub use runtime::{InstanceId, ModuleId, Runtime, RuntimeOptions};
pub use snapshot::{ENDED_SHOWN_MAX, ModuleStats, Snapshot, Totals};
pub use starting::Starting;
pub use table::Table;
