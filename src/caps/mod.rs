//! Capabilities: what `manifest.app.toml` grants, and the one place that decides.
//!
//! [`manifest`] parses the file once, with errors that show file, line and column ([`manifest_error`]); [`grant`] says what an entry covers,
//! and [`folder`] holds each granted folder as an open directory handle; [`resolve`] finds out what a path really means and opens it beneath such a handle, so that nothing
//! changes between the check and the use; [`net`] decides about URLs, [`addresses`] about what their hosts turn out to be. [`env`] decides
//! about variables of the environment; [`files`] opens what is the app's own. [`audit`] notes what is
//! used, from which [`needed`] makes a manifest. Nothing here sends a message or knows an engine.

mod addresses;
mod audit;
mod builder;
mod env;
mod files;
mod folder;
mod grant;
mod granted;
mod manifest;
mod manifest_error;
mod needed;
mod net;
mod paths;
mod resolve;
#[cfg(feature = "host")]
mod review;

pub use builder::CapsBuilder;
pub use files::{FsEntry, FsError, FsRight, FsWatched, Writing};
pub use granted::{Access, AppInfo, CacheChoice, Interruption, ManifestLimits, Priority};
pub use manifest_error::ManifestError;
#[cfg(feature = "host")]
pub use review::{Finding, FindingKind, Review, ReviewedEntry, review, review_file};

use crate::printable;
use audit::Audit;
use grant::{Grant, Last, Wanted};
use granted::Granted;
use rustix::io::Errno;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The JSON Schema of a manifest, for editors.
#[cfg(feature = "host")]
pub fn manifest_schema() -> serde_json::Value {
    manifest::schema()
}

/// The sections of a manifest whose keys are all known, and these. An unknown key in one of them is an error.
pub fn manifest_keys() -> &'static [(&'static str, &'static [&'static str])] {
    manifest::sections()
}

/// The name of a manifest, looked for beside a script and in the folders above it.
pub const MANIFEST_NAME: &str = "manifest.app.toml";

/// What an app may do. Cloning shares the grants and their directory handles.
#[derive(Clone, Debug)]
pub struct Caps {
    granted: Arc<Granted>,
    audit: Option<Arc<Audit>>,
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
    /// To be set once a guest changes something in it, where that is to be noted.
    pub changed: Option<Arc<AtomicBool>>,
}

/// A path that the app itself may read or write, or make: a granted folder, open, and names beneath it. Whoever opens it does so
/// [beneath](resolve::open_beneath) that folder and follows no symlink, so that it is what was judged.
#[derive(Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FsPlace {
    /// The granted folder, or the one that the granted file is in.
    pub folder: Arc<OwnedFd>,
    /// Plain names beneath it, all symlinks resolved; empty for the folder itself. What it names need not exist.
    pub beneath: PathBuf,
    /// Where it really is, for messages.
    pub path: PathBuf,
}

impl Caps {
    /// What may be done without a manifest: nothing.
    pub fn denied() -> Caps {
        Caps::disabled("no manifest is given".to_owned())
    }

    /// The same, of an app whose manifest was looked for from this folder upwards and not found, as refusals say.
    pub fn not_found(from: &Path) -> Caps {
        let from = printable::sentence(&from.to_string_lossy());
        Caps::disabled(format!("there is no {MANIFEST_NAME} in {from} or in a folder above it"))
    }

    fn disabled(why: String) -> Caps {
        let disabled = Some(why + ", so no [capabilities.wasm] grants it");
        Caps::of(Granted { disabled, ..Granted::default() })
    }

    fn of(mut granted: Granted) -> Caps {
        granted.real_base = resolve::real_path(&granted.base).unwrap_or_else(|| granted.base.clone());
        Caps { granted: Arc::new(granted), audit: None }
    }

    /// The same grants, of which from now on is noted what is used: by this one and its clones.
    #[must_use]
    pub fn audited(self) -> Caps {
        Caps { audit: Some(Arc::default()), ..self }
    }

    /// The smallest manifest that grants what has been used so far, as TOML, for the folder of the manifest that was read. Bounds are in it as
    /// they were. `None` where nothing is noted.
    pub fn needed(&self) -> Option<String> {
        Some(self.audit.as_ref()?.look(|uses| needed::manifest(&self.granted, uses)))
    }

    /// Notes a use, where that is wanted.
    fn note(&self, note: impl FnOnce(&Audit)) {
        if let Some(audit) = &self.audit {
            note(audit);
        }
    }

    /// Reads a manifest and opens the folders that it grants.
    ///
    /// # Errors
    /// A file that cannot be read, is no regular one or has more than 1 MiB, broken TOML, an unknown key or an unusable value, with its line and column.
    pub fn from_file(manifest: &Path) -> Result<Caps, ManifestError> {
        let text = manifest::read(manifest)?;
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
        Ok(Caps::of(granted))
    }

    /// The manifest in this folder or in the nearest one above it, whatever kind of file it is: nothing but a folder is passed over.
    pub fn find_manifest(start: &Path) -> Option<PathBuf> {
        let start = std::path::absolute(start).ok()?;
        start
            .ancestors()
            .map(|folder| folder.join(MANIFEST_NAME))
            .find(|path| path.metadata().is_ok_and(|there| !there.is_dir()))
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
            None => {
                self.note(Audit::wasm);
                Ok(())
            }
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
        let ordered: Vec<_> = free.into_iter().chain(pinned).collect();
        let opened = self.open(path, "load", &ordered, Wanted::File, CapsErrorKind::Io, |audit, path, pin| {
            audit.module(path, pin);
        })?;
        self.note(|audit| audit.module(&opened.path, opened.extra));
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
        let opened = self.open(path, "preopens", &grants, Wanted::Folder, CapsErrorKind::Wasi, |audit, path, _| {
            audit.folder(path, want);
        })?;
        let access = want.unwrap_or(opened.extra);
        let changed = self.audit.as_ref().and_then(|audit| audit.folder(&opened.path, want));
        Ok(PreopenDir { dir: opened.fd, access, path: opened.path, changed })
    }

