//! What the ops share: what is granted, and the runtime that does the work.

use crate::actor::config::Limits;
use crate::caps::{Caps, Priority};
use crate::error::{ErrorCode, Result, WasmError};
use crate::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use deno_core::OpState;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// The grants and the runtime behind one `runtime:wasm`. Cloning shares both.
#[derive(Clone)]
pub struct WasmHost {
    pub(super) caps: Caps,
    pub(super) runtime: Arc<Runtime>,
}

impl WasmHost {
    /// A host with what `caps` grants, within the limits it sets.
    ///
    /// # Errors
    /// If the machine has no threads to give.
    pub fn new(caps: Caps) -> std::io::Result<Self> {
        Self::with_core_dumps(caps, None)
    }

    /// The same; each trap of a guest leaves a core dump in this folder, if one is given.
    ///
    /// # Errors
    /// As for [`WasmHost::new`].
    pub fn with_core_dumps(caps: Caps, folder: Option<PathBuf>) -> std::io::Result<Self> {
        let runtime = Arc::new(Runtime::new(RuntimeOptions { core_dumps: folder, ..runtime_options(&caps) })?);
        Ok(WasmHost { caps, runtime })
    }

    /// The runtime, for instance to shut it down.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// The host of this JavaScript runtime, if WebAssembly may be used at all.
    pub(super) fn enabled(state: &Rc<RefCell<OpState>>) -> Result<WasmHost> {
        let host = state.borrow().borrow::<WasmHost>().clone();
        host.caps.check_enabled().map_err(refused)?;
        Ok(host)
    }
}

/// The runtime's bounds, as far as the manifest sets them.
fn runtime_options(caps: &Caps) -> RuntimeOptions {
    let manifest = caps.limits();
    let defaults = RuntimeOptions::default();
    let limits = Limits {
        fuel: manifest.fuel,
        timeout: manifest.timeout_ms.map(Duration::from_millis),
        memory_bytes: manifest.memory_bytes.unwrap_or(defaults.limits.memory_bytes),
        table_elements: manifest.table_elements.unwrap_or(defaults.limits.table_elements),
        mailbox: manifest.mailbox.unwrap_or(defaults.limits.mailbox),
    };
    RuntimeOptions {
        max_instances: manifest.max_instances.unwrap_or(defaults.max_instances),
        max_module_bytes: manifest.max_module_bytes.unwrap_or(defaults.max_module_bytes),
        max_memory_bytes: manifest.max_memory_bytes.unwrap_or(defaults.max_memory_bytes),
        nice: nice(manifest.priority),
        limits,
        ..defaults
    }
}

/// How far a guest that runs on stands behind.
fn nice(priority: Priority) -> i32 {
    match priority {
        Priority::Background => 19,
        Priority::Low => 10,
        Priority::Normal => 0,
    }
}

/// A refusal of `caps` as an error with its code.
pub(super) fn refused(error: crate::caps::CapsError) -> WasmError {
    use crate::caps::CapsErrorKind;
    let code = match error.kind {
        CapsErrorKind::Denied => ErrorCode::PermissionDenied,
        CapsErrorKind::Io => ErrorCode::Io,
        CapsErrorKind::Wasi => ErrorCode::Wasi,
    };
    WasmError::new(code, error.message)
}

/// Runs something that touches the file system, off the event loop.
pub(super) async fn off_loop<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match deno_core::unsync::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(WasmError::new(ErrorCode::Io, format!("a file operation was lost: {error}"))),
    }
}

/// A number from JavaScript as an id. What is no positive integer names nothing.
fn id(number: f64) -> u64 {
    // Saturates; 0 is never given out.
    if number.trunc() == number { number as u64 } else { 0 }
}

pub(super) fn instance_id(number: f64) -> InstanceId {
    InstanceId(id(number))
}

pub(super) fn module_id(number: f64) -> ModuleId {
    ModuleId(id(number))
}
