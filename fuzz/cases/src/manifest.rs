//! Manifests. No text makes the parser panic; a refusal says at which place of the text; what is accepted says what the text says.

use crate::input::Input;
use runtime_wasm::caps::{Access, Caps, CapsErrorKind, ManifestLimits, Priority};
use std::path::Path;
use toml::{Table, Value};

const FILE: &str = "/no-such-folder/manifest.app.toml";
const HOME: &str = "/no-such-folder/home";

/// Parses a text: the bytes themselves, or a manifest made of known pieces by them.
pub fn manifest(data: &[u8]) {
    let mut input = Input::new(data);
    let text = match input.once_in(2) {
        true => shaped(&mut input),
        false => String::from_utf8_lossy(input.rest()).into_owned(),
    };
    let parsed = parse(&text);
    if let Err(error) = &parsed {
        check_error(&text, error);
        check_shifted(&text, error);
    }
    check_meaning(&text, &parsed);
}

fn parse(text: &str) -> Result<Caps, String> {
    Caps::from_toml(text, Path::new(FILE), Some(Path::new(HOME))).map_err(|error| error.to_string())
}

/// `file:line:column: what is wrong`, the line itself, and what of it is wrong.
fn check_error(text: &str, error: &str) {
    let (line, column, message) = place(error);
    assert!(!message.is_empty(), "no message: {error}");
    // An error may stand after the last line.
    let mut lines = text.lines().chain([""]);
    let shown = lines.nth(line - 1).unwrap_or_else(|| panic!("there is no line {line} in {text:?}: {error}"));
    let shown: String = shown.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    assert!(!error.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "a terminal might obey: {error:?}");
    let width = shown.chars().count();
    assert!((1..=width + 1).contains(&column), "column {column} of {shown:?}: {error}");
    assert!(error.contains(&format!("\n{line} | {shown}\n")), "the line is not shown: {error:?}");
    let carets = error.chars().rev().take_while(|c| *c == '^').count();
    assert!(carets >= 1 && column - 1 + carets <= width.max(column), "{carets} marked at {column} of {shown:?}");
}

fn place(error: &str) -> (usize, usize, &str) {
    let rest = error.strip_prefix(FILE).and_then(|rest| rest.strip_prefix(':'));
    let mut parts = rest.unwrap_or_else(|| panic!("the file is not named: {error}")).splitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse::<usize>().ok()).filter(|number| *number > 0);
    let place = number().zip(number()).unwrap_or_else(|| panic!("no line and column: {error}"));
    (place.0, place.1, parts.next().unwrap_or_default().trim())
}

/// The same text one line further down has the same error one line further down.
fn check_shifted(text: &str, error: &str) {
    // A byte order mark is one at the very beginning only.
    if text.starts_with('\u{feff}') {
        return;
    }
    let shifted = parse(&format!("\n{text}")).expect_err("an empty line mends it");
    let ((line, column, _), (below, same, _)) = (place(error), place(&shifted));
    assert_eq!((line + 1, column), (below, same), "{error}\n{shifted}");
}

/// What was made of the text, held against a reading of it by other means.
fn check_meaning(text: &str, parsed: &Result<Caps, String>) {
    // Among those that cannot be read so are integers beyond 63 bits.
    let Ok(table) = toml::from_str::<Table>(text) else {
        return;
    };
    match (expected(&table), parsed) {
        (Meaning::Wrong(why), Ok(_)) => panic!("accepted, but {why}: {text}"),
        (Meaning::Right(..), Err(error)) => panic!("refused: {error}\n{text}"),
        (Meaning::Right(enabled, limits), Ok(caps)) => {
            assert_eq!(*caps.limits(), limits, "{text}");
            assert_eq!(caps.check_enabled().is_ok(), enabled, "{text}");
            check_refusals(caps, enabled);
        }
        (_, Err(_)) | (Meaning::Unclear, Ok(_)) => {}
    }
}

/// What no manifest can grant.
fn check_refusals(caps: &Caps, enabled: bool) {
    for path in ["", "\0", "/no-such-folder/x\0.wasm"] {
        assert_eq!(caps.open_module(path).unwrap_err().kind, CapsErrorKind::Denied);
        assert_eq!(caps.open_preopen(path, Some(Access::Read)).unwrap_err().kind, CapsErrorKind::Denied);
    }
    if !enabled {
        for path in ["/", "/etc", "/etc/passwd", "~", "."] {
            assert_eq!(caps.open_module(path).unwrap_err().kind, CapsErrorKind::Denied);
            assert_eq!(caps.open_preopen(path, None).unwrap_err().kind, CapsErrorKind::Denied);
        }
    }
}

