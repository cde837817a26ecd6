//! The native half of the npm package `runtime-wasm`: an addon for Node-API.
//!
//! Data flows as in the crate: `js/` (by `npm/port.js`) → here → `session` → … Here values are converted, and futures run on the event loop
//! of the environment; there is one threadsafe function for each host.

mod engine;
mod environment;
mod event_loop;
mod ops;
mod read;
mod values;

use crate::environment::{Environment, Slot};
use napi::bindgen_prelude::{Either, Function, JsValue, Unknown};
use napi::{Env, Error, Result};
use napi_derive::napi;
use runtime_wasm::caps::{CacheChoice, Caps};
use runtime_wasm::registry::Interruption;
use runtime_wasm::session::{HostOptions, WasmHost, chosen_cache};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What a host is made of.
#[napi(object)]
pub struct OpenOptions {
    /// The file of the manifest, or the one that relative paths in `text` are beside.
    pub manifest: Option<String>,
    /// The folder of the app, whose manifest was looked for and not found.
    pub app: Option<String>,
    /// The manifest itself as JSON, instead of what is in the file.
    pub text: Option<String>,
    /// Where compiled code is kept, if the program says so; false for nowhere.
    pub cache: Option<Either<bool, String>>,
    /// The program that compiles.
    pub compile_program: Option<String>,
    /// Each trap of a guest leaves a core dump here.
    pub core_dumps: Option<String>,
    /// `epoch` or `protection`, whatever the manifest says.
    pub interruption: Option<String>,
}

/// The functions of a new host. `bare` makes an object without a prototype.
#[napi]
pub fn open<'env>(env: &'env Env, options: OpenOptions, bare: Function<(), Unknown>) -> Result<Unknown<'env>> {
    let caps = caps(&options)?;
    let host_options = HostOptions {
        core_dumps: options.core_dumps.map(PathBuf::from),
        cache: chosen_cache(&choice(options.cache), &caps).map_err(Error::from_reason)?,
        compile_program: options.compile_program.map(PathBuf::from),
        compile_watch: None,
        interruption: options.interruption.as_deref().map(interruption).transpose()?,
        // Text is for the command line.
        assemble: None,
    };
    let host = WasmHost::with(caps, host_options).map_err(|error| Error::from_reason(error.to_string()))?;
    let environment = Environment::new(env.raw(), host, bare.raw())?;
    let slot = Slot::of(environment.clone());
    // A host that was closed has ended before.
    let ended = Rc::downgrade(&slot);
    env.add_env_cleanup_hook((), move |()| {
        if let Some(slot) = ended.upgrade() {
            slot.end();
        }
    })?;
    let functions = ops::bind(env.raw(), &environment, &slot);
    // SAFETY: it has just been made in this environment.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), functions) })
}

fn caps(options: &OpenOptions) -> Result<Caps> {
    let OpenOptions { manifest, app, text, .. } = options;
    let wrong = |error: &dyn std::error::Error| Error::from_reason(error.to_string());
    match (manifest.as_deref().map(Path::new), text) {
        (Some(file), Some(text)) => {
            let table: toml::Table = serde_json::from_str(text).map_err(|error| wrong(&error))?;
            let text = toml::to_string(&table).map_err(|error| wrong(&error))?;
            let home = std::env::home_dir().filter(|home| home.is_absolute());
            Caps::from_toml(&text, file, home.as_deref()).map_err(|error| {
                let place = error.place().map_or_else(String::new, |(line, _)| key_at(&text, line));
                Error::from_reason(format!("options.manifest{place}: {}", error.message()))
            })
        }
        (Some(file), None) => Caps::from_file(file).map_err(|error| wrong(&error)),
        (None, _) => Ok(app.as_deref().map_or_else(Caps::denied, |app| Caps::not_found(Path::new(app)))),
    }
}

/// The key that a line of a manifest is of, as a path in the object that the text was made of: what the program has written is no file.
fn key_at(text: &str, line: usize) -> String {
    let (mut section, mut tables) = (String::new(), HashMap::<&str, usize>::new());
    let mut here = "";
    for text in text.lines().take(line) {
        here = text;
        if let Some(name) = text.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
            let before = tables.entry(name).and_modify(|count| *count += 1).or_insert(0);
            section = format!(".{name}[{before}]");
        } else if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!(".{name}");
        }
    }
    match here.split_once(" = ") {
        Some((key, _)) => format!("{section}.{key}"),
        None => section,
    }
}

fn choice(cache: Option<Either<bool, String>>) -> CacheChoice {
    match cache {
        Some(Either::A(false)) => CacheChoice::Off,
        Some(Either::B(folder)) => CacheChoice::At(PathBuf::from(folder)),
        Some(Either::A(true)) | None => CacheChoice::Unsaid,
    }
}

fn interruption(name: &str) -> Result<Interruption> {
    match name {
        "epoch" => Ok(Interruption::Epoch),
        "protection" => Ok(Interruption::Protection),
        _ => Err(Error::from_reason(format!("interruption must be \"epoch\" or \"protection\", but is {name:?}"))),
    }
}
