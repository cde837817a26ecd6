//! A manifest that grants what has been used, and no more, as TOML.

use super::audit::Uses;
use super::env::EnvPattern;
use super::granted::{CacheChoice, Granted, Priority};
use super::net::UrlPattern;
use crate::{printable, size};
use glob::Pattern;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use url::Url;

/// The bounds that are numbers of bytes.
const OF_BYTES: [&str; 5] = ["max_module_bytes", "max_memory", "max_compile_memory", "max_cache", "memory"];

/// Writes the manifest. Bounds stay as they were: they are no grants.
pub(super) fn manifest(granted: &Granted, uses: &Uses) -> String {
    let mut text = String::new();
    if uses.is_partial {
        text.push_str("# There was more than is noted: this is not all that the run needed.\n");
    }
    let app = [("name", &granted.app.name), ("version", &granted.app.version)];
    let app = app.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", quoted(value.as_ref()?))));
    section(&mut text, "app", app.collect());
    if uses.wasm {
        wasm(&mut text, granted, uses);
    }
    section(&mut text, "capabilities.net", list("fetch", uses.fetched.iter().map(|url| of_url(url))));
    let shown = |paths| outermost(paths).into_iter().map(|path| entry(path, granted));
    let mut fs = list("read", shown(&uses.read));
    fs.extend(list("write", shown(&uses.written)));
    section(&mut text, "capabilities.fs", fs);
    let variables = uses.variables.iter().map(|name| of_variable(name));
    section(&mut text, "capabilities.env", list("allow", variables));
    text
}

fn wasm(text: &mut String, granted: &Granted, uses: &Uses) {
    let load = uses.modules.iter().map(|(path, pin)| {
        let path = entry(path, granted)?;
        Ok(match pin {
            None => path,
            Some(hash) => {
                let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{{ path = {path}, sha256 = \"{hash}\" }}")
            }
        })
    });
    let mut lines = list("load", load);
    let preopens = uses.folders.iter().map(|(path, folder)| {
        let access = folder.access().word();
        Ok(format!("{{ path = {}, access = \"{access}\" }}", entry(path, granted)?))
    });
    lines.extend(list("preopens", preopens));
    let limits = &granted.limits;
    let all = [
        ("max_instances", limits.max_instances.map(|count| count as u64)),
        ("max_module_bytes", limits.max_module_bytes),
        ("max_memory", limits.max_memory_bytes),
        ("max_compile_memory", limits.max_compile_memory_bytes),
        ("max_compile_ms", limits.max_compile_ms),
        ("max_cache", limits.max_cache_bytes),
    ];
    lines.extend(numbers(all));
    let priority = (limits.priority != Priority::default()).then_some(limits.priority);
    lines.extend(priority.map(|priority| format!("priority = \"{}\"", priority.word())));
    lines.extend(limits.interruption.map(|interruption| format!("interruption = \"{}\"", interruption.word())));
    lines.extend(match &granted.cache {
        CacheChoice::Unsaid => None,
        CacheChoice::Off => Some("cache = false".to_owned()),
        CacheChoice::At(folder) => folder.to_str().map(|folder| format!("cache = {}", quoted(folder))),
    });
    // That nothing is granted is not the same as that nothing may be done.
    let _ = writeln!(text, "{}[capabilities.wasm]", if text.is_empty() { "" } else { "\n" });
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
    let of_instance = [
        ("fuel", limits.fuel),
        ("timeout_ms", limits.timeout_ms),
        ("cpu_ms", limits.cpu_ms),
        ("memory", limits.memory_bytes),
        ("table_elements", limits.table_elements),
        ("mailbox", limits.mailbox.map(|places| places as u64)),
    ];
    section(text, "capabilities.wasm.limits", numbers(of_instance).collect());
    let mut http = list("allow", uses.requested.iter().map(|url| of_url(url)));
    http.extend(uses.private.then(|| "allow_private = true".to_owned()));
    section(text, "capabilities.wasm.http", http);
}

fn section(text: &mut String, name: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        let _ = writeln!(text, "{}[{name}]\n{}", if text.is_empty() { "" } else { "\n" }, lines.join("\n"));
    }
}

fn numbers<const N: usize>(all: [(&'static str, Option<u64>); N]) -> impl Iterator<Item = String> {
    all.into_iter().filter_map(|(key, number)| {
        let number = number?;
        Some(match size::exact(number).filter(|_| OF_BYTES.contains(&key)) {
            Some(text) => format!("{key} = \"{text}\""),
            None => format!("{key} = {number}"),
        })
    })
}

/// An entry of a list, as TOML; or else the name of what no entry grants without granting more, as TOML, too.
type Said = Result<String, String>;

/// A list, one entry a line where there are several; nothing where there are none. What is left out is named in comments.
fn list(key: &str, all: impl Iterator<Item = Said>) -> Vec<String> {
    let (mut entries, mut unsaid) = (Vec::new(), Vec::new());
    for one in all {
        match one {
            Ok(entry) => entries.push(entry),
            Err(name) => unsaid.push(format!("# `{key}` leaves out {name}: no entry grants that and nothing more")),
        }
    }
    let list = match entries.as_slice() {
        [] => None,
        [one] => Some(format!("{key} = [{one}]")),
        several => Some(format!("{key} = [\n  {},\n]", several.join(",\n  "))),
    };
    unsaid.into_iter().chain(list).collect()
}

/// `*` in a URL is a wildcard, and cannot be escaped.
fn of_url(url: &str) -> Said {
    let is_said = Url::parse(url).is_ok_and(|parsed| UrlPattern::is_said_by(&parsed, url));
    if is_said { Ok(quoted(url)) } else { Err(quoted(url)) }
}

fn of_variable(name: &str) -> Said {
    let entry = Pattern::escape(name);
    // No variable can have every name that an app may ask for.
    if EnvPattern::parse(&entry).is_ok() { Ok(quoted(&entry)) } else { Err(quoted(name)) }
}

/// Those that lie in no other one, which grants them, too.
fn outermost(paths: &BTreeSet<PathBuf>) -> Vec<&PathBuf> {
    // Sorted, so that a folder comes before what is in it.
    let mut kept: Vec<&PathBuf> = Vec::new();
    for path in paths {
        if !kept.iter().any(|above| path.starts_with(above)) {
            kept.push(path);
        }
    }
    kept
}

/// A path as a manifest has it that stands where the one is that was read.
fn entry(path: &Path, granted: &Granted) -> Said {
    // One that is no UTF-8 has no name in TOML.
    let Some(whole) = path.to_str() else { return Err(quoted(&path.to_string_lossy())) };
    // Nothing relative can start from a folder whose name is a pattern.
    let is_plain = !granted.base.to_string_lossy().contains(['*', '?', '[']);
    Ok(quoted(&match path.strip_prefix(&granted.real_base).ok().and_then(Path::to_str) {
        Some(beneath) if is_plain => format!("./{}", Pattern::escape(beneath)),
        _ => Pattern::escape(whole),
    }))
}

/// A string of TOML on one line, in which is nothing that a terminal obeys.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if printable::is_plain(c) => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    quoted + "\""
}
