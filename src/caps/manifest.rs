//! `manifest.app.toml`, parsed once. Every error shows file, line, column and the line itself; a key that is not known is an
//! error, so that a typo never widens or loses a grant.

use super::env::EnvPattern;
use super::grant::{self, Grant, Wanted};
use super::granted::{
    Access, AppInfo, CacheChoice, FsGrants, Granted, Http, Interruption, ManifestLimits, Pin, Priority,
};
use super::manifest_error::ManifestError;
use super::misspelt::{self, ENV_KEYS, FS_KEYS, HTTP_KEYS, LIMIT_KEYS, NET_KEYS, WASM_KEYS};
use super::net::UrlPattern;
use super::paths;
use crate::limits::MAILBOX_MAX;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A problem and where in the text it is.
struct Problem(String, Option<Range<usize>>);

type Parsed<T> = Result<T, Problem>;

fn problem<T>(at: Range<usize>, message: impl Into<String>) -> Parsed<T> {
    Err(Problem(message.into(), Some(at)))
}

/// Parses a manifest and opens what it grants.
pub(super) fn parse(text: &str, file: &Path, base: &Path, home: Option<&Path>) -> Result<Granted, ManifestError> {
    granted(text, base, home).map_err(|Problem(message, at)| ManifestError::new(file, message, text, at))
}

fn granted(text: &str, base: &Path, home: Option<&Path>) -> Parsed<Granted> {
    let root = DeTable::parse(text).map_err(|error| Problem(error.message().to_owned(), error.span()))?;
    let root = root.get_ref();
    let mut granted = Granted { base: base.to_owned(), home: home.map(Path::to_owned), ..Granted::default() };
    none_misplaced(root, "at the top", misspelt::section_of_uncommon)?;
    none_outside_capabilities(root)?;
    if let Some(app) = table_in(root, "app")? {
        none_misplaced(app, "in [app]", misspelt::section_of_uncommon)?;
        none_outside_capabilities(app)?;
        granted.app = AppInfo { name: optional_string(app, "name")?, version: optional_string(app, "version")? };
    }
    none_misspelt(root, &["capabilities"], misspelt::meant_at_the_top)?;
    let capabilities = table_in(root, "capabilities")?;
    if let Some(capabilities) = capabilities {
        none_misspelt(capabilities, &["wasm", "net", "fs", "env"], misspelt::meant_capability)?;
        none_misplaced(capabilities, "in [capabilities]", misspelt::section_of)?;
    }
    let section = |name| capabilities.map_or(Ok(None), |capabilities| table_in(capabilities, name));
    match section("wasm")? {
        Some(wasm) => wasm_section(wasm, &mut granted)?,
        None => granted.disabled = Some("the manifest has no section [capabilities.wasm]".to_owned()),
    }
    if let Some(net) = section("net")? {
        only_known(net, "[capabilities.net]", NET_KEYS)?;
        granted.fetch = url_patterns(net, "fetch")?;
    }
    if let Some(fs) = section("fs")? {
        only_known(fs, "[capabilities.fs]", FS_KEYS)?;
        granted.fs = FsGrants { read: places(fs, "read", &granted)?, write: places(fs, "write", &granted)? };
    }
    if let Some(env) = section("env")? {
        only_known(env, "[capabilities.env]", ENV_KEYS)?;
        granted.env = env_patterns(env)?;
    }
    Ok(granted)
}

