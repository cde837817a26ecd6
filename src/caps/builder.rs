//! Grants from a program instead of from a manifest.

use super::folder::OpenFolders;
use super::grant::{Grant, Wanted};
use super::granted::{Access, CacheChoice, Granted, Interruption, Priority};
use super::net::UrlPattern;
use super::{Caps, paths};
use crate::error::{ErrorCode, Result, WasmError};
use crate::instance_limits::Limits;
use crate::limits::MAILBOX_MAX;
use crate::printable;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Grants, put together one by one; what is not granted is refused. Made by [`Caps::builder`].
///
/// Patterns are those of the manifest: `*` and `?` stay within a name, `**` crosses folders, `~/` is the home folder, and a relative
/// path starts from [`base`](CapsBuilder::base).
///
/// ```
/// use runtime_wasm::{Access, Caps, Limits};
/// use std::time::Duration;
///
/// let caps = Caps::builder()
///     .load("plugins/*.wasm")
///     .preopen("data", Access::Read)
///     .limits(Limits::new().timeout(Duration::from_secs(1)).memory_bytes(64 << 20))
///     .max_instances(100)
///     .build()?;
/// assert!(caps.open_module("/etc/passwd").is_err());
/// # Ok::<(), runtime_wasm::WasmError>(())
/// ```
#[derive(Debug)]
pub struct CapsBuilder {
    base: PathBuf,
    load: Vec<(String, Option<[u8; 32]>)>,
    preopens: Vec<(String, Access)>,
    fetch: Vec<String>,
    http: Vec<String>,
    limits: Limits,
    granted: Granted,
}

impl Caps {
    /// Grants from a program: nothing yet but to compile bytes.
    pub fn builder() -> CapsBuilder {
        let (load, preopens, fetch, http) = Default::default();
        let (limits, granted) = (Limits::default(), Granted::default());
        CapsBuilder { base: PathBuf::from("."), load, preopens, fetch, http, limits, granted }
    }
}

impl CapsBuilder {
    /// The folder that relative paths start from; without this, the working directory.
    pub fn base(mut self, folder: impl Into<PathBuf>) -> Self {
        self.base = folder.into();
        self
    }

    /// Modules that may be loaded.
    pub fn load(mut self, pattern: impl Into<String>) -> Self {
        self.load.push((pattern.into(), None));
        self
    }

    /// The same, for as long as their bytes have this SHA-256.
    pub fn load_pinned(mut self, pattern: impl Into<String>, sha256: [u8; 32]) -> Self {
        self.load.push((pattern.into(), Some(sha256)));
        self
    }

    /// A folder that guests may be shown, with all that is beneath it.
    pub fn preopen(mut self, pattern: impl Into<String>, access: Access) -> Self {
        self.preopens.push((pattern.into(), access));
        self
    }

    /// What the `fetch()` of a JavaScript app may reach, such as `https://api.example.com/`.
    pub fn fetch(mut self, pattern: impl Into<String>) -> Self {
        self.fetch.push(pattern.into());
        self
    }

    /// What components may reach by `wasi:http`, such as `https://api.example.com/*`. An address that is not public, whichever name leads
    /// there, is reached only where the pattern's host is that address itself, or `localhost`.
    pub fn http(mut self, pattern: impl Into<String>) -> Self {
        self.http.push(pattern.into());
        self
    }

    /// They may reach addresses that are not public by any name that [`http`](CapsBuilder::http) grants.
    pub fn http_private(mut self) -> Self {
        self.granted.http.allow_private = true;
        self
    }

    /// What an instance gets that asks for nothing, and what none exceeds.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Instances alive at once; 10,000 without this.
    pub fn max_instances(mut self, instances: usize) -> Self {
        self.granted.limits.max_instances = Some(instances);
        self
    }

    /// Bytes of one module.
    pub fn max_module_bytes(mut self, bytes: u64) -> Self {
        self.granted.limits.max_module_bytes = Some(bytes);
        self
    }

    /// Bytes that the memories of all instances may have together; half of the machine's without this.
    pub fn max_memory_bytes(mut self, bytes: u64) -> Self {
        self.granted.limits.max_memory_bytes = Some(bytes);
        self
    }

    /// Bytes of memory of a process that compiles a module.
    pub fn max_compile_memory_bytes(mut self, bytes: u64) -> Self {
        self.granted.limits.max_compile_memory_bytes = Some(bytes);
        self
    }

    /// Time that such a process may take.
    pub fn max_compile_time(mut self, time: Duration) -> Self {
        self.granted.limits.max_compile_ms = Some(milliseconds(time));
        self
    }

