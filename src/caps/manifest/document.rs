//! The manifest as it is written: its sections and keys. The parser, the JSON Schema and the names that are suggested for a misspelt
//! key come from here; what is said of a key is what the schema says.

use super::values::{Amount, At, Cache, Choice, HasPath, Hash, PathOr, Size};
use crate::caps::granted::{Access, Interruption, Priority};
use crate::limits::MAILBOX_MAX;
#[cfg(feature = "host")]
use schemars::JsonSchema;
use serde::Deserialize;

/// What an app may do: manifest.app.toml of runtime:wasm. Relative paths start from the folder of this file, `~` is the home folder.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(crate) struct Document {
    /// What the app calls itself.
    pub(super) app: App,
    /// What is granted. What is not named here is refused.
    pub(super) capabilities: Capabilities,
}

/// What the app calls itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct App {
    /// The app's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// What is granted. Sections of other modules may stand beside these.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Capabilities {
    /// WebAssembly. Without this section every operation of runtime:wasm is refused.
    pub wasm: Option<Wasm>,
    /// What the app's own `fetch()` may reach.
    pub net: Net,
    /// The app's own files, under `runtime-wasm run`.
    pub fs: Fs,
    /// Variables of the environment that the app itself may read, under `runtime-wasm run`.
    pub env: Env,
}

/// WebAssembly: what may be loaded, what guests may see, and what they may use.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Wasm {
    /// false refuses everything. Default: true.
    pub enabled: Option<bool>,
    /// Files that may be loaded as modules: paths or patterns, or `{ path, sha256 }` for a file whose bytes must have this hash. Default: none.
    pub load: Vec<At<PathOr<LoadEntry>>>,
    /// Folders that guests may be shown, with all beneath them: paths or patterns, or `{ path, access }`. Default: none.
    pub preopens: Vec<At<PathOr<PreopenEntry>>>,
    /// Instances alive at once. Default: 10,000.
    pub max_instances: Option<Amount>,
    /// Bytes of one module. Default: 64 MiB.
    pub max_module_bytes: Option<Size>,
    /// How guests that run on stand beside the rest of the machine. Default: "background".
    pub priority: Option<Choice<Priority>>,
    /// Bytes that the memories of all instances have together. Default: half of what the machine, or its cgroup, has.
    pub max_memory: Option<Size>,
    /// Ceilings for every instance, and what one gets that asks for nothing.
    pub limits: Limits,
    /// The folder for compiled code, or false for none. Default: the user's own cache under `run` and in the npm package, elsewhere none.
    pub cache: Option<At<Cache>>,
    /// Bytes of all compiled code that is kept. Default: 1 GiB.
    pub max_cache: Option<Size>,
    /// Bytes of memory of a process that compiles a module. Default: 2 GiB.
    pub max_compile_memory: Option<Size>,
    /// Milliseconds that such a process may take. Default: 60,000.
    pub max_compile_ms: Option<Amount>,
    /// How guests that run on are stopped: by a counter that they compare, or by the protection of memory that they read. Default: "epoch".
    pub interruption: Option<Choice<Interruption>>,
    /// What components may reach by `wasi:http`.
    pub http: Http,
}

/// One entry of `load` with more than a path.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema), schemars(extend("required" = ["path"])))]
pub(super) struct LoadEntry {
    /// A path or a pattern.
    pub path: Option<String>,
    /// The SHA-256 that the file's bytes must have: 64 hexadecimal digits. Default: any.
    pub sha256: Option<Hash>,
}

/// One entry of `preopens` with more than a path.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema), schemars(extend("required" = ["path"])))]
pub(super) struct PreopenEntry {
    /// A folder, or a pattern for folders.
    pub path: Option<String>,
    /// What guests may do there. Default: "readwrite".
    pub access: Option<Choice<Access>>,
}

/// Ceilings for every instance, and what one gets that asks for nothing. An app can ask for less, never for more.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Limits {
    /// Fuel of one instance: about one for each instruction. Default: not metered.
    pub fuel: Option<Amount>,
    /// Milliseconds of wall time of one request. Default: no bound.
    pub timeout_ms: Option<Amount>,
    /// Milliseconds of processor time of one request. Default: no bound.
    pub cpu_ms: Option<Amount>,
    /// Bytes of all memories of one instance. Default: 256 MiB.
    pub memory: Option<Size>,
    /// Elements of all tables of one instance. Default: 1,000,000.
    pub table_elements: Option<Amount>,
    /// Requests that may wait for one instance. Default: 1,024.
    pub mailbox: Option<Amount<{ MAILBOX_MAX as u64 }>>,
}

/// What components may reach by `wasi:http`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Http {
    /// URL patterns, such as `https://api.example.com/*`. Default: none.
    pub allow: Vec<At<String>>,
    /// Reach addresses that are not public by any name that `allow` grants. Default: false.
    pub allow_private: Option<At<bool>>,
}

/// What the app's own `fetch()` may reach.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Net {
    /// URL patterns, such as `https://api.example.com/*`. Default: none.
    pub fetch: Vec<At<String>>,
}

/// The app's own files, under `runtime-wasm run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Fs {
    /// Files and folders, with all beneath them, that the app may read: paths or patterns. Default: none.
    pub read: Vec<At<String>>,
    /// The same that it may make, change, rename and remove. Default: none.
    pub write: Vec<At<String>>,
}

/// Variables of the environment that the app itself may read, under `runtime-wasm run`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[cfg_attr(feature = "host", derive(JsonSchema))]
pub(super) struct Env {
    /// Names, in which `*` and `?` are wildcards, such as `HOME` or `APP_*`. Default: none.
    pub allow: Vec<At<String>>,
}

impl HasPath for LoadEntry {
    fn of(path: String) -> Self {
        LoadEntry { path: Some(path), sha256: None }
    }

    fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

impl HasPath for PreopenEntry {
    fn of(path: String) -> Self {
        PreopenEntry { path: Some(path), access: None }
    }

    fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}