fn wasm_section(wasm: &DeTable, granted: &mut Granted) -> Parsed<()> {
    only_known(wasm, "[capabilities.wasm]", WASM_KEYS)?;
    if flag(wasm, "enabled")? == Some(false) {
        granted.disabled = Some("[capabilities.wasm] says enabled = false".to_owned());
    }
    let (base, home) = (granted.base.clone(), granted.home.clone());
    let path = |entry: &Spanned<DeValue>, text: &str| {
        paths::pattern(text, &base, home.as_deref()).map_err(|why| Problem(why, Some(entry.span())))
    };
    for entry in list(wasm, "load")? {
        let (text, pin) = load_entry(entry)?;
        let grant = Grant::new(&path(entry, text)?, Wanted::File, pin);
        granted.load.push(grant.map_err(|error| bad_pattern(entry, text, &error))?);
    }
    for entry in list(wasm, "preopens")? {
        let (text, access) = preopen_entry(entry)?;
        let grant = Grant::new(&path(entry, text)?, Wanted::Folder, access);
        granted.preopens.push(grant.map_err(|error| bad_pattern(entry, text, &error))?);
    }
    granted.limits = limits(wasm)?;
    granted.cache = cache(wasm, &base, home.as_deref())?;
    if let Some(http) = table_in(wasm, "http")? {
        only_known(http, "[capabilities.wasm.http]", HTTP_KEYS)?;
        let allow_private = flag(http, "allow_private")?.unwrap_or(false);
        granted.http = Http { allow: url_patterns(http, "allow")?, allow_private };
    }
    Ok(())
}

fn limits(wasm: &DeTable) -> Parsed<ManifestLimits> {
    let none = DeTable::new();
    let of_instance = table_in(wasm, "limits")?.unwrap_or(&none);
    only_known(of_instance, "[capabilities.wasm.limits]", LIMIT_KEYS)?;
    let as_usize = |number: Option<u64>| number.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    Ok(ManifestLimits {
        fuel: amount(of_instance, "fuel")?,
        timeout_ms: amount(of_instance, "timeout_ms")?,
        cpu_ms: amount(of_instance, "cpu_ms")?,
        memory_bytes: size(of_instance, "memory")?,
        table_elements: amount(of_instance, "table_elements")?,
        mailbox: as_usize(amount_up_to(of_instance, "mailbox", MAILBOX_MAX as u64)?),
        max_instances: as_usize(amount(wasm, "max_instances")?),
        max_module_bytes: size(wasm, "max_module_bytes")?,
        max_memory_bytes: size(wasm, "max_memory")?,
        max_compile_memory_bytes: size(wasm, "max_compile_memory")?,
        max_compile_ms: amount(wasm, "max_compile_ms")?,
        max_cache_bytes: size(wasm, "max_cache")?,
        priority: priority(wasm)?,
        interruption: interruption(wasm)?,
    })
}

/// `"./plugins/*.wasm"` or `{ path = "./vendor/tool.wasm", sha256 = "…" }`.
fn load_entry<'a>(entry: &'a Spanned<DeValue>) -> Parsed<(&'a str, Pin)> {
    let DeValue::Table(table) = entry.get_ref() else { return Ok((string(entry, "an entry of `load`")?, None)) };
    only_known(table, "an entry of `load`", &["path", "sha256"])?;
    let pin = match table.get("sha256") {
        None => None,
        Some(value) => match unhex(string(value, "sha256")?) {
            Some(hash) => Some(hash),
            None => return problem(value.span(), "sha256 must be 64 hexadecimal digits"),
        },
    };
    Ok((required_path(entry, table)?, pin))
}

/// `"./data"` or `{ path = "./assets", access = "read" }`.
fn preopen_entry<'a>(entry: &'a Spanned<DeValue>) -> Parsed<(&'a str, Access)> {
    let DeValue::Table(table) = entry.get_ref() else {
        return Ok((string(entry, "an entry of `preopens`")?, Access::ReadWrite));
    };
    only_known(table, "an entry of `preopens`", &["path", "access"])?;
    let access = match table.get("access") {
        None => Access::ReadWrite,
        Some(value) => match string(value, "access")? {
            "read" => Access::Read,
            "readwrite" => Access::ReadWrite,
            other => return problem(value.span(), format!("access is \"{other}\", not \"read\" or \"readwrite\"")),
        },
    };
    Ok((required_path(entry, table)?, access))
}

fn required_path<'a>(entry: &Spanned<DeValue>, table: &'a DeTable) -> Parsed<&'a str> {
    match table.get("path") {
        Some(path) => string(path, "path"),
        None => problem(entry.span(), "the entry has no `path`"),
    }
}

fn bad_pattern(entry: &Spanned<DeValue>, text: &str, error: &glob::PatternError) -> Problem {
    Problem(format!("\"{text}\" is no valid pattern: {}", error.msg), Some(entry.span()))
}

