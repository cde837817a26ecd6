//! Capabilities: what `manifest.app.toml` grants, and the one place that decides.
//!
//! [`manifest`] parses the file once, with errors that show file, line and column ([`manifest_error`]); [`grant`] holds each granted folder as an
//! open directory handle; [`resolve`] finds out what a path really means and opens it beneath such a handle, so that nothing
//! changes between the check and the use; [`net`] decides about URLs, [`addresses`] about what their hosts turn out to be. Nothing here sends a message or knows an engine.

mod addresses;
mod builder;
mod grant;
mod granted;
mod manifest;
mod manifest_error;
mod misspelt;
mod net;
mod paths;
mod resolve;

pub use builder::CapsBuilder;
pub use granted::{Access, AppInfo, CacheChoice, Interruption, ManifestLimits, Priority};
pub use manifest_error::ManifestError;

use crate::printable;
use grant::{Grant, Wanted};
use granted::Granted;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of a manifest, looked for beside a script and in the folders above it.
pub const MANIFEST_NAME: &str = "manifest.app.toml";

/// What an app may do. Cloning shares the grants and their directory handles.
#[derive(Clone, Debug)]
pub struct Caps {
    granted: Arc<Granted>,
}

/// Why something is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum CapsErrorKind {
    /// Not granted. Says nothing of whether it exists.
    Denied,
    /// A granted module is missing, unreadable or no regular file.
    Io,
    /// A granted preopen is missing or no directory.
    Wasi,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CapsError {
    /// Its kind.
    pub kind: CapsErrorKind,
    /// A sentence that names the path.
    pub message: String,
}

/// A granted module, open for reading.
#[derive(Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ModuleFile {
    /// A regular file.
    pub file: File,
    /// Where it really is, for messages.
    pub path: PathBuf,
    /// The hash that its bytes must have, if the grant pins one. The caller checks it.
    pub sha256: Option<[u8; 32]>,
}

/// A granted folder, opened.
#[derive(Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PreopenDir {
    /// The folder itself.
    pub dir: OwnedFd,
    /// What may be done in it.
    pub access: Access,
    /// Where it really is, for messages.
    pub path: PathBuf,
}

impl Caps {
    /// What an app without a manifest may do: nothing.
    pub fn denied() -> Caps {
        let why =
            format!("there is no {MANIFEST_NAME} beside the script or above it, so no [capabilities.wasm] grants it");
        Caps { granted: Arc::new(Granted { disabled: Some(why), ..Granted::default() }) }
    }

    /// Reads a manifest and opens the folders that it grants.
    ///
    /// # Errors
    /// A file that cannot be read, broken TOML, an unknown key or an unusable value, with its line and column.
    pub fn from_file(manifest: &Path) -> Result<Caps, ManifestError> {
        let text = std::fs::read_to_string(manifest).map_err(|error| ManifestError::unreadable(manifest, &error))?;
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        Caps::from_toml(&text, manifest, home.as_deref())
    }

    /// The same from text. Relative paths start from the folder that `manifest` is in, `~` is `home`.
    ///
    /// # Errors
    /// As for [`Caps::from_file`].
    pub fn from_toml(text: &str, manifest: &Path, home: Option<&Path>) -> Result<Caps, ManifestError> {
        let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let base = std::path::absolute(folder).map_err(|error| ManifestError::unreadable(manifest, &error))?;
        let granted = manifest::parse(text, manifest, &base, home)?;
        Ok(Caps { granted: Arc::new(granted) })
    }

    /// The manifest in this folder or in the nearest one above it.
    pub fn find_manifest(start: &Path) -> Option<PathBuf> {
        let start = std::path::absolute(start).ok()?;
        start.ancestors().map(|folder| folder.join(MANIFEST_NAME)).find(|path| path.is_file())
    }

    /// What the manifest says of the app itself.
    pub fn app(&self) -> &AppInfo {
        &self.granted.app
    }

    /// Where the manifest says that compiled code is kept.
    pub fn cache(&self) -> &CacheChoice {
        &self.granted.cache
    }

    /// The folders that `load` and `preopens` name and that do not exist, each with the key.
    pub fn missing_folders(&self) -> Vec<(&'static str, PathBuf)> {
        let of_load = self.granted.load.iter().filter_map(|grant| Some(("load", grant.missing_folder()?)));
        let of_preopens = self.granted.preopens.iter().filter_map(|grant| Some(("preopens", grant.missing_folder()?)));
        of_load.chain(of_preopens).map(|(key, folder)| (key, folder.to_owned())).collect()
    }

