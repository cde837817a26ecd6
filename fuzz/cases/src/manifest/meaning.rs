//! What a manifest means, read once more from the TOML's own values.

use runtime_wasm::caps::{Interruption, ManifestLimits, Priority};
use toml::{Table, Value};

/// Why nothing can be said of a manifest but this.
pub enum Doubt {
    /// It must be refused.
    Wrong(&'static str),
    /// It depends on more than is looked at here.
    Unclear,
}

pub type Read<T> = Result<T, Doubt>;

fn wrong<T>(why: &'static str) -> Read<T> {
    Err(Doubt::Wrong(why))
}

/// Whether WebAssembly may be used, and the bounds. An error where it must be refused, or that cannot be told.
pub fn meaning(table: &Table) -> Read<(bool, ManifestLimits)> {
    let none = Table::new();
    for key in ["name", "version"] {
        if !matches!(section(table, "app")?.unwrap_or(&none).get(key), None | Some(Value::String(_))) {
            return wrong("the app's name and version are strings");
        }
    }
    if table.keys().any(|key| key != "capabilities" && means_capabilities(key)) {
        return wrong("a section at the top nearly has a name of ours");
    }
    if keeps_ours(table) || section(table, "app")?.is_some_and(keeps_ours) {
        return wrong("what is ours stands outside our sections");
    }
    let capabilities = section(table, "capabilities")?.unwrap_or(&none);
    let all_ours = || {
        OURS.iter()
            .chain(&LIMITS)
            .chain(&["load", "priority", "enabled", "fetch", "cache", "http", "allow", "read", "write"])
    };
    if capabilities.iter().any(|(key, value)| !value.is_table() && all_ours().any(|ours| ours == key)) {
        return wrong("what is ours stands above our sections");
    }
    if capabilities.keys().any(|key| !["wasm", "net", "fs", "env"].contains(&key.as_str()) && means_a_capability(key)) {
        return wrong("a capability nearly has a name of ours");
    }
    if let Some(net) = section(capabilities, "net")? {
        known(net, &["fetch"])?;
        if !net.is_empty() {
            return Err(Doubt::Unclear);
        }
    }
    if let Some(fs) = section(capabilities, "fs")? {
        known(fs, &["read", "write"])?;
        paths(fs, "read")?;
        paths(fs, "write")?;
    }
    if let Some(env) = section(capabilities, "env")? {
        known(env, &["allow"])?;
        variables(env)?;
    }
    let Some(wasm) = section(capabilities, "wasm")? else { return Ok((false, ManifestLimits::default())) };
    known(wasm, &WASM)?;
    match wasm.get("cache") {
        None | Some(Value::Boolean(_)) => {}
        // It depends on what the folder is.
        Some(Value::String(_)) => return Err(Doubt::Unclear),
        Some(_) => return wrong("`cache` is no folder"),
    }
    let enabled = match wasm.get("enabled") {
        None => true,
        Some(Value::Boolean(enabled)) => *enabled,
        Some(_) => return wrong("`enabled` is no boolean"),
    };
    entries(wasm, "load", "sha256")?;
    entries(wasm, "preopens", "access")?;
    if let Some(http) = section(wasm, "http")? {
        known(http, &["allow", "allow_private"])?;
        if !http.get("allow_private").is_none_or(Value::is_bool) {
            return wrong("`allow_private` is no boolean");
        }
        // Which patterns there are is told elsewhere.
        if http.contains_key("allow") {
            return Err(Doubt::Unclear);
        }
    }
    Ok((enabled, limits(wasm)?))
}

fn means_capabilities(key: &str) -> bool {
    let letters = letters(key);
    let text: String = letters.iter().collect();
    text.starts_with("capabilit") || within(3, &letters, "capabilities") || means_wasm(0, &letters)
}

fn means_a_capability(key: &str) -> bool {
    let letters = letters(key);
    let is_near = |name| within(1, &letters, name);
    is_near("net") || is_near("env") || within(0, &letters, "fs") || is_near("limits") || means_wasm(1, &letters)
}

fn means_wasm(edits: usize, letters: &[char]) -> bool {
    let names = ["wasm", "webassembly", "runtimewasm", "wasmruntime"];
    let all = names.iter().flat_map(|name| ["", "limit", "limits"].map(|of| format!("{name}{of}")));
    all.into_iter().any(|name| within(edits, letters, &name))
}

const WASM: [&str; 14] = [
    "enabled",
    "load",
    "preopens",
    "max_instances",
    "max_module_bytes",
    "priority",
    "max_memory",
    "limits",
    "cache",
    "max_compile_memory",
    "max_compile_ms",
    "max_cache",
    "interruption",
    "http",
];
const LIMITS: [&str; 6] = ["fuel", "timeout_ms", "cpu_ms", "memory", "table_elements", "mailbox"];
/// Keys that are ours wherever they stand.
const OURS: [&str; 13] = [
    "preopens",
    "max_instances",
    "max_module_bytes",
    "max_memory",
    "max_compile_memory",
    "max_compile_ms",
    "max_cache",
    "interruption",
    "fuel",
    "timeout_ms",
    "cpu_ms",
    "table_elements",
    "allow_private",
];

/// Has this table, which is none of ours, something of ours in it?
fn keeps_ours(table: &Table) -> bool {
    table.iter().any(|(key, value)| match value {
        Value::Table(inner) => {
            let all_of = |known: &[&str]| !inner.is_empty() && inner.keys().all(|key| known.contains(&&**key));
            let telling = inner.contains_key("fuel") || inner.contains_key("table_elements");
            let letters = letters(key);
            (within(1, &letters, "limits") && (telling || all_of(&LIMITS)))
                || (within(0, &letters, "net") && all_of(&["fetch"]))
                || (within(0, &letters, "fs") && all_of(&["read", "write"]))
                || (within(0, &letters, "env") && all_of(&["allow"]))
        }
        _ => OURS.contains(&&**key),
    })
}

fn letters(key: &str) -> Vec<char> {
    key.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect()
}

/// Can so many edits turn the one word into the other? Tried in all ways.
fn within(edits: usize, word: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    fn tried(edits: usize, a: &[char], b: &[char]) -> bool {
        match (a, b) {
            ([], rest) | (rest, []) => rest.len() <= edits,
            ([x, a_rest @ ..], [y, b_rest @ ..]) => {
                let swapped = || match (a, b) {
                    ([x1, x2, a @ ..], [y1, y2, b @ ..]) => x1 == y2 && x2 == y1 && tried(edits - 1, a, b),
                    _ => false,
                };
                (x == y && tried(edits, a_rest, b_rest))
                    || (edits > 0
                        && (tried(edits - 1, a_rest, b_rest)
                            || tried(edits - 1, a_rest, b)
                            || tried(edits - 1, a, b_rest)
                            || swapped()))
            }
        }
    }
    word.len().abs_diff(name.len()) <= edits && tried(edits, word, &name)
}

fn limits(wasm: &Table) -> Read<ManifestLimits> {
    let none = Table::new();
    let inner = section(wasm, "limits")?.unwrap_or(&none);
    known(inner, &LIMITS)?;
    let priority = match wasm.get("priority").map(Value::as_str) {
        None => Priority::default(),
        Some(Some("background")) => Priority::Background,
        Some(Some("low")) => Priority::Low,
        Some(Some("normal")) => Priority::Normal,
        Some(_) => return wrong("there is no such priority"),
    };
    let interruption = match wasm.get("interruption").map(Value::as_str) {
        None => None,
        Some(Some("epoch")) => Some(Interruption::Epoch),
        Some(Some("protection")) => Some(Interruption::Protection),
        Some(_) => return wrong("guests are not stopped so"),
    };
    let count = |number: Option<u64>| number.map(|number| number as usize);
    Ok(ManifestLimits {
        fuel: positive(inner, "fuel")?,
        timeout_ms: positive(inner, "timeout_ms")?,
        cpu_ms: positive(inner, "cpu_ms")?,
        memory_bytes: bytes(inner, "memory")?,
        table_elements: positive(inner, "table_elements")?,
        mailbox: count(mailbox(inner)?),
        max_instances: count(positive(wasm, "max_instances")?),
        max_module_bytes: bytes(wasm, "max_module_bytes")?,
        max_memory_bytes: bytes(wasm, "max_memory")?,
        max_compile_memory_bytes: bytes(wasm, "max_compile_memory")?,
        max_compile_ms: positive(wasm, "max_compile_ms")?,
        max_cache_bytes: bytes(wasm, "max_cache")?,
        priority,
        interruption,
    })
}

fn section<'a>(table: &'a Table, key: &str) -> Read<Option<&'a Table>> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::Table(inner)) => Ok(Some(inner)),
        Some(_) => wrong("what should be a section is none"),
    }
}

