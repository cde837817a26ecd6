//! `manifest.app.toml`, parsed once. Every error shows file, line, column and the line itself; a key that is not known is an
//! error, so that a typo never widens or loses a grant.
//!
//! [`document`] is what can be written, as types that serde fills in; [`values`] are those of its values that have rules of their own,
//! [`keys`] the names of the keys, [`entries`] its lists. [`placement`] finds what is ours where nobody reads it, by names that are nearly ours ([`misspelt`]);
//! [`wording`] says what serde could not read.

mod document;
#[cfg(feature = "host")]
mod entries;
mod keys;
mod misspelt;
mod placement;
mod problem;
#[cfg(feature = "host")]
mod schema;
mod values;
mod wording;

use super::env::EnvPattern;
use super::folder::OpenFolders;
use super::grant::{self, Grant, Wanted};
use super::granted::{Access, AppInfo, CacheChoice, FsGrants, Granted, Http, ManifestLimits};
use super::manifest_error::ManifestError;
use super::net::UrlPattern;
use super::paths;
use crate::regular_file::{self, Unread};
pub(super) use document::Document;
use document::{LoadEntry, PreopenEntry, Wasm};
#[cfg(feature = "host")]
pub(super) use entries::{Entry, paths_of, private_allowed, texts_of};
use problem::{Parsed, Problem, problem};
#[cfg(feature = "host")]
pub(super) use schema::schema;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};
use values::{At, Cache, PathOr};

/// The bytes that a manifest may have.
const BYTES_MAX: u64 = 1 << 20;

/// The sections whose keys are all known, and these.
pub(super) fn sections() -> &'static [(&'static str, &'static [&'static str])] {
    &*keys::SECTIONS
}

/// The text of a manifest.
pub(super) fn read(file: &Path) -> Result<String, ManifestError> {
    let bytes = regular_file::read(file, BYTES_MAX).map_err(|why| match why {
        Unread::TooLong => ManifestError::unreadable(file, &"it has more than 1 MiB"),
        why => ManifestError::unreadable(file, &why),
    })?;
    String::from_utf8(bytes).map_err(|_| ManifestError::unreadable(file, &"it is no text in UTF-8"))
}

/// Parses a manifest and opens what it grants.
pub(super) fn parse(text: &str, file: &Path, base: &Path, home: Option<&Path>) -> Result<Granted, ManifestError> {
    let granted =
        document(text).and_then(|document| granted(document, &Folders { base, home, open: OpenFolders::default() }));
    granted.map_err(|Problem(message, at)| ManifestError::new(file, message, text, at))
}

/// What a manifest says, before anything of it is looked for.
pub(super) fn document(text: &str) -> Parsed<Document> {
    let root = DeTable::parse(text).map_err(|error| Problem(error.message().to_owned(), error.span()))?;
    placement::check(root.get_ref())?;
    Document::deserialize(Deserializer::from(root)).map_err(|error| wording::problem(&error, text))
}

/// Where paths start from.
struct Folders<'a> {
    base: &'a Path,
    home: Option<&'a Path>,
    open: OpenFolders,
}

impl Folders<'_> {
    /// What an entry grants, with wildcards, made of its absolute pattern.
    fn grant<T, U>(
        &self,
        entry: &At<T>,
        text: &str,
        make: impl FnOnce(&str) -> Result<U, glob::PatternError>,
    ) -> Parsed<U> {
        let path = paths::pattern(text, self.base, self.home).or_else(|why| problem(entry.0.span(), why))?;
        make(&path).or_else(|error| problem(entry.0.span(), format!("\"{text}\" is no valid pattern: {}", error.msg)))
    }

    /// Folders with all that is beneath them, and files.
    fn places(&self, entries: &[At<String>]) -> Parsed<Vec<Grant<()>>> {
        let mut grants = Vec::new();
        for entry in entries {
            grants.extend(self.grant(entry, entry.0.get_ref(), |pattern| grant::places(pattern, &self.open))?);
        }
        Ok(grants)
    }
}

