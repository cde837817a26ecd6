//! Names that are nearly the right ones, and right ones in the wrong place. A limit or a grant that stands where nobody reads it is
//! lost without a word, so what seems to mean one of ours is an error that says which. Sections of other modules mean none.

use super::keys::{self, SECTIONS};

/// Words that any module may use for something of its own.
const COMMON_WORDS: &[&str] =
    &["allow", "cache", "enabled", "fetch", "http", "limits", "load", "mailbox", "memory", "priority", "read", "write"];
/// Limits that nothing but WebAssembly has.
const TELLING_LIMITS: &[&str] = &["fuel", "table_elements"];
/// What people call the section for WebAssembly.
const WASM_NAMES: &[&str] = &["wasm", "webassembly", "runtimewasm", "wasmruntime"];

/// The section that a key belongs to.
pub(super) fn section_of(key: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(_, keys)| keys.contains(&key)).map(|(section, _)| *section)
}

/// The same for a key outside `[capabilities]`, where only those count that are nobody else's.
pub(super) fn section_of_uncommon(key: &str) -> Option<&'static str> {
    section_of(key).filter(|_| !COMMON_WORDS.contains(&key))
}

/// Has no second section a key of this name?
pub(super) fn is_of_one_section(key: &str) -> bool {
    SECTIONS.iter().filter(|(_, keys)| keys.contains(&key)).count() == 1
}

/// The section that this one, at the top of a manifest, must be by what is in it: other modules may have limits, too.
pub(super) fn meant_by_content(name: &str, keys: &[&str]) -> Option<&'static str> {
    let all_of = |known: &[&str]| !keys.is_empty() && keys.iter().all(|key| known.contains(key));
    let telling = || keys.iter().any(|key| TELLING_LIMITS.contains(key));
    let letters = letters(name);
    if distance(&letters, "limits") <= 1 {
        return (all_of(keys::of_section("capabilities.wasm.limits")) || telling())
            .then_some("capabilities.wasm.limits");
    }
    let sections = ["capabilities.net", "capabilities.fs", "capabilities.env"];
    let named = |section: &&str| section.ends_with(&format!(".{letters}")) && all_of(keys::of_section(section));
    sections.into_iter().find(named)
}

/// What is said of a section for the app itself among those for guests.
pub(super) fn of_the_app(name: &str) -> Option<String> {
    let guests = match name {
        "net" => "guests reach what [capabilities.wasm.http] allows",
        "fs" => "guests see what `preopens` names",
        "env" => "guests have the variables that the app gives them",
        _ => return None,
    };
    Some(format!("[capabilities.{name}] is for the app itself, {guests}"))
}

/// The nearest of the known keys, if it is near: in letters, or with a unit behind it that it does not have.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let with_unit = |key: &&&str| name.strip_prefix(**key).is_some_and(|unit| unit.starts_with('_'));
    if let Some(key) = known.iter().filter(with_unit).max_by_key(|key| key.len()) {
        return Some(key);
    }
    let nearest = known.iter().map(|key| (distance(name, key), *key)).min();
    nearest.filter(|(distance, _)| *distance <= 3).map(|(_, key)| key)
}

/// The section that this one, at the top of a manifest, seems to mean. Those of other modules mean none.
pub(super) fn meant_at_the_top(name: &str) -> Option<&'static str> {
    let letters = letters(name);
    if letters.starts_with("capabilit") || distance(&letters, "capabilities") <= 3 {
        return Some("capabilities");
    }
    meant_wasm(&letters, 0)
}

/// The section that this one, below `capabilities`, seems to mean.
pub(super) fn meant_capability(name: &str) -> Option<&'static str> {
    let letters = letters(name);
    let limits = (distance(&letters, "limits") <= 1).then_some("capabilities.wasm.limits");
    let net = || (distance(&letters, "net") <= 1).then_some("capabilities.net");
    // So short a name is near to many that others have.
    let fs = || (letters == "fs").then_some("capabilities.fs");
    let env = || (distance(&letters, "env") <= 1).then_some("capabilities.env");
    limits.or_else(net).or_else(fs).or_else(env).or_else(|| meant_wasm(&letters, 1))
}

/// One of the names for WebAssembly, or of its limits, up to so many edits.
fn meant_wasm(letters: &str, edits: usize) -> Option<&'static str> {
    let is_near = |of: &str| WASM_NAMES.iter().any(|name| distance(letters, &format!("{name}{of}")) <= edits);
    let limits = || (is_near("limits") || is_near("limit")).then_some("capabilities.wasm.limits");
    is_near("").then_some("capabilities.wasm").or_else(limits)
}

/// What counts of a name: not its case, and nothing that is no letter.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// Edits that turn one word into the other: letters put in, left out or changed, and neighbours that have changed places.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (row[j] + usize::from(x != *y)).min(row[j + 1] + 1).min(next[j] + 1);
            if j > 0 && last == Some(*y) && x == b[j - 1] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "net", 3),
            ("net", "", 3),
            ("wasm", "wams", 1),
            ("wsam", "wasm", 1),
            ("asm", "wasm", 1),
            ("wasmm", "wasm", 1),
            ("ca", "abc", 3),
            ("env", "net", 2),
            ("capability", "capabilities", 3),
            ("w\u{430}sm", "wasm", 1),
        ] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
        assert_eq!(nearest("laod", &["load", "preopens"]), Some("load"));
        assert_eq!(nearest("something", &["load", "preopens"]), None);
    }

    #[test]
    fn sections_of_others_mean_none_of_ours() {
        for name in ["windows", "app", "api", "package", "permissions", "compatibility", "limits", "web", "a", ""] {
            assert_eq!(meant_at_the_top(name), None, "{name}");
        }
        for name in ["channels", "web", "http", "dns", "ws", "test", "os", "ffi", "sys", "workers", ""] {
            assert_eq!(meant_capability(name), None, "{name}");
        }
    }
}
