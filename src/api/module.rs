//! Compiled modules.

use crate::error::Result;
use crate::module_info::Info;
use crate::registry::ModuleId;
use crate::session::WasmHost;
use crate::signature::{Export, Import};
use std::fmt;
use std::sync::Arc;

/// A compiled module. Clones are the same module; when the last is gone the runtime forgets it, and its instances live on.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    host: WasmHost,
    id: ModuleId,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Nobody else can have dropped it.
        let _ = self.host.runtime().drop_module(self.id);
    }
}

impl Module {
    pub(super) fn new(host: WasmHost, id: ModuleId) -> Self {
        Module { inner: Arc::new(Inner { host, id }) }
    }

    pub(super) fn host(&self) -> &WasmHost {
        &self.inner.host
    }

    pub(super) fn id(&self) -> ModuleId {
        self.inner.id
    }

    /// What it exports, in its own order.
    pub fn exports(&self) -> Arc<[Export]> {
        self.inner.host.runtime().module_exports(self.inner.id).unwrap_or_default()
    }

    /// What it wants to import, in its own order.
    pub fn imports(&self) -> Arc<[Import]> {
        self.inner.host.runtime().module_imports(self.inner.id).unwrap_or_default()
    }

    /// All that can be known of it before it runs. Reads the whole module, on another thread.
    ///
    /// # Errors
    /// 5000 if there is no thread to read it on.
    pub async fn inspect(&self) -> Result<Info> {
        self.inner.host.runtime().inspect(self.inner.id).await
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.inner.id.0).finish()
    }
}