fn url_patterns(table: &DeTable, key: &str) -> Parsed<Vec<UrlPattern>> {
    let pattern = |entry: &Spanned<DeValue>| {
        let text = string(entry, &format!("an entry of `{key}`"))?;
        let wrong = |why| Problem(format!("\"{text}\" is no URL pattern: {why}"), Some(entry.span()));
        UrlPattern::parse(text).map_err(wrong)
    };
    list(table, key)?.iter().map(pattern).collect()
}

/// Folders with all that is beneath them, and files.
fn places(table: &DeTable, key: &str, granted: &Granted) -> Parsed<Vec<Grant<()>>> {
    let mut grants = Vec::new();
    for entry in list(table, key)? {
        let text = string(entry, &format!("an entry of `{key}`"))?;
        let path = paths::pattern(text, &granted.base, granted.home.as_deref());
        let path = path.map_err(|why| Problem(why, Some(entry.span())))?;
        grants.extend(grant::places(&path).map_err(|error| bad_pattern(entry, text, &error))?);
    }
    Ok(grants)
}

fn env_patterns(table: &DeTable) -> Parsed<Vec<EnvPattern>> {
    let pattern = |entry: &Spanned<DeValue>| {
        let text = string(entry, "an entry of `allow`")?;
        let wrong = |why| Problem(format!("\"{text}\" is no pattern for variables: {why}"), Some(entry.span()));
        EnvPattern::parse(text).map_err(wrong)
    };
    list(table, "allow")?.iter().map(pattern).collect()
}

/// `false`, or a folder.
fn cache(wasm: &DeTable, base: &Path, home: Option<&Path>) -> Parsed<CacheChoice> {
    let Some(value) = wasm.get("cache") else { return Ok(CacheChoice::Unsaid) };
    match value.get_ref() {
        DeValue::Boolean(true) => Ok(CacheChoice::Unsaid),
        DeValue::Boolean(false) => Ok(CacheChoice::Off),
        DeValue::String(text) => match paths::absolute(text, base, home) {
            Ok(folder) => Ok(CacheChoice::At(folder)),
            Err(why) => problem(value.span(), why),
        },
        other => wrong_type(value, "cache", "a folder or false", other),
    }
}

fn priority(wasm: &DeTable) -> Parsed<Priority> {
    let Some(value) = wasm.get("priority") else { return Ok(Priority::default()) };
    match string(value, "priority")? {
        "background" => Ok(Priority::Background),
        "low" => Ok(Priority::Low),
        "normal" => Ok(Priority::Normal),
        other => problem(value.span(), format!("priority is \"{other}\", not \"background\", \"low\" or \"normal\"")),
    }
}

fn interruption(wasm: &DeTable) -> Parsed<Option<Interruption>> {
    let Some(value) = wasm.get("interruption") else { return Ok(None) };
    match string(value, "interruption")? {
        "epoch" => Ok(Some(Interruption::Epoch)),
        "protection" => Ok(Some(Interruption::Protection)),
        other => problem(value.span(), format!("interruption is \"{other}\", not \"epoch\" or \"protection\"")),
    }
}

fn table_in<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Parsed<Option<&'a DeTable<'i>>> {
    match table.get(key) {
        None => Ok(None),
        Some(value) => match value.get_ref() {
            DeValue::Table(inner) => Ok(Some(inner)),
            other => wrong_type(value, key, "a table", other),
        },
    }
}

fn list<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Parsed<&'a [Spanned<DeValue<'i>>]> {
    match table.get(key) {
        None => Ok(&[]),
        Some(value) => match value.get_ref() {
            DeValue::Array(items) => Ok(items),
            other => wrong_type(value, key, "an array", other),
        },
    }
}

fn string<'a>(value: &'a Spanned<DeValue>, what: &str) -> Parsed<&'a str> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        other => wrong_type(value, what, "a string", other),
    }
}

