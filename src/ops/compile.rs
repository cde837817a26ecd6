//! Modules: compile and forget.

use super::convert::Reply;
use super::host::{WasmHost, module_id, off_loop, refused};
use super::large::{self, Piece};
use crate::actor::message::Answer;
use crate::error::{ErrorCode, Result, WasmError};
use crate::printable;
use deno_core::{OpState, ResourceId, op2};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::io::Read;
use std::rc::Rc;

/// The limit on a module's bytes, so that JavaScript can refuse larger ones before they are copied.
#[op2(fast)]
pub fn op_wasm_max_module_bytes(state: &OpState) -> f64 {
    state.borrow::<WasmHost>().runtime.options().max_module_bytes as f64
}

/// Compiles bytes; the answer is the module's id.
#[op2]
pub async fn op_wasm_compile(state: Rc<RefCell<OpState>>, #[buffer(copy)] bytes: Vec<u8>) -> Reply<f64> {
    Reply(compile(state, bytes).await)
}

/// Compiles bytes that have come in pieces.
#[op2]
pub async fn op_wasm_compile_large(state: Rc<RefCell<OpState>>, #[smi] bytes: ResourceId) -> Reply<f64> {
    Reply(match large::incoming(&state, bytes) {
        Ok(bytes) => compile(state, bytes).await,
        Err(error) => Err(error),
    })
}

async fn compile(state: Rc<RefCell<OpState>>, bytes: Vec<u8>) -> Result<f64> {
    let host = WasmHost::enabled(&state)?;
    let name = format!("the module of {} bytes", bytes.len());
    let id = host.runtime.compile(name, bytes).await?;
    Ok(id.0 as f64)
}

/// Compiles a file that `load` grants; the answer is the module's id. `sha256` is hexadecimal, or empty.
#[op2]
pub async fn op_wasm_compile_file(
    state: Rc<RefCell<OpState>>,
    #[string] path: String,
    #[string] sha256: String,
) -> Reply<f64> {
    Reply(compile_file(state, path, sha256).await)
}

async fn compile_file(state: Rc<RefCell<OpState>>, path: String, sha256: String) -> Result<f64> {
    let host = WasmHost::enabled(&state)?;
    let name = named(&path);
    let reader = host.clone();
    let bytes = off_loop(move || read_granted(&reader, &path, &sha256)).await?;
    let id = host.runtime.compile(name, bytes).await?;
    Ok(id.0 as f64)
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

/// Forgets a module.
#[op2]
pub async fn op_wasm_drop_module(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Answer> {
    Reply::done(WasmHost::enabled(&state).and_then(|host| host.runtime.drop_module(module_id(id)?)))
}

/// What a module declares and needs, as JSON.
#[op2]
pub async fn op_wasm_inspect(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(inspect(state, id).await)
}

async fn inspect(state: Rc<RefCell<OpState>>, id: f64) -> Result<Piece> {
    let host = WasmHost::enabled(&state)?;
    let info = host.runtime.inspect(module_id(id)?).await?;
    large::info(&state, info).await
}

/// What a module wants to import, as JSON: `[module, name, kind]` for each import.
#[op2]
pub async fn op_wasm_module_imports(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Piece> {
    Reply(imports(state, id).await)
}

async fn imports(state: Rc<RefCell<OpState>>, id: f64) -> Result<Piece> {
    let host = WasmHost::enabled(&state)?;
    let imports = host.runtime.module_imports(module_id(id)?)?;
    large::list(&state, imports).await
}
