//! What serde says of a value that it cannot read, in words of a manifest: which key it is about, and what it had to be.

use super::problem::Problem;
use super::{keys, misspelt};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// Stands for any entry of a list in the path to it.
const ENTRY: &str = "[]";

/// The same error, with the key that it is about.
pub(super) fn problem(error: &Error, text: &str) -> Problem {
    let said = error.message();
    let Some(span) = error.span() else { return Problem(said.to_owned(), None) };
    let sentence = sentence(said, text, &span).unwrap_or_else(|| said.to_owned());
    Problem(sentence, Some(span))
}

fn sentence(said: &str, text: &str, span: &Range<usize>) -> Option<String> {
    // Its values went to their types, so it is read once more.
    let root = DeTable::parse(text).ok()?;
    let mut search = Search { span, path: Vec::new() };
    if said.starts_with("unknown field")
        && let Some(name) = search.key(root.get_ref())
    {
        return Some(unknown_key(&search.path, &name));
    }
    let kind = search.value_in(root.get_ref())?;
    Some(wrong_value(&search.path, kind, said))
}

fn wrong_value(path: &[String], kind: &str, said: &str) -> String {
    let subject = match path {
        [.., list, entry] if entry == ENTRY => format!("an entry of `{list}`"),
        [.., key] => key.clone(),
        [] => "the manifest".to_owned(),
    };
    let wanted = match said.strip_prefix("invalid type: ").and_then(|said| said.rsplit_once(", expected ")) {
        Some((_, "a sequence")) => "an array",
        Some((_, "a boolean")) => "true or false",
        Some((_, wanted)) => wanted,
        // Whoever takes a table is given a date as if it were one.
        None if kind == "datetime" => "a string",
        None => return format!("{subject} {said}"),
    };
    format!("{subject} must be {wanted}, not of type {kind}")
}

/// The sentence about a key that there is not, and the nearest that there is, or the section that has it.
fn unknown_key(path: &[String], name: &str) -> String {
    let section = path.join(".");
    let (place, known) = match path {
        [.., list, entry] if entry == ENTRY => (format!("an entry of `{list}`"), keys::of_entry(list)),
        _ => (format!("[{section}]"), keys::of_section(&section)),
    };
    // Where the app's own grants are, a word that several sections have means none of those of guests.
    let is_of_guests = section.starts_with("capabilities.wasm");
    let elsewhere = misspelt::section_of(name).filter(|_| is_of_guests || misspelt::is_of_one_section(name));
    let of_the_app = misspelt::of_the_app(name).filter(|_| is_of_guests);
    let hint = match (elsewhere, misspelt::nearest(name, known), known) {
        (Some(section), ..) => format!("did you mean `{name}` in [{section}]?"),
        (None, Some(key), _) | (None, None, &[key]) if of_the_app.is_none() => format!("did you mean `{key}`?"),
        _ => of_the_app.unwrap_or_else(|| format!("there are {}", known.join(", "))),
    };
    format!("unknown key `{name}` in {place}; {hint}")
}

/// Looks for what stands at a place, and notes the names that lead there.
struct Search<'a> {
    span: &'a Range<usize>,
    path: Vec<String>,
}

impl Search<'_> {
    /// The key there; the path is that of the table that has it.
    fn key(&mut self, table: &DeTable) -> Option<String> {
        if let Some(key) = table.keys().find(|key| key.span() == *self.span) {
            return Some(key.get_ref().to_string());
        }
        self.within(table, |search, value| match value.get_ref() {
            DeValue::Table(table) => search.key(table),
            DeValue::Array(entries) => search.entries(entries, |search, entry| match entry.get_ref() {
                DeValue::Table(table) => search.key(table),
                _ => None,
            }),
            _ => None,
        })
    }

    /// The type of the value there.
    fn value_in(&mut self, table: &DeTable) -> Option<&'static str> {
        self.within(table, Search::value)
    }

    fn value(&mut self, value: &Spanned<DeValue>) -> Option<&'static str> {
        if value.span() == *self.span {
            return Some(value.get_ref().type_str());
        }
        match value.get_ref() {
            DeValue::Table(table) => self.value_in(table),
            DeValue::Array(entries) => self.entries(entries, Search::value),
            _ => None,
        }
    }

    fn within<T>(
        &mut self,
        table: &DeTable,
        mut look: impl FnMut(&mut Self, &Spanned<DeValue>) -> Option<T>,
    ) -> Option<T> {
        table.iter().find_map(|(key, value)| self.beneath(key.get_ref(), |search| look(search, value)))
    }

    fn entries<T>(
        &mut self,
        entries: &[Spanned<DeValue>],
        mut look: impl FnMut(&mut Self, &Spanned<DeValue>) -> Option<T>,
    ) -> Option<T> {
        self.beneath(ENTRY, |search| entries.iter().find_map(|entry| look(search, entry)))
    }

    /// The path stays where something is found.
    fn beneath<T>(&mut self, name: &str, look: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.path.push(name.to_owned());
        let found = look(self);
        if found.is_none() {
            self.path.pop();
        }
        found
    }
}
