//! What a manifest comes to.

use super::env::EnvPattern;
use super::grant::Grant;
use super::net::UrlPattern;
use std::path::PathBuf;

/// All that one manifest grants.
#[derive(Debug, Default)]
pub(super) struct Granted {
    pub(super) app: AppInfo,
    /// Why WebAssembly may not be used at all, if so.
    pub(super) disabled: Option<String>,
    /// The folder that relative paths start from.
    pub(super) base: PathBuf,
    /// The same without symlinks, from which the app's paths start.
    pub(super) real_base: PathBuf,
    pub(super) home: Option<PathBuf>,
    pub(super) load: Vec<Grant<Pin>>,
    pub(super) preopens: Vec<Grant<Access>>,
    pub(super) fetch: Vec<UrlPattern>,
    pub(super) http: Http,
    pub(super) fs: FsGrants,
    pub(super) env: Vec<EnvPattern>,
    pub(super) limits: ManifestLimits,
    pub(super) cache: CacheChoice,
}

/// Where components may send requests.
#[derive(Debug, Default)]
pub(super) struct Http {
    pub(super) allow: Vec<UrlPattern>,
    /// Also to addresses that are no public ones, by whichever name.
    pub(super) allow_private: bool,
}

/// The app's own files: two lists that say nothing of each other.
#[derive(Debug, Default)]
pub(super) struct FsGrants {
    pub(super) read: Vec<Grant<()>>,
    pub(super) write: Vec<Grant<()>>,
}

/// The sha256 that a granted file must have, if any.
pub(super) type Pin = Option<[u8; 32]>;

/// The manifest's `[app]` section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct AppInfo {
    /// The app's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// May a guest change what is in a folder?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Access {
    /// It may look.
    Read,
    /// It may look and change.
    ReadWrite,
}

/// How guests that run on stand beside the rest of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Priority {
    /// Behind everything else.
    #[default]
    Background,
    /// Behind most.
    Low,
    /// Like everybody.
    Normal,
}

/// How a guest is called out of its own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Interruption {
    /// By a counter that it compares.
    Epoch,
    /// By the protection of memory that it reads.
    Protection,
}

/// The bounds that the manifest sets; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ManifestLimits {
    /// Fuel of one instance.
    pub fuel: Option<u64>,
    /// Wall time of one request, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Processor time of one request, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// All memories of one instance, in bytes.
    pub memory_bytes: Option<u64>,
    /// All tables of one instance, in elements.
    pub table_elements: Option<u64>,
    /// Requests that may wait for one instance.
    pub mailbox: Option<usize>,
    /// Instances alive at once.
    pub max_instances: Option<usize>,
    /// Bytes of one module.
    pub max_module_bytes: Option<u64>,
    /// All memories of all instances, in bytes.
    pub max_memory_bytes: Option<u64>,
    /// Memory of a process that compiles, in bytes.
    pub max_compile_memory_bytes: Option<u64>,
    /// All compiled code that is kept on disk.
    pub max_cache_bytes: Option<u64>,
    /// Time of such a process, in milliseconds.
    pub max_compile_ms: Option<u64>,
    /// Scheduling of guests that run on.
    pub priority: Priority,
    /// How guests that run on are stopped.
    pub interruption: Option<Interruption>,
}

/// Where compiled code is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum CacheChoice {
    /// Where the program keeps it that reads the manifest.
    #[default]
    Unsaid,
    /// Nowhere.
    Off,
    /// In this folder.
    At(PathBuf),
}
