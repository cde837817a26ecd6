//! Manifests that are mostly right, out of known pieces.

use crate::input::Input;

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
const INTERRUPTIONS: [&str; 4] = ["\"epoch\"", "\"protection\"", "\"epochs\"", "1"];
const TEXTS: [&str; 4] = ["'x'", "\"\"\"\ntwo\nlines\"\"\"", "1", "1979-05-27"];
const FETCHES: [&str; 4] = ["[]", "['https://*.é.com:1/a*b']", "['x']", "{}"];
const VARIABLES: [&str; 6] = ["['HOME', 'APP_*']", "[]", "['?']", "['A=']", "['A**']", "'HOME'"];
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

/// A key and what it takes.
type Key = (&'static str, &'static [&'static str]);

/// The sections with their keys.
const SECTIONS: [(&str, &[Key]); 7] = [
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
            ("interruption", &INTERRUPTIONS),
        ],
    ),
    (
        "[capabilities.wasm.limits]",
        &[
            ("fuel", &NUMBERS),
            ("timeout_ms", &NUMBERS),
            ("cpu_ms", &NUMBERS),
            ("memory", &SIZES),
            ("table_elements", &NUMBERS),
            ("mailbox", &NUMBERS),
        ],
    ),
    ("[capabilities.wasm.http]", &[("allow", &FETCHES), ("allow_private", &FLAGS)]),
    ("[capabilities.net]", &[("fetch", &FETCHES)]),
    ("[capabilities.fs]", &[("read", &PATHS), ("write", &PATHS)]),
    ("[capabilities.env]", &[("allow", &VARIABLES)]),
];
const NOISE: [&str; 27] = [
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
    "[capability.wasm.limits]",
    "[capabilites.wasm]",
    "[capabilities.wams]",
    "[capabilities.limits]",
    "['capabilities.wasm']",
    "[capabilities.'Net ']",
    "[windows]",
    "capabilities.env.allow = []",
    "[limits]",
    "[net]",
    "[env]",
    "[capabilities.Fs]",
    "[capabilities.envs]",
    "[capabilities.webassembly.limits]",
    "[capabilities]",
];

/// A manifest that is mostly right.
pub fn shaped(input: &mut Input) -> String {
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
        "load" | "preopens" | "read" | "write" if !input.once_in(12) => {
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