    /// Bytes of all compiled code that is kept on disk.
    pub fn max_cache_bytes(mut self, bytes: u64) -> Self {
        self.granted.limits.max_cache_bytes = Some(bytes);
        self
    }

    /// Where compiled code is kept for other processes; nowhere without this. The folder holds native code, and is refused unless it is the
    /// user's own.
    pub fn cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.granted.cache = CacheChoice::At(folder.into());
        self
    }

    /// How guests that run on stand beside the rest of the machine.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.granted.limits.priority = priority;
        self
    }

    /// How guests that run on are stopped.
    pub fn interruption(mut self, interruption: Interruption) -> Self {
        self.granted.limits.interruption = Some(interruption);
        self
    }

    /// The grants. Folders that they name are opened now, where they exist.
    ///
    /// # Errors
    /// 5007 for a pattern or a bound that cannot be, naming it.
    pub fn build(mut self) -> Result<Caps> {
        let base = std::path::absolute(&self.base).map_err(|error| {
            let folder = printable::sentence(&self.base.to_string_lossy());
            WasmError::new(ErrorCode::Type, format!("\"{folder}\" cannot be the base: {error}")).because(error)
        })?;
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        let folders = (&*base, home.as_deref(), &OpenFolders::default());
        for (text, pin) in &self.load {
            self.granted.load.push(grant("load", text, folders, Wanted::File, *pin)?);
        }
        for (text, access) in &self.preopens {
            self.granted.preopens.push(grant("preopen", text, folders, Wanted::Folder, *access)?);
        }
        let pattern = |key, text: &String| UrlPattern::parse(text).map_err(|why| wrong(key, text, &why));
        self.granted.fetch = self.fetch.iter().map(|text| pattern("fetch", text)).collect::<Result<_>>()?;
        self.granted.http.allow = self.http.iter().map(|text| pattern("http", text)).collect::<Result<_>>()?;
        if let CacheChoice::At(folder) = &self.granted.cache {
            let text = folder.to_str().map_or_else(|| folder.to_string_lossy().into_owned(), str::to_owned);
            let folder = paths::absolute(&text, &base, home.as_deref()).map_err(|why| wrong("cache", &text, &why))?;
            self.granted.cache = CacheChoice::At(folder);
        }
        self.take_limits()?;
        Ok(Caps::of(Granted { base, home, ..self.granted }))
    }

    fn take_limits(&mut self) -> Result<()> {
        let (given, limits) = (&self.limits, &mut self.granted.limits);
        limits.fuel = given.fuel;
        limits.timeout_ms = given.timeout.map(milliseconds);
        limits.cpu_ms = given.cpu.map(milliseconds);
        limits.memory_bytes = given.memory_bytes;
        limits.table_elements = given.table_elements;
        limits.mailbox = given.mailbox;
        let of_all = limits.max_instances.map(|instances| instances as u64);
        for (name, amount) in [
            ("limits.fuel", given.fuel),
            ("limits.memory_bytes", given.memory_bytes),
            ("limits.table_elements", given.table_elements),
            ("max_instances", of_all),
            ("max_module_bytes", limits.max_module_bytes),
            ("max_memory_bytes", limits.max_memory_bytes),
            ("max_compile_memory_bytes", limits.max_compile_memory_bytes),
            ("max_cache_bytes", limits.max_cache_bytes),
        ] {
            if amount == Some(0) {
                return Err(WasmError::new(ErrorCode::Type, format!("{name} must be at least 1")));
            }
        }
        match given.mailbox.filter(|places| !(1..=MAILBOX_MAX).contains(places)) {
            None => Ok(()),
            Some(places) => {
                let text = format!("limits.mailbox must lie in 1 to {MAILBOX_MAX}, but is {places}");
                Err(WasmError::new(ErrorCode::Type, text))
            }
        }
    }
}

fn grant<T: Copy>(
    key: &str,
    text: &str,
    (base, home, open): (&Path, Option<&Path>, &OpenFolders),
    wanted: Wanted,
    extra: T,
) -> Result<Grant<T>> {
    let path = paths::pattern(text, base, home).map_err(|why| wrong(key, text, &why))?;
    Grant::new(&path, wanted, extra, open).map_err(|error| wrong(key, text, error.msg))
}

fn wrong(key: &str, text: &str, why: &str) -> WasmError {
    let text = printable::sentence(text);
    WasmError::new(ErrorCode::Type, format!("{key}(\"{text}\") cannot be granted: {why}"))
}

/// At least one.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1)
}
