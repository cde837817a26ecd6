//! Names that are nearly the right ones. A limit or a grant that stands under a name which nobody reads is lost without a word, so
//! what seems to mean one of our names is an error that says which.

/// The nearest of the known keys, if it is near.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let nearest = known.iter().map(|key| (distance(name, key), *key)).min();
    nearest.filter(|(distance, _)| *distance <= 3).map(|(_, key)| key)
}

/// The section that this one, at the top of a manifest, seems to mean. Those of other modules mean none.
pub(super) fn meant_at_the_top(name: &str) -> Option<&'static str> {
    let letters = letters(name);
    if letters.starts_with("capabilit") || distance(&letters, "capabilities") <= 3 {
        return Some("capabilities");
    }
    (letters == "wasm" || letters == "wasmlimits").then_some("capabilities.wasm")
}

/// The section that this one, below `capabilities`, seems to mean.
pub(super) fn meant_capability(name: &str) -> Option<&'static str> {
    const NAMES: [(&str, usize, &str); 4] = [
        ("wasm", 1, "capabilities.wasm"),
        ("net", 1, "capabilities.net"),
        ("limits", 1, "capabilities.wasm.limits"),
        ("wasmlimits", 2, "capabilities.wasm.limits"),
    ];
    let letters = letters(name);
    NAMES.iter().find(|(name, edits, _)| distance(&letters, name) <= *edits).map(|(_, _, meant)| *meant)
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
        for name in ["channels", "fs", "env", "web", "http", "dns", "ws", "test", "os", "ffi", "sys", "workers", ""] {
            assert_eq!(meant_capability(name), None, "{name}");
        }
    }
}
