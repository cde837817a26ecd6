//! The runtime, as a program sees it.

use super::asking::{CallLimits, call, called};
use super::host_functions::check_not_within;
use super::module::Module;
use super::values::{FromValues, IntoValues};
use crate::actor::InstanceStats;
use crate::actor::control::StopReason;
use crate::actor::message::Command;
use crate::caps::Caps;
use crate::error::Result;
use crate::registry::{InstanceId, Snapshot};
use crate::session::WasmHost;
use std::fmt;
use std::time::Duration;

/// Hosts guests. Clones are the same runtime; when the last is gone, with the last [`Module`] and [`Instance`](super::Instance), all guests end.
///
/// No method blocks, but for [`shutdown`](Runtime::shutdown), and none needs a particular executor.
///
/// ```
/// use runtime_wasm::Runtime;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), runtime_wasm::WasmError> {
/// let runtime = Runtime::new()?;
/// let module = runtime.compile(wat::parse_str(
///     r#"(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"#,
/// ).unwrap()).await?;
/// let instance = module.instantiate().await?;
/// let sum: i32 = instance.call("add", (5, 3)).await?;
/// assert_eq!(sum, 8);
/// // By its id, from wherever that has got to.
/// let sum: i32 = runtime.call(instance.id(), "add", (40, 2)).await?;
/// assert_eq!(sum, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime {
    pub(super) host: WasmHost,
}

impl Runtime {
    /// What is granted.
    pub fn caps(&self) -> &Caps {
        self.host.caps()
    }

    /// Compiles a module from its bytes. The same bytes are compiled once.
    ///
    /// # Errors
    /// 5000 if they are no valid module or too many, 5009 where the grants say that WebAssembly may not be used.
    pub async fn compile(&self, bytes: impl Into<Vec<u8>>) -> Result<Module> {
        let id = self.host.compile(bytes.into()).await?;
        Ok(Module::new(self.host.clone(), id))
    }

    /// Compiles a file that [`load`](crate::CapsBuilder::load) grants.
    ///
    /// # Errors
    /// As for [`Runtime::compile`]; 5008 for a file that cannot be read, 5009 for one that is not granted.
    pub async fn compile_file(&self, path: impl Into<String>) -> Result<Module> {
        let id = self.host.compile_file(path.into(), String::new()).await?;
        Ok(Module::new(self.host.clone(), id))
    }

    /// Calls an export of the instance of this id.
    ///
    /// # Errors
    /// As for [`Instance::call`](super::Instance::call).
    pub async fn call<R: FromValues>(&self, id: InstanceId, name: &str, args: impl IntoValues) -> Result<R> {
        check_not_within(id.0)?;
        let command = Command::Call(call(name, args, &CallLimits::default()));
        called(name, self.host.runtime().ask(id, command).await)
    }

    /// Ends the instance of this id, whatever its guest is doing, and waits until its thread is gone.
    ///
    /// # Errors
    /// 5005 if there is none, or something else ended it first.
    pub async fn end(&self, id: InstanceId) -> Result<()> {
        self.host.runtime().end(id, StopReason::Dropped).await
    }

    /// How each instance is doing, by id. Answers also while guests run on.
    pub fn stats(&self) -> Vec<InstanceStats> {
        self.host.runtime().stats()
    }

    /// How the runtime is doing: its instances, modules and memory, what has ended lately, and what has been done in all. Answers also while
    /// guests run on; [`Snapshot::to_prometheus`] has it as text for a scraper.
    pub fn snapshot(&self) -> Snapshot {
        self.host.runtime().snapshot()
    }

    /// Instances that are alive, also those that are still ending.
    pub fn alive(&self) -> usize {
        self.host.runtime().alive()
    }

    /// Ends every instance and waits for their threads, at most this long. **Blocks.** None is made afterwards.
    ///
    /// Returns how many threads did not end in time; they hold nothing that anybody waits for.
    pub fn shutdown(&self, patience: Duration) -> usize {
        self.host.runtime().shutdown(patience)
    }
}

impl From<Runtime> for WasmHost {
    fn from(runtime: Runtime) -> Self {
        runtime.host
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("alive", &self.alive()).finish_non_exhaustive()
    }
}