fn known(table: &Table, keys: &[&str]) -> Read<()> {
    if table.keys().all(|key| keys.contains(&key.as_str())) { Ok(()) } else { wrong("a key is unknown") }
}

fn positive(table: &Table, key: &str) -> Read<Option<u64>> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::Integer(number)) if *number > 0 => Ok(Some(*number as u64)),
        Some(_) => wrong("an amount is no positive integer"),
    }
}

/// A mailbox has a place for each request from the start, so not any number of them.
fn mailbox(limits: &Table) -> Read<Option<u64>> {
    match positive(limits, "mailbox")? {
        Some(65_537..) => wrong("no mailbox is so large"),
        places => Ok(places),
    }
}

/// A number, or a number and a unit with perhaps spaces between them.
fn bytes(table: &Table, key: &str) -> Read<Option<u64>> {
    let Some(Value::String(text)) = table.get(key) else { return positive(table, key) };
    let text = text.strip_prefix('+').unwrap_or(text);
    let (number, unit) = text.split_at(text.chars().take_while(char::is_ascii_digit).count());
    let factor = match unit.trim_start() {
        "B" => 1_u128,
        "KB" => 1000,
        "MB" => 1000 * 1000,
        "GB" => 1000 * 1000 * 1000,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        "GiB" => 1024 * 1024 * 1024,
        _ => return wrong("a size has no known unit"),
    };
    let product = number.parse::<u128>().ok().and_then(|number| number.checked_mul(factor));
    match product.and_then(|product| u64::try_from(product).ok()) {
        Some(size) if size > 0 => Ok(Some(size)),
        _ => wrong("a size is none or too large"),
    }
}