    /// `missed` notes what is granted and cannot be opened: an app may have meant to do without it, and is not to be refused it instead.
    fn open<T: Copy>(
        &self,
        path: &str,
        key: &str,
        grants: &[&Grant<T>],
        wanted: Wanted,
        failure: CapsErrorKind,
        missed: impl FnOnce(&Audit, &Path, T),
    ) -> Result<grant::Opened<T>, CapsError> {
        let not_granted =
            || denied(format!("\"{}\" is not granted by `{key}` in [capabilities.wasm]", printable::sentence(path)));
        let absolute = self.absolute(path).ok_or_else(not_granted)?;
        match grant::open(grants, &absolute, wanted) {
            Some(Ok(opened)) => Ok(opened),
            Some(Err(error)) => {
                self.note(|audit| {
                    if let Some(place) = grant::find(grants, &absolute, wanted, Last::Followed) {
                        missed(audit, &place.real, place.extra);
                    }
                });
                let mut message = format!("\"{}\" cannot be opened: {error}", printable::sentence(path));
                if error.kind() == std::io::ErrorKind::NotFound && is_relative(path) {
                    message += &looked_for_in(self.folder());
                }
                Err(CapsError { kind: failure, message })
            }
            None => Err(not_granted()),
        }
    }

    /// The folder that relative paths are beneath: the manifest's.
    pub(crate) fn folder(&self) -> &Path {
        &self.granted.real_base
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
            _ => Some(self.granted.real_base.join(path)),
        }
    }

    /// Finds a path of the app's own that `[capabilities.fs]` lets it read. It may not exist.
    ///
    /// # Errors
    /// `Denied`, with one message whether or not it exists; `Io` where the granted folder does not exist.
    pub fn fs_read(&self, path: &str) -> Result<FsPlace, CapsError> {
        let place = self.fs(path, "read", &self.granted.fs.read)?;
        self.note(|audit| audit.read(&place.path));
        Ok(place)
    }

    /// The same of one that it may write: make, change, rename and remove. To read it is another grant.
    ///
    /// # Errors
    /// As for [`Caps::fs_read`].
    pub fn fs_write(&self, path: &str) -> Result<FsPlace, CapsError> {
        let place = self.fs(path, "write", &self.granted.fs.write)?;
        self.note(|audit| audit.write(&place.path));
        Ok(place)
    }

    fn fs(&self, path: &str, key: &str, grants: &[Grant<()>]) -> Result<FsPlace, CapsError> {
        let shown = || printable::sentence(path);
        let grants: Vec<_> = grants.iter().collect();
        let found =
            self.absolute(path).and_then(|absolute| grant::find(&grants, &absolute, Wanted::Any, Last::Followed));
        let Some(found) = found else {
            return Err(denied(format!("\"{}\" is not granted by `{key}` in [capabilities.fs]", shown())));
        };
        let Some(folder) = found.folder else {
            let message = format!("\"{}\" cannot be opened: {}", shown(), std::io::Error::from(Errno::NOENT));
            return Err(CapsError { kind: CapsErrorKind::Io, message });
        };
        Ok(FsPlace { folder, beneath: found.beneath, path: found.real })
    }

    /// May the app read this variable of its environment?
    pub fn may_read_env(&self, name: &str) -> bool {
        let allowed = self.granted.env.iter().any(|pattern| pattern.allows(name));
        if allowed {
            self.note(|audit| audit.variable(name));
        }
        allowed
    }

    /// May the app's own `fetch` ask for this URL?
    pub fn fetch_allows(&self, url: &url::Url) -> bool {
        let allowed = self.granted.fetch.iter().any(|pattern| pattern.allows(url));
        if allowed {
            self.note(|audit| audit.fetch(url));
        }
        allowed
    }

    /// May components send any request at all?
    pub fn http_is_granted(&self) -> bool {
        self.granted.disabled.is_none() && !self.granted.http.allow.is_empty()
    }

    /// May a component ask for this URL?
    pub fn http_allows(&self, url: &url::Url) -> bool {
        let allowed =
            self.granted.disabled.is_none() && self.granted.http.allow.iter().any(|pattern| pattern.allows(url));
        if allowed {
            self.note(|audit| audit.request(url));
        }
        allowed
    }

    /// May it be reached at this address, which its host has turned out to be? What is not public has to be granted as such.
    pub fn http_reaches(&self, url: &url::Url, address: IpAddr) -> bool {
        let http = &self.granted.http;
        let mut by = http.allow.iter().filter(|pattern| pattern.allows(url));
        if addresses::is_public(address) || by.any(|pattern| pattern.names(address)) {
            return true;
        }
        if http.allow_private {
            self.note(Audit::private);
        }
        http.allow_private
    }
}

/// Is it looked for from the manifest's folder on?
pub(crate) fn is_relative(path: &str) -> bool {
    !path.starts_with(['/', '~'])
}

/// Where nothing was found by a relative path, as the end of a sentence.
pub(crate) fn looked_for_in(folder: &Path) -> String {
    format!("; looked for in {}", printable::sentence(&folder.to_string_lossy()))
}

fn denied(message: String) -> CapsError {
    CapsError { kind: CapsErrorKind::Denied, message }
}