/// What a manifest means.
enum Meaning {
    /// It must be accepted: whether WebAssembly may be used, and the bounds.
    Right(bool, ManifestLimits),
    /// It must be refused.
    Wrong(&'static str),
    /// It depends on more than is looked at here.
    Unclear,
}

fn expected(table: &Table) -> Meaning {
    read(table).map_or_else(|meaning| meaning, |(enabled, limits)| Meaning::Right(enabled, limits))
}

type Read<T> = Result<T, Meaning>;

fn wrong<T>(why: &'static str) -> Read<T> {
    Err(Meaning::Wrong(why))
}

fn read(table: &Table) -> Read<(bool, ManifestLimits)> {
    let none = Table::new();
    for key in ["name", "version"] {
        if !matches!(section(table, "app")?.unwrap_or(&none).get(key), None | Some(Value::String(_))) {
            return wrong("the app's name and version are strings");
        }
    }
    let capabilities = section(table, "capabilities")?.unwrap_or(&none);
    if let Some(net) = section(capabilities, "net")? {
        known(net, &["fetch"])?;
        if !net.is_empty() {
            return Err(Meaning::Unclear);
        }
    }
    let Some(wasm) = section(capabilities, "wasm")? else { return Ok((false, ManifestLimits::default())) };
    known(
        wasm,
        &["enabled", "load", "preopens", "max_instances", "max_module_bytes", "priority", "max_memory", "limits"],
    )?;
    let enabled = match wasm.get("enabled") {
        None => true,
        Some(Value::Boolean(enabled)) => *enabled,
        Some(_) => return wrong("`enabled` is no boolean"),
    };
    entries(wasm, "load", "sha256")?;
    entries(wasm, "preopens", "access")?;
    Ok((enabled, limits(wasm)?))
}

fn limits(wasm: &Table) -> Read<ManifestLimits> {
    let none = Table::new();
    let inner = section(wasm, "limits")?.unwrap_or(&none);
    known(inner, &["fuel", "timeout_ms", "memory", "table_elements", "mailbox"])?;
    let priority = match wasm.get("priority").map(Value::as_str) {
        None => Priority::default(),
        Some(Some("background")) => Priority::Background,
        Some(Some("low")) => Priority::Low,
        Some(Some("normal")) => Priority::Normal,
        Some(_) => return wrong("there is no such priority"),
    };
    let count = |number: Option<u64>| number.map(|number| number as usize);
    Ok(ManifestLimits {
        fuel: positive(inner, "fuel")?,
        timeout_ms: positive(inner, "timeout_ms")?,
        memory_bytes: bytes(inner, "memory")?,
        table_elements: positive(inner, "table_elements")?,
        mailbox: count(positive(inner, "mailbox")?),
        max_instances: count(positive(wasm, "max_instances")?),
        max_module_bytes: bytes(wasm, "max_module_bytes")?,
        max_memory_bytes: bytes(wasm, "max_memory")?,
        priority,
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
    let list = match wasm.get(key) {
        None => return Ok(()),
        Some(Value::Array(list)) => list,
        Some(_) => return wrong("a list of grants is no array"),
    };
    let mut unclear = false;
    for entry in list {
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
                table.get("path").and_then(Value::as_str).ok_or(Meaning::Wrong("a grant has no path"))?
            }
            _ => return wrong("a grant is neither a string nor a table"),
        };
        if path.is_empty() || path.contains('\0') {
            return wrong("a granted path is empty or has a NUL");
        }
        if path.starts_with('~') && path != "~" && !path.starts_with("~/") {
            return wrong("~user is not expanded");
        }
        // Whether such a pattern is valid is for another target.
        unclear |= path.contains("**") || path.contains('[');
    }
    if unclear { Err(Meaning::Unclear) } else { Ok(()) }
}

/// Values of each kind: the first half are right ones.
const NUMBERS: [&str; 10] = [
    "1",
    "9223372036854775807",
    "0x10",
    "1_000",
    "+5",
    "0",
    "-1",
    "18446744073709551616",
    "1.5",
    "18446744073709551615",
];
const SIZES: [&str; 12] = [
    "'64MiB'",
    "'500 KB'",
    "'1B'",
    "'17179869183GiB'",
    "'+1GB'",
    "'1  MB'",
    "'0B'",
    "'17179869184GiB'",
    "'1 GiB '",
    "' 1GiB'",
    "'-1GB'",
    "'GiB'",
];
const FLAGS: [&str; 4] = ["true", "false", "0", "'true'"];
const PRIORITIES: [&str; 6] = ["'background'", "'low'", "'normal'", "'high'", "'Low'", "1"];
const TEXTS: [&str; 4] = ["'x'", "\"\"\"\ntwo\nlines\"\"\"", "1", "1979-05-27"];
const FETCHES: [&str; 4] = ["[]", "['https://*.é.com:1/a*b']", "['x']", "{}"];
const PATHS: [&str; 20] = [
    "'./wasm/*.wasm'",
    "'data'",
    "'~'",
    "'~/plugins/?.wasm'",
    "'/'",
    "'../../..'",
    "{ path = './x' }",
    "'~/**/*.wasm'",
    "'/no-such-folder/[ab]'",
    "'//a//./b'",
    "'~root'",
    "''",
    "\"a\\u0000b\"",
    "'a[b'",
    "'./***'",
    "'a**'",
    "{}",
    "1",
    "[]",
    "{ path = './x', sha265 = '' }",
];

/// The sections with their keys, and what each key takes.
const SECTIONS: [(&str, &[(&str, &[&str])]); 4] = [
    ("[app]", &[("name", &TEXTS), ("version", &TEXTS)]),
    (
        "[capabilities.wasm]",
        &[
            ("enabled", &FLAGS),
            ("load", &PATHS),
            ("preopens", &PATHS),
            ("max_instances", &NUMBERS),
            ("max_module_bytes", &SIZES),
            ("priority", &PRIORITIES),
            ("max_memory", &SIZES),
        ],
    ),
    (
        "[capabilities.wasm.limits]",
        &[
            ("fuel", &NUMBERS),
            ("timeout_ms", &NUMBERS),
            ("memory", &SIZES),
            ("table_elements", &NUMBERS),
            ("mailbox", &NUMBERS),
        ],
    ),
    ("[capabilities.net]", &[("fetch", &FETCHES)]),
];
const NOISE: [&str; 12] = [
    "# é…",
    "\r",
    "\t# tab",
    "x",
    "= 1",
    "\u{feff}",
    "laod = []",
    "limits = 1",
    "limits.fuel = 5",
    "[capabilities.channels]",
    "[[capabilities.wasm]]",
    "[capabilities.wasm.limit]",
];

/// A manifest that is mostly right.
fn shaped(input: &mut Input) -> String {
    let mut lines = Vec::new();
    for (header, keys) in SECTIONS {
        if input.once_in(4) {
            continue;
        }
        lines.push(header.to_owned());
        for (key, values) in keys {
            if input.once_in(2) {
                lines.push(format!("{key} = {}", value(input, key, values)));
            }
            if input.once_in(40) {
                lines.push(input.pick(&NOISE).to_owned());
            }
        }
    }
    lines.join(if input.once_in(8) { "\r\n" } else { "\n" })
}

fn value(input: &mut Input, key: &str, values: &[&str]) -> String {
    match key {
        "load" | "preopens" if !input.once_in(12) => {
            let entries: Vec<String> = (0..input.below(4)).map(|_| entry(input)).collect();
            format!("[{}]", entries.join(", "))
        }
        _ => one_of(input, values).to_owned(),
    }
}

/// Mostly a right one.
fn one_of<'a>(input: &mut Input, values: &[&'a str]) -> &'a str {
    if input.once_in(12) { input.pick(values) } else { input.pick(&values[..values.len().div_ceil(2)]) }
}

fn entry(input: &mut Input) -> String {
    match input.below(6) {
        0 => {
            let hash = input.pick(&["aB", "0f", "+b", "é"]).repeat(if input.once_in(8) { 31 } else { 32 });
            format!("{{ path = './t', sha256 = '{hash}' }}")
        }
        1 => format!("{{ path = './p', access = {} }}", one_of(input, &["'read'", "'readwrite'", "'write'", "1"])),
        _ => one_of(input, &PATHS).to_owned(),
    }
}
