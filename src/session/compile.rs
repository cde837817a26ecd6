//! Modules: compile, look into and forget.

use super::environment::Session;
use super::handles::Handle;
use super::ids::module_id;
use super::lists::Piece;
use crate::error::{ErrorCode, Result, WasmError};
use crate::module_info::Info;
use crate::registry::ModuleId;
use std::sync::Arc;

impl Session {
    /// The limit on a module's bytes, so that JavaScript can refuse larger ones before they are copied.
    pub fn max_module_bytes(&self) -> f64 {
        self.host.runtime.options().max_module_bytes as f64
    }

    /// Compiles bytes; gives the module's id. Closing the handle `abort`, one of [`Session::abort_handle`], ends the compilation; -1 is none.
    ///
    /// # Errors
    /// As [`Runtime::compile`](crate::registry::Runtime::compile).
    pub async fn compile(&self, bytes: Vec<u8>, abort: i32) -> Result<f64> {
        self.compiled(self.host.compile(bytes), abort).await
    }

    async fn compiled(&self, compiling: impl Future<Output = Result<ModuleId>>, abort: i32) -> Result<f64> {
        let compiled = match self.abort(abort) {
            None => compiling.await,
            // What is dropped is not compiled on, unless somebody else wants the same.
            Some(abort) => abort
                .unless_fired(compiling)
                .await
                .unwrap_or_else(|| Err(WasmError::new(ErrorCode::Compile, "the compilation was aborted"))),
        };
        Ok(compiled?.0 as f64)
    }

    /// Compiles bytes that have come in pieces.
    ///
    /// # Errors
    /// As [`Session::compile`].
    pub async fn compile_large(&self, bytes: Handle, abort: i32) -> Result<f64> {
        let bytes = self.arrived(bytes)?;
        self.compile(bytes, abort).await
    }

    /// Compiles a file that `load` grants; gives the module's id. `sha256` is hexadecimal, or empty.
    ///
    /// # Errors
    /// As [`Session::compile`]; 5008 for a file that cannot be read, 5009 for one that is not granted or not the one that is pinned.
    pub async fn compile_file(&self, path: String, sha256: String, abort: i32) -> Result<f64> {
        self.compiled(self.host.compile_file(path, sha256), abort).await
    }

    /// Forgets a module.
    ///
    /// # Errors
    /// 5004 where there is none.
    pub fn drop_module(&self, id: f64) -> Result<()> {
        self.enabled()?.drop_module(module_id(id)?)
    }

    /// What a module declares and needs, as JSON.
    ///
    /// # Errors
    /// 5004 where there is none.
    pub async fn inspect(&self, id: f64) -> Result<Piece> {
        match self.enabled()?.inspect(module_id(id)?).await? {
            Info::Module(info) => self.info(*info).await,
            Info::Component(info) => self.component_info(*info).await,
        }
    }

    /// What a component imports and exports, as JSON: see [`Interface`](crate::interface::Interface); nothing for a module.
    ///
    /// # Errors
    /// 5004 where there is none.
    pub async fn module_interface(&self, id: f64) -> Result<Piece> {
        let interface = self.enabled()?.module_interface(module_id(id)?)?;
        self.list(interface.map_or_else(Arc::default, |interface| interface.items().into())).await
    }

    /// What a module wants to import, as JSON: `[module, name, kind]` for each import.
    ///
    /// # Errors
    /// 5004 where there is none.
    pub async fn module_imports(&self, id: f64) -> Result<Piece> {
        let imports = self.enabled()?.module_imports(module_id(id)?)?;
        self.list(imports).await
    }
}
