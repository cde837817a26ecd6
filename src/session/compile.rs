//! Modules: compile, look into and forget.

use super::environment::Session;
use super::handles::Handle;
use super::host::{WasmHost, off_loop, refused};
use super::ids::module_id;
use super::lists::Piece;
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable;
use sha2::{Digest, Sha256};
use std::io::Read;

impl Session {
    /// The limit on a module's bytes, so that JavaScript can refuse larger ones before they are copied.
    pub fn max_module_bytes(&self) -> f64 {
        self.host.runtime.options().max_module_bytes as f64
    }

    /// Compiles bytes; gives the module's id.
    ///
    /// # Errors
    /// As [`Runtime::compile`](crate::registry::Runtime::compile).
    pub async fn compile(&self, bytes: Vec<u8>) -> Result<f64> {
        let runtime = self.enabled()?;
        let name = format!("the module of {} bytes", bytes.len());
        Ok(runtime.compile(name, bytes).await?.0 as f64)
    }

    /// Compiles bytes that have come in pieces.
    ///
    /// # Errors
    /// As [`Session::compile`].
    pub async fn compile_large(&self, bytes: Handle) -> Result<f64> {
        let bytes = self.arrived(bytes)?;
        self.compile(bytes).await
    }

    /// Compiles a file that `load` grants; gives the module's id. `sha256` is hexadecimal, or empty.
    ///
    /// # Errors
    /// As [`Session::compile`]; 5008 for a file that cannot be read, 5009 for one that is not granted or not the one that is pinned.
    pub async fn compile_file(&self, path: String, sha256: String) -> Result<f64> {
        let runtime = self.enabled()?.clone();
        let name = named(&path);
        let host = self.host.clone();
        let bytes = off_loop(move || read_granted(&host, &path, &sha256)).await?;
        Ok(runtime.compile(name, bytes).await?.0 as f64)
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
        let info = self.enabled()?.inspect(module_id(id)?).await?;
        self.info(info).await
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

fn named(path: &str) -> String {
    format!("the module \"{}\"", printable::sentence(path))
}

/// Reads a granted file, no more of it than may be compiled, and checks it against the hashes that were asked for.
fn read_granted(host: &WasmHost, path: &str, wanted: &str) -> Result<Vec<u8>> {
    let granted = host.caps.open_module(path).map_err(refused)?;
    let unreadable =
        |error| WasmError::new(ErrorCode::Io, format!("\"{}\" cannot be read: {error}", printable::sentence(path)));
    let name = named(path);
    host.runtime.check_size(&name, granted.file.metadata().map_err(unreadable)?.len())?;
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    let limit = host.runtime.options().max_module_bytes;
    granted.file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    host.runtime.check_size(&name, bytes.len() as u64)?;
    check_hash(path, &bytes, granted.sha256, wanted)?;
    Ok(bytes)
}

fn check_hash(path: &str, bytes: &[u8], pinned: Option<[u8; 32]>, wanted: &str) -> Result<()> {
    if pinned.is_none() && wanted.is_empty() {
        return Ok(());
    }
    let found: [u8; 32] = Sha256::digest(bytes).into();
    let found_hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
    let pinned_differs = pinned.is_some_and(|pinned| pinned != found);
    if pinned_differs || (!wanted.is_empty() && !wanted.eq_ignore_ascii_case(&found_hex)) {
        let by = if pinned_differs { "the manifest" } else { "the caller" };
        let path = printable::sentence(path);
        let text = format!("\"{path}\" is not the file that {by} pinned: its sha256 is {found_hex}");
        return Err(WasmError::new(ErrorCode::PermissionDenied, text));
    }
    Ok(())
}
