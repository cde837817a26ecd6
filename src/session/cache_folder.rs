//! Where programs of ours keep compiled code: the command line, and the npm package.

use crate::caps::{CacheChoice, Caps};
use crate::registry::Cache;
use crate::size;
use std::env;
use std::path::{Path, PathBuf};

/// The variable that names the folder; empty, it turns the cache off.
const VARIABLE: &str = "RUNTIME_WASM_CACHE";
const FOLDER: &str = "runtime-wasm";
/// The variable that says how much is kept.
const MOST: &str = "RUNTIME_WASM_CACHE_MAX";

/// The cache to use, if any. The program or the manifest may turn it off; else the program's own folder comes first, then the environment, where an empty
/// variable turns it off, and the manifest, which may set how many bytes are kept, too.
///
/// # Errors
/// For an environment that says no such number.
pub fn chosen_cache(program: &CacheChoice, caps: &Caps) -> Result<Option<Cache>, String> {
    let manifest = caps.cache();
    if *program == CacheChoice::Off || *manifest == CacheChoice::Off {
        return Ok(None);
    }
    let chosen = match (program, env::var_os(VARIABLE), manifest) {
        (CacheChoice::At(folder), ..) | (_, None, CacheChoice::At(folder)) => Some(folder.clone()),
        _ => cache_folder(),
    };
    chosen.map(|folder| user_cache(folder, caps.limits().max_cache_bytes)).transpose()
}

/// A cache in this folder, of the size that the environment says, or else of this one.
///
/// # Errors
/// For an environment that says no such number.
pub fn user_cache(folder: PathBuf, most: Option<u64>) -> Result<Cache, String> {
    let said = env::var_os(MOST).filter(|text| !text.is_empty());
    let said = said.map(|text| {
        let bytes =
            text.to_str().and_then(|text| size::parse(text).or_else(|| text.parse().ok().filter(|bytes| *bytes > 0)));
        bytes.ok_or_else(|| format!("{MOST} must be a size such as \"512MiB\", or a number of bytes, and is {text:?}"))
    });
    let cache = Cache::new(folder);
    Ok(match said.transpose()?.or(most) {
        Some(bytes) => cache.with_bytes_max(bytes),
        None => cache,
    })
}

/// The folder of the cache, where no manifest names another.
pub fn cache_folder() -> Option<PathBuf> {
    // A relative one would be a different one wherever the command is started.
    let absolute = |folder: PathBuf| Some(folder).filter(|folder| folder.is_absolute());
    if let Some(folder) = env::var_os(VARIABLE) {
        return std::path::absolute(Path::new(&folder)).ok().filter(|_| !folder.is_empty());
    }
    let of_user = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).and_then(absolute);
    let of_user = of_user.or_else(|| Some(absolute(env::var_os("HOME")?.into())?.join(".cache")));
    of_user.map(|folder| folder.join(FOLDER))
}
