//! What a host does only where it is granted: compile, read a module's file, open a guest's folders, give limits.

use super::host::WasmHost;
use super::limits::limits;
use crate::actor::config::{Limits, Preopen};
use crate::actor::http::HttpGrant;
use crate::blocking;
use crate::caps::{Access, Caps, CapsError, ManifestError};
use crate::error::{ErrorCode, Result, WasmError};
use crate::instance_limits::Limits as Wanted;
use crate::printable;
use crate::registry::{ModuleId, Runtime};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use url::Url;

/// A folder that a guest is to see.
#[derive(Clone, Debug)]
pub struct PreopenWanted {
    /// The path under which the guest sees it.
    pub guest: String,
    /// The folder.
    pub path: String,
    /// What the guest may do there; `None` for what the grant gives.
    pub access: Option<Access>,
}

impl WasmHost {
    /// The runtime, if WebAssembly may be used at all.
    ///
    /// # Errors
    /// 5009 where it may not.
    pub fn enabled(&self) -> Result<&Arc<Runtime>> {
        self.caps.check_enabled()?;
        Ok(&self.runtime)
    }

    /// Compiles bytes.
    ///
    /// # Errors
    /// As [`Runtime::compile`]; 5009 where nothing may be compiled.
    pub async fn compile(&self, bytes: Vec<u8>) -> Result<ModuleId> {
        let name = format!("the module of {} bytes", bytes.len());
        self.enabled()?.compile(name, bytes).await
    }

    /// Compiles a file that `load` grants. `sha256` is hexadecimal, or empty.
    ///
    /// # Errors
    /// As [`WasmHost::compile`]; 5008 for a file that cannot be read, 5009 for one that is not granted or not the one that is pinned.
    pub async fn compile_file(&self, path: String, sha256: String) -> Result<ModuleId> {
        let runtime = self.enabled()?.clone();
        let name = named(&path);
        let host = self.clone();
        let bytes = off_loop(move || read_granted(&host, &path, &sha256)).await?;
        runtime.compile(name, bytes).await
    }

    /// Opens folders that `preopens` grants.
    ///
    /// # Errors
    /// 5009 for one that is not granted so, 5010 for one that is missing or no folder.
    pub async fn preopens(&self, wanted: Vec<PreopenWanted>) -> Result<Vec<Preopen>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let caps = self.caps.clone();
        off_loop(move || wanted.into_iter().map(|wanted| open(&caps, wanted)).collect()).await
    }

    /// What components may reach by HTTP; nothing where no pattern grants it.
    pub fn http(&self) -> Option<Arc<dyn HttpGrant>> {
        self.caps.http_is_granted().then(|| Arc::new(self.caps.clone()) as Arc<dyn HttpGrant>)
    }

    /// The limits that an instance gets for which these are asked.
    ///
    /// # Errors
    /// 5001 for more than all guests together may have, 5007 for a mailbox that cannot be.
    pub fn limits(&self, wanted: &Wanted) -> Result<Limits> {
        limits(self.caps.limits(), self.runtime.options(), wanted)
    }
}

impl HttpGrant for Caps {
    fn allows(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.http_allows(&url))
    }

    fn reaches(&self, url: &str, address: IpAddr) -> bool {
        Url::parse(url).is_ok_and(|url| self.http_reaches(&url, address))
    }
}

fn open(caps: &Caps, wanted: PreopenWanted) -> Result<Preopen> {
    let granted = caps.open_preopen(&wanted.path, wanted.access)?;
    let writable = granted.access == Access::ReadWrite;
    Ok(Preopen { guest_path: wanted.guest, dir: Arc::new(granted.dir), writable, changed: granted.changed })
}

fn named(path: &str) -> String {
    format!("the module \"{}\"", printable::sentence(path))
}

/// Reads a granted file, no more of it than may be compiled, and checks it against the hashes that were asked for.
fn read_granted(host: &WasmHost, path: &str, wanted: &str) -> Result<Vec<u8>> {
    let granted = host.caps.open_module(path)?;
    let unreadable = |error: std::io::Error| {
        WasmError::new(ErrorCode::Io, format!("\"{}\" cannot be read: {error}", printable::sentence(path)))
            .because(error)
    };
    let name = named(path);
    host.runtime.check_size(&name, granted.file.metadata().map_err(unreadable)?.len())?;
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    let limit = host.runtime.options().max_module_bytes;
    granted.file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    host.runtime.check_size(&name, bytes.len() as u64)?;
    check_hash(path, &bytes, granted.sha256, wanted)?;
    let Some(assemble) = host.assemble else { return Ok(bytes) };
    assemble(Path::new(path), bytes).map_err(|why| {
        // Below the first line is what a terminal shows.
        let why = why.lines().next().unwrap_or_default();
        WasmError::new(ErrorCode::Compile, format!("{name} cannot be assembled: {why}"))
    })
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

/// A refusal, with its code.
impl From<CapsError> for WasmError {
    fn from(error: CapsError) -> Self {
        use crate::caps::CapsErrorKind;
        let code = match error.kind {
            CapsErrorKind::Denied => ErrorCode::PermissionDenied,
            CapsErrorKind::Io => ErrorCode::Io,
            CapsErrorKind::Wasi => ErrorCode::Wasi,
        };
        WasmError::new(code, error.message)
    }
}

/// Grants that cannot be had: nothing is granted.
impl From<ManifestError> for WasmError {
    fn from(error: ManifestError) -> Self {
        WasmError::new(ErrorCode::PermissionDenied, error.to_string()).because(error)
    }
}

/// Runs something that touches the file system, off the event loop.
pub(super) async fn off_loop<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match blocking::run(work).await {
        Ok(result) => result,
        Err(error) => Err(WasmError::new(ErrorCode::Io, format!("a file operation was lost: {error}"))),
    }
}
