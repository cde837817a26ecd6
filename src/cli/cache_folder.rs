//! Where the command line keeps compiled code.

use crate::caps::CacheChoice;
use crate::registry::Cache;
use clap::Args;
use std::env;
use std::path::{Path, PathBuf};

/// The variable that names the folder; empty, it turns the cache off.
const VARIABLE: &str = "RUNTIME_WASM_CACHE";
const FOLDER: &str = "runtime-wasm";

/// Whether to keep compiled code.
#[derive(Args, Debug)]
pub(super) struct CacheFlag {
    /// Neither take compiled code from the cache nor keep any there
    #[arg(long)]
    no_cache: bool,
}

impl CacheFlag {
    /// The cache to use, if any. The flag comes first and what turns the cache off, then the environment, then the manifest.
    pub(super) fn cache(&self, manifest: &CacheChoice) -> Option<Cache> {
        if self.no_cache || *manifest == CacheChoice::Off {
            return None;
        }
        let folder = match (env::var_os(VARIABLE), manifest) {
            (None, CacheChoice::At(folder)) => Some(folder.clone()),
            _ => folder(),
        };
        folder.map(Cache::new)
    }
}

/// The folder of the cache, where no manifest names another.
pub(super) fn folder() -> Option<PathBuf> {
    // A relative one would be a different one wherever the command is started.
    let absolute = |folder: PathBuf| Some(folder).filter(|folder| folder.is_absolute());
    if let Some(folder) = env::var_os(VARIABLE) {
        return std::path::absolute(Path::new(&folder)).ok().filter(|_| !folder.is_empty());
    }
    let of_user = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).and_then(absolute);
    let of_user = of_user.or_else(|| Some(absolute(env::var_os("HOME")?.into())?.join(".cache")));
    of_user.map(|folder| folder.join(FOLDER))
}