    /// The bounds that the manifest sets.
    pub fn limits(&self) -> &ManifestLimits {
        &self.granted.limits
    }

    /// May WebAssembly be used at all?
    ///
    /// # Errors
    /// `Denied`, saying what is missing.
    pub fn check_enabled(&self) -> Result<(), CapsError> {
        match &self.granted.disabled {
            None => Ok(()),
            Some(why) => Err(denied(format!("WebAssembly is not granted: {why}"))),
        }
    }

    /// Opens a module that `load` grants.
    ///
    /// # Errors
    /// `Denied`, with one message whether or not the file exists; `Io` for a granted file that cannot be read.
    pub fn open_module(&self, path: &str) -> Result<ModuleFile, CapsError> {
        self.check_enabled()?;
        let load = &self.granted.load;
        // A grant without a pin grants the file as it is; so it is asked first.
        let (free, pinned): (Vec<_>, Vec<_>) = load.iter().partition(|grant| grant.extra.is_none());
        let ordered = free.into_iter().chain(pinned);
        let opened = self.open(path, "load", ordered, Wanted::File, CapsErrorKind::Io)?;
        Ok(ModuleFile { file: opened.fd.into(), path: opened.path, sha256: opened.extra })
    }

    /// Opens a folder that `preopens` grants, or one below it. `want` of `None` asks for what the grant gives.
    ///
    /// # Errors
    /// `Denied`, with one message whether or not the folder exists; `Wasi` for a granted one that is missing or no folder.
    pub fn open_preopen(&self, path: &str, want: Option<Access>) -> Result<PreopenDir, CapsError> {
        self.check_enabled()?;
        let mut grants: Vec<_> = self.granted.preopens.iter().filter(|grant| want <= Some(grant.extra)).collect();
        grants.sort_by_key(|grant| std::cmp::Reverse(grant.extra));
        let opened = self.open(path, "preopens", grants, Wanted::Folder, CapsErrorKind::Wasi)?;
        let access = want.unwrap_or(opened.extra);
        Ok(PreopenDir { dir: opened.fd, access, path: opened.path })
    }

    fn open<'a, T: Copy + 'a>(
        &self,
        path: &str,
        key: &str,
        grants: impl IntoIterator<Item = &'a Grant<T>>,
        wanted: Wanted,
        failure: CapsErrorKind,
    ) -> Result<grant::Opened<T>, CapsError> {
        let not_granted =
            || denied(format!("\"{}\" is not granted by `{key}` in [capabilities.wasm]", printable::sentence(path)));
        let absolute = self.absolute(path).ok_or_else(not_granted)?;
        let grants: Vec<_> = grants.into_iter().collect();
        match grant::open(&grants, &absolute, wanted) {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(error)) => {
                let message = format!("\"{}\" cannot be opened: {error}", printable::sentence(path));
                Err(CapsError { kind: failure, message })
            }
            None => Err(not_granted()),
        }
    }

    /// The path as written, but absolute. `None` for what can be no path.
    fn absolute(&self, path: &str) -> Option<PathBuf> {
        if path.is_empty() || path.contains('\0') {
            return None;
        }
        match path.strip_prefix('~') {
            Some("") => self.granted.home.clone(),
            Some(rest) if rest.starts_with('/') => Some(self.granted.home.as_ref()?.join(rest.trim_start_matches('/'))),
            // `~user` is not expanded: it is a file of that name.
            _ => Some(self.granted.base.join(path)),
        }
    }

    /// May the app's own `fetch` ask for this URL?
    pub fn fetch_allows(&self, url: &url::Url) -> bool {
        self.granted.fetch.iter().any(|pattern| pattern.allows(url))
    }

    /// May components send any request at all?
    pub fn http_is_granted(&self) -> bool {
        self.granted.disabled.is_none() && !self.granted.http.allow.is_empty()
    }

    /// May a component ask for this URL?
    pub fn http_allows(&self, url: &url::Url) -> bool {
        self.granted.disabled.is_none() && self.granted.http.allow.iter().any(|pattern| pattern.allows(url))
    }

    /// May it be reached at this address, which its host has turned out to be? What is not public has to be granted as such.
    pub fn http_reaches(&self, url: &url::Url, address: IpAddr) -> bool {
        let http = &self.granted.http;
        let mut by = http.allow.iter().filter(|pattern| pattern.allows(url));
        addresses::is_public(address) || http.allow_private || by.any(|pattern| pattern.names(address))
    }
}

fn denied(message: String) -> CapsError {
    CapsError { kind: CapsErrorKind::Denied, message }
}
