//! A manifest in words: what is granted to whom, what of it does not exist, and what is wider than it need be.

mod guests;
mod place;
mod survey;
mod width;

use super::Caps;
use super::folder::OpenFolders;
use super::grant::{Grant, Wanted, has_wildcard};
use super::granted::Access;
use super::manifest::{self, Document, Entry};
use super::manifest_error::ManifestError;
use super::paths;
use super::resolve::real_path;
use guests::Guests;
use place::Place;
use serde::Serialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use width::Around;

/// How many findings are told one by one. Each shows its place, which takes a look at the whole text.
const FINDINGS_MAX: usize = 1_000;

/// What a manifest comes to.
#[derive(Debug)]
pub struct Review {
    /// Its grants themselves.
    pub caps: Caps,
    /// Each entry of its lists, in the order of the sections.
    pub entries: Vec<ReviewedEntry>,
    /// What is to be thought over: up to 1,000 things, in the order of the text.
    pub findings: Vec<Finding>,
    /// How much is missing in all.
    pub missing: usize,
    /// How much is wide in all.
    pub wide: usize,
}

/// One entry of a list of grants.
#[derive(Clone, Debug, Serialize)]
pub struct ReviewedEntry {
    /// The section, such as `capabilities.wasm`.
    pub section: &'static str,
    /// The key, such as `load`.
    pub key: &'static str,
    /// What it says.
    pub entry: String,
    /// What may be done there: for folders of guests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<&'static str>,
    /// Must its bytes have a hash?
    pub pinned: bool,
    /// How many files or folders it covers now; none where that is not looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<usize>,
}

/// Something to be thought over.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is about.
    pub kind: FindingKind,
    /// Where it stands, and a sentence.
    pub error: ManifestError,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// What is granted does not exist.
    Missing,
    /// It is more than is needed, or than is safe.
    Wide,
}

/// Reads a manifest and looks at what it grants.
///
/// # Errors
/// As [`Caps::from_file`].
pub fn review_file(file: &Path, home: Option<&Path>) -> Result<Review, ManifestError> {
    review(&manifest::read(file)?, file, home)
}

/// The same of a text.
///
/// # Errors
/// As [`Caps::from_toml`].
pub fn review(text: &str, file: &Path, home: Option<&Path>) -> Result<Review, ManifestError> {
    let caps = Caps::from_toml(text, file, home)?;
    let base = &caps.granted.base;
    let mut reviewer =
        Reviewer { text, file, home, base, entries: Vec::new(), findings: Vec::new(), missing: 0, wide: 0 };
    // It has been read before.
    if let Ok(document) = manifest::document(text) {
        reviewer.paths(&manifest::paths_of(&document));
        reviewer.others(&document);
    }
    let Reviewer { entries, mut findings, missing, wide, .. } = reviewer;
    findings.sort_by_key(|finding| finding.error.place());
    Ok(Review { entries, findings, missing, wide, caps })
}

struct Reviewer<'a> {
    text: &'a str,
    file: &'a Path,
    base: &'a Path,
    home: Option<&'a Path>,
    entries: Vec<ReviewedEntry>,
    findings: Vec<Finding>,
    missing: usize,
    wide: usize,
}

impl Reviewer<'_> {
    fn find(&mut self, kind: FindingKind, at: &Range<usize>, sentence: String) {
        *match kind {
            FindingKind::Missing => &mut self.missing,
            FindingKind::Wide => &mut self.wide,
        } += 1;
        if self.findings.len() < FINDINGS_MAX {
            let error = ManifestError::new(self.file, sentence, self.text, Some(at.clone()));
            self.findings.push(Finding { kind, error });
        }
    }

    fn paths(&mut self, entries: &[Entry]) {
        let places: Vec<_> = entries.iter().map(|entry| Place { entry, real: self.real(entry.text) }).collect();
        let around = Around { base: self.base, home: self.home, guests: &Guests::of(&places) };
        for place in &places {
            let entry = place.entry;
            let (found, missing) = self.look_for(entry);
            if let Some(missing) = missing {
                self.find(FindingKind::Missing, &entry.at, missing);
            }
            for sentence in width::of_path(place, &around) {
                self.find(FindingKind::Wide, &entry.at, sentence);
            }
            self.entries.push(ReviewedEntry {
                section: entry.section,
                key: entry.key,
                entry: entry.text.to_owned(),
                access: (entry.key == "preopens").then_some(entry.access.unwrap_or(Access::ReadWrite).word()),
                pinned: entry.pin.is_some(),
                found: Some(found),
            });
        }
    }

    /// The path up to its first wildcard, as it really is.
    fn real(&self, text: &str) -> PathBuf {
        let names: Vec<&str> = text.split('/').collect();
        let literal = names.iter().take_while(|name| !has_wildcard(name)).count();
        let literal = names[..literal].join("/");
        let literal = if literal.is_empty() { if text.starts_with('/') { "/" } else { "." } } else { literal.as_str() };
        let path = paths::absolute(literal, self.base, self.home).unwrap_or_default();
        real_path(&path).unwrap_or(path)
    }

    /// How much there is of what an entry grants, and a sentence where that is not as it should be.
    fn look_for(&self, entry: &Entry) -> (usize, Option<String>) {
        let wanted = match entry.key {
            "load" => Wanted::File,
            "preopens" => Wanted::Folder,
            _ => Wanted::Any,
        };
        let text = entry.text;
        if has_wildcard(text) {
            let pattern = paths::pattern(text, self.base, self.home).unwrap_or_default();
            let Ok(grant) = Grant::new(&pattern, wanted, (), &OpenFolders::default()) else { return (0, None) };
            let survey = survey::survey(&grant, wanted);
            let missing = match (survey.found, grant.root().is_dir()) {
                (0, false) => {
                    Some(format!("\"{text}\" matches nothing: there is no folder {}", grant.root().display()))
                }
                // What may be written may also be made.
                (0, true) if !survey.is_partial && entry.key != "write" => Some(format!("\"{text}\" matches nothing")),
                _ => None,
            };
            return (survey.found, missing);
        }
        let path = paths::absolute(text, self.base, self.home).unwrap_or_default();
        let missing = match entry.key {
            // It may be made, where the folder that it is to be in is there.
            "write" if path.parent().is_some_and(Path::is_dir) => None,
            _ => survey::missing(&path, wanted),
        };
        (usize::from(missing.is_none() && path.exists()), missing.map(|missing| format!("\"{text}\" {missing}")))
    }

    /// URLs and variables.
    fn others(&mut self, document: &Document) {
        for entry in manifest::texts_of(document) {
            let wide = match entry.section {
                "capabilities.env" => width::of_variable(entry.text).into_iter().collect(),
                _ => width::of_url(entry.key, entry.text),
            };
            for sentence in wide {
                self.find(FindingKind::Wide, &entry.at, sentence);
            }
            let (section, key, entry) = (entry.section, entry.key, entry.text.to_owned());
            self.entries.push(ReviewedEntry { section, key, entry, access: None, pinned: false, found: None });
        }
        if let Some(at) = manifest::private_allowed(document) {
            let sentence = "components may reach this machine and its network by every host that `allow` grants; name the addresses instead";
            self.find(FindingKind::Wide, &at, sentence.to_owned());
        }
    }
}
