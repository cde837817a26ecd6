//! Names in declarations: those of WIT as JavaScript spells them, no two the same in one place, and none that means something else there.

use super::text::quoted;
use std::collections::HashMap;
use std::path::Path;

/// What a parameter cannot be called.
const WORDS: &str = "arguments await break case catch class const continue debugger default delete do else enum eval export extends \
    false finally for function if implements import in instanceof interface let new null package private protected public return static \
    super switch this throw true try typeof undefined var void while with yield";

/// The members of an interface that mean something else if they are not quoted.
const MEANT_OTHERWISE: &str = "constructor new";

/// The types that declarations name: one of a module's own of that name would stand in the way.
const TYPES: &str = "Array BigInt64Array BigUint64Array Float32Array Float64Array FreshMemory FreshTable GuestFunction HostCall \
    Int16Array Int32Array Int8Array Promise Symbol TypedValue Uint16Array Uint32Array Uint8Array WasmError";

fn is_in(list: &str, name: &str) -> bool {
    list.split(' ').any(|word| word == name)
}

/// The names that are taken in one place, each with the number of the next one that is like it.
#[derive(Default)]
pub(super) struct Taken(HashMap<String, usize>);

impl Taken {
    /// Where types are declared.
    pub(super) fn for_types() -> Self {
        Taken(TYPES.split(' ').map(|name| (name.to_owned(), 2)).collect())
    }

    /// This name, or one like it if it is taken.
    pub(super) fn take(&mut self, name: &str) -> String {
        let mut own = name.to_owned();
        while !self.try_take(&own) {
            // Counting on from the last one: whoever made the module may have seen to it that there are many.
            let number = self.0.entry(name.to_owned()).or_insert(2);
            own = format!("{name}_{number}");
            *number += 1;
        }
        own
    }

    /// Takes the name, if nobody has.
    pub(super) fn try_take(&mut self, name: &str) -> bool {
        let is_free = !self.0.contains_key(name);
        if is_free {
            self.0.insert(name.to_owned(), 2);
        }
        is_free
    }
}

/// The parts of a name in kebab case.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty())
}

fn capitalized(part: &str) -> String {
    part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase()
}

/// As types are written: `blob-store` is `BlobStore`.
pub(super) fn pascal(name: &str) -> String {
    parts(name).map(capitalized).collect()
}

/// As functions, fields and parameters are written: `blob-store` is `blobStore`.
pub(crate) fn camel(name: &str) -> String {
    let mut parts = parts(name);
    let first = parts.next().unwrap_or_default().to_ascii_lowercase();
    first + &parts.map(capitalized).collect::<String>()
}

/// A parameter's name.
pub(super) fn parameter(name: &str, taken: &mut Taken) -> String {
    let name = camel(name);
    taken.take(&if is_in(WORDS, &name) { name + "_" } else { name })
}

/// A member's name as it stands in an interface.
pub(super) fn member(name: &str) -> String {
    if is_identifier(name) && !is_in(MEANT_OTHERWISE, name) { name.to_owned() } else { quoted(name) }
}

/// The same in a class, where also what is quoted may be the constructor.
pub(super) fn class_member(name: &str) -> String {
    if name == "constructor" { "[\"constructor\"]".to_owned() } else { member(name) }
}

fn is_identifier(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    name.chars().all(is_word) && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
}

/// The name of a whole module's types, after its file.
pub(super) fn after_file(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut name: String = parts(&stem).map(|part| part[..1].to_ascii_uppercase() + &part[1..]).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "Wasm");
    }
    if is_in(TYPES, &name) { name + "Api" } else { name }
}

/// A name from the command line.
pub(super) fn parse(name: &str) -> Result<String, String> {
    if !is_identifier(name) || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Err("a type's name begins with a capital letter, and has letters and digits".to_owned());
    }
    if is_in(TYPES, name) {
        return Err("the declarations need the type of that name".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_javascript_spells_them() {
        assert_eq!((pascal("blob-store"), camel("blob-store")), ("BlobStore".into(), "blobStore".into()));
        assert_eq!((pascal("HTTP-v2"), camel("HTTP-v2")), ("HttpV2".into(), "httpV2".into()));
        let mut taken = Taken::default();
        let names = ["default", "a-b", "a-B", "default"].map(|name| parameter(name, &mut taken));
        assert_eq!(names, ["default_", "aB", "aB_2", "default__2"]);
        assert_eq!(
            ["a", "new", "a b", "", "1", "é"].map(member),
            ["a", "\"new\"", "\"a b\"", "\"\"", "\"1\"", "\"é\""]
        );
        assert_eq!(class_member("constructor"), "[\"constructor\"]");
    }

    #[test]
    fn a_module_is_called_after_its_file() {
        let called = |file: &str| after_file(Path::new(file));
        assert_eq!(["a/my-plugin.v2.wasm", "QRcode.wasm"].map(called), ["MyPluginV2", "QRcode"]);
        assert_eq!(["1.wasm", "名.wasm", "promise.wasm"].map(called), ["Wasm1", "Wasm", "PromiseApi"]);
        assert_eq!(parse("Plugin2"), Ok("Plugin2".to_owned()));
        for bad in ["", "plugin", "A B", "A.B", "Promise", "A;", "Ä"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
