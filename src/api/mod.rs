//! What a Rust program uses: the crate's root hands these on.
//!
//! [`runtime`] and [`module`] come first, [`builder`] makes an [`instance`]; [`values`] converts, [`host_functions`] are what a guest calls, and
//! [`streams`] are the program's ends of its standard streams. Nothing here knows an engine, and nothing here blocks but
//! [`Runtime::shutdown`](runtime::Runtime::shutdown).

mod asking;
mod builder;
mod host_functions;
mod instance;
mod module;
mod runtime;
mod runtime_builder;
mod streams;
mod values;

pub use asking::CallLimits;
pub use builder::{Input, InstanceBuilder, Output};
pub use host_functions::{AsyncCaller, Caller, HostError};
pub use instance::Instance;
pub use module::Module;
pub use runtime::Runtime;
pub use runtime_builder::RuntimeBuilder;
pub use streams::{InstanceStdin, InstanceStdout};
pub use values::{FromValues, IntoValues};