/// Entries of `load` or `preopens`: paths, or tables with a path and one more key.
fn entries(wasm: &Table, key: &str, extra: &str) -> Read<()> {
    let mut unclear = false;
    for entry in list(wasm, key)? {
        let path = match entry {
            Value::String(path) => path.as_str(),
            Value::Table(table) => {
                known(table, &["path", extra])?;
                match (extra, table.get(extra)) {
                    (_, None) => {}
                    ("access", Some(Value::String(access))) if access == "read" || access == "readwrite" => {}
                    ("sha256", Some(Value::String(hash)))
                        if hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()) => {}
                    _ => return wrong("a hash or an access is none"),
                }
                table.get("path").and_then(Value::as_str).ok_or(Doubt::Wrong("a grant has no path"))?
            }
            _ => return wrong("a grant is neither a string nor a table"),
        };
        unclear |= pattern_of(path)?;
    }
    if unclear { Err(Doubt::Unclear) } else { Ok(()) }
}

/// Entries of a list that has nothing but paths.
fn paths(table: &Table, key: &str) -> Read<()> {
    let mut unclear = false;
    for entry in list(table, key)? {
        unclear |= pattern_of(entry.as_str().ok_or(Doubt::Wrong("a path is no string"))?)?;
    }
    if unclear { Err(Doubt::Unclear) } else { Ok(()) }
}

fn variables(env: &Table) -> Read<()> {
    for entry in list(env, "allow")? {
        match entry.as_str() {
            Some(name) if name.is_empty() || name.contains(['=', '\0']) => return wrong("no variable has such a name"),
            Some(name) if name.contains("**") || name.contains('[') => return Err(Doubt::Unclear),
            Some(_) => {}
            None => return wrong("a variable's name is no string"),
        }
    }
    Ok(())
}

fn list<'a>(table: &'a Table, key: &str) -> Read<&'a [Value]> {
    match table.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => wrong("a list of grants is no array"),
    }
}

/// Is it for another target whether this pattern is valid?
fn pattern_of(path: &str) -> Read<bool> {
    if path.is_empty() || path.contains('\0') {
        return wrong("a granted path is empty or has a NUL");
    }
    if path.starts_with('~') && path != "~" && !path.starts_with("~/") {
        return wrong("~user is not expanded");
    }
    Ok(path.contains("**") || path.contains('['))
}