fn flag(table: &DeTable, key: &str) -> Parsed<Option<bool>> {
    match table.get(key) {
        None => Ok(None),
        Some(value) => match value.get_ref() {
            DeValue::Boolean(flag) => Ok(Some(*flag)),
            other => wrong_type(value, key, "true or false", other),
        },
    }
}

fn optional_string(table: &DeTable, key: &str) -> Parsed<Option<String>> {
    table.get(key).map(|value| string(value, key).map(str::to_owned)).transpose()
}

fn wrong_type<T>(value: &Spanned<DeValue>, what: &str, wanted: &str, found: &DeValue) -> Parsed<T> {
    problem(value.span(), format!("{what} must be {wanted}, not of type {}", found.type_str()))
}

/// A number of things, at least one.
fn amount(table: &DeTable, key: &str) -> Parsed<Option<u64>> {
    amount_up_to(table, key, u64::MAX)
}

fn amount_up_to(table: &DeTable, key: &str, most: u64) -> Parsed<Option<u64>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let DeValue::Integer(integer) = value.get_ref() else {
        return wrong_type(value, key, "an integer", value.get_ref());
    };
    match u64::from_str_radix(integer.as_str(), integer.radix()) {
        Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
        _ => problem(value.span(), format!("{key} must be an integer from 1 to {most}")),
    }
}

/// A number of bytes: an integer, or a string such as `"64MiB"`.
fn size(table: &DeTable, key: &str) -> Parsed<Option<u64>> {
    let Some(value) = table.get(key) else { return Ok(None) };
    let DeValue::String(text) = value.get_ref() else { return amount(table, key) };
    match crate::size::parse(text) {
        Some(bytes) => Ok(Some(bytes)),
        None => {
            problem(value.span(), format!("{key} must be a size such as \"64MiB\" or \"500 KB\", or a number of bytes"))
        }
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok().filter(|_| !text.contains('+'))?;
    }
    Some(bytes)
}

/// Refuses a section that seems to mean one of ours. Those of other modules are none of our business.
fn none_misspelt(table: &DeTable, ours: &[&str], meant: fn(&str) -> Option<&'static str>) -> Parsed<()> {
    for key in table.keys() {
        let name = key.get_ref();
        if !ours.contains(&name.as_ref())
            && let Some(meant) = meant(name)
        {
            return problem(key.span(), format!("unknown section `{name}`; did you mean [{meant}]?"));
        }
    }
    Ok(())
}

/// Refuses a key of ours that stands where it is not read.
fn none_misplaced(table: &DeTable, place: &str, section_of: fn(&str) -> Option<&'static str>) -> Parsed<()> {
    for (key, value) in table {
        let name = key.get_ref();
        if !matches!(value.get_ref(), DeValue::Table(_))
            && let Some(section) = section_of(name)
        {
            return problem(key.span(), format!("unknown key `{name}` {place}; did you mean `{name}` in [{section}]?"));
        }
    }
    Ok(())
}

/// Refuses a section that can only be one of ours, by what is in it, where it is not read.
fn none_outside_capabilities(table: &DeTable) -> Parsed<()> {
    for (key, value) in table {
        let DeValue::Table(inner) = value.get_ref() else { continue };
        let (name, keys): (_, Vec<_>) = (key.get_ref(), inner.keys().map(|key| key.get_ref().as_ref()).collect());
        if let Some(meant) = misspelt::meant_by_content(name, &keys) {
            return problem(key.span(), format!("nobody reads the section `{name}` here; did you mean [{meant}]?"));
        }
    }
    Ok(())
}

/// Refuses a key that is not in the list, and names the nearest that is, or the section that has it.
fn only_known(table: &DeTable, place: &str, known: &[&str]) -> Parsed<()> {
    let Some(unknown) = table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) else { return Ok(()) };
    let name = unknown.get_ref();
    let hint = match (misspelt::section_of(name), misspelt::nearest(name, known)) {
        (Some(section), _) => format!("; did you mean `{name}` in [{section}]?"),
        (None, Some(key)) => format!("; did you mean `{key}`?"),
        (None, None) => format!("; there are {}", known.join(", ")),
    };
    problem(unknown.span(), format!("unknown key `{name}` in {place}{hint}"))
}