fn granted(document: Document, folders: &Folders) -> Parsed<Granted> {
    let Document { app, capabilities } = document;
    let mut granted = Granted {
        app: AppInfo { name: app.name, version: app.version },
        base: folders.base.to_owned(),
        home: folders.home.map(Path::to_owned),
        fetch: url_patterns(&capabilities.net.fetch)?,
        fs: FsGrants { read: folders.places(&capabilities.fs.read)?, write: folders.places(&capabilities.fs.write)? },
        env: each(&capabilities.env.allow, "pattern for variables", EnvPattern::parse)?,
        ..Granted::default()
    };
    match capabilities.wasm {
        Some(wasm) => wasm_section(wasm, folders, &mut granted)?,
        None => granted.disabled = Some("the manifest has no section [capabilities.wasm]".to_owned()),
    }
    Ok(granted)
}

fn wasm_section(wasm: Wasm, folders: &Folders, granted: &mut Granted) -> Parsed<()> {
    if wasm.enabled == Some(false) {
        granted.disabled = Some("[capabilities.wasm] says enabled = false".to_owned());
    }
    for entry in &wasm.load {
        let PathOr(LoadEntry { path, sha256 }) = entry.0.get_ref();
        let pin = sha256.map(|hash| hash.0);
        let path = path.as_deref().unwrap_or_default();
        granted.load.push(folders.grant(entry, path, |pattern| Grant::new(pattern, Wanted::File, pin, &folders.open))?);
    }
    for entry in &wasm.preopens {
        let PathOr(PreopenEntry { path, access }) = entry.0.get_ref();
        let access = access.map_or(Access::ReadWrite, |access| access.0);
        let path = path.as_deref().unwrap_or_default();
        granted
            .preopens
            .push(folders.grant(entry, path, |pattern| Grant::new(pattern, Wanted::Folder, access, &folders.open))?);
    }
    granted.cache = match wasm.cache.as_ref().map(|cache| (cache.0.span(), cache.0.get_ref())) {
        None | Some((_, Cache::Kept(true))) => CacheChoice::Unsaid,
        Some((_, Cache::Kept(false))) => CacheChoice::Off,
        Some((at, Cache::In(folder))) => {
            let folder = paths::absolute(folder, folders.base, folders.home);
            CacheChoice::At(folder.or_else(|why| problem(at, why))?)
        }
    };
    let allow_private = wasm.http.allow_private.as_ref().is_some_and(|At(allowed)| *allowed.get_ref());
    granted.http = Http { allow: url_patterns(&wasm.http.allow)?, allow_private };
    granted.limits = limits(&wasm);
    Ok(())
}

fn limits(wasm: &Wasm) -> ManifestLimits {
    let of_instance = &wasm.limits;
    let as_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    ManifestLimits {
        fuel: of_instance.fuel.map(|fuel| fuel.0),
        timeout_ms: of_instance.timeout_ms.map(|time| time.0),
        cpu_ms: of_instance.cpu_ms.map(|time| time.0),
        memory_bytes: of_instance.memory.map(|size| size.0),
        table_elements: of_instance.table_elements.map(|elements| elements.0),
        mailbox: of_instance.mailbox.map(|places| as_usize(places.0)),
        max_instances: wasm.max_instances.map(|instances| as_usize(instances.0)),
        max_module_bytes: wasm.max_module_bytes.map(|size| size.0),
        max_memory_bytes: wasm.max_memory.map(|size| size.0),
        max_compile_memory_bytes: wasm.max_compile_memory.map(|size| size.0),
        max_compile_ms: wasm.max_compile_ms.map(|time| time.0),
        max_cache_bytes: wasm.max_cache.map(|size| size.0),
        priority: wasm.priority.map(|priority| priority.0).unwrap_or_default(),
        interruption: wasm.interruption.map(|interruption| interruption.0),
    }
}

fn url_patterns(entries: &[At<String>]) -> Parsed<Vec<UrlPattern>> {
    each(entries, "URL pattern", UrlPattern::parse)
}

fn each<T>(entries: &[At<String>], what: &str, parse: fn(&str) -> Result<T, String>) -> Parsed<Vec<T>> {
    let pattern = |entry: &Spanned<String>| {
        let wrong = |why| Problem(format!("\"{}\" is no {what}: {why}", entry.get_ref()), Some(entry.span()));
        parse(entry.get_ref()).map_err(wrong)
    };
    entries.iter().map(|At(entry)| pattern(entry)).collect()
}
