//! What of a manifest is wider than it need be, in sentences that say what would do.

use super::guests::Guests;
use super::place::{Place, is_written};
use crate::caps::grant::has_wildcard;
use crate::caps::manifest::Entry;
use rustix::fs::Access as Mode;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Anybody may change it.
const WORLD_WRITABLE: u32 = 0o002;
/// In such a folder, nobody removes or renames what is another's.
const STICKY: u32 = 0o1000;

/// What others may do to a path is judged by these.
pub(super) struct Around<'a> {
    /// The folder of the manifest.
    pub base: &'a Path,
    pub home: Option<&'a Path>,
    pub guests: &'a Guests,
}

/// What is too wide about one of the paths.
pub(super) fn of_path(place: &Place, around: &Around) -> Vec<String> {
    let Entry { key, text, .. } = place.entry;
    let whole = |what: &str| format!("`{key}` grants {what}; name the folders that are needed");
    let mut wide = Vec::new();
    if place.real == Path::new("/") {
        wide.push(whole("the whole file system"));
    } else if around.home.is_some_and(|home| home.starts_with(&place.real)) {
        wide.push(whole("the whole home folder, with its keys and passwords"));
    } else if text.contains("**") && *key != "load" {
        wide.push("`**` grants folders however deep they lie; name them, or use `*` for one level".to_owned());
    }
    if *key != "load"
        && let Some(by) = around.guests.replace(&place.real)
    {
        wide.push(format!(
            "it lies where guests may write, by `preopens` \"{by}\", and so they choose what is found in its place; keep the two apart"
        ));
    }
    match *key {
        "load" => of_load(place, around, &mut wide),
        "preopens" => of_preopen(place, around, &mut wide),
        "write" => of_write(place, around, &mut wide),
        _ => {}
    }
    wide
}

fn of_load(place: &Place, around: &Around, wide: &mut Vec<String>) {
    let Entry { text, pin, .. } = place.entry;
    if text.contains("**") {
        wide.push("`**` crosses all folders beneath; `*` stays within one".to_owned());
    }
    let name = text.rsplit('/').next().unwrap_or_default();
    if has_wildcard(name) && !name.contains('.') {
        wide.push(format!("\"{name}\" is any file there, whatever it holds; \"{name}.wasm\" would do for modules"));
    }
    if pin.is_none() && anybody_writes(&place.real) {
        wide.push("everybody on this machine may put a module there; pin it with `sha256`, or move it".to_owned());
    }
    // A wildcard before the last name leads into folders.
    let leads_down = text.rsplit_once('/').is_some_and(|(folders, _)| has_wildcard(folders));
    let beneath = || around.guests.write_beneath(&place.real).filter(|_| leads_down);
    let by = around.guests.write_in(&place.real).or_else(beneath);
    if let Some(by) = by.filter(|_| pin.is_none()) {
        wide.push(format!(
            "guests may write there, by `preopens` \"{by}\", and so choose what is loaded; pin it with `sha256`, or keep the two apart"
        ));
    }
}

fn of_preopen(place: &Place, around: &Around, wide: &mut Vec<String>) {
    if !is_written(place) {
        return;
    }
    if around.base.starts_with(&place.real) {
        wide.push("guests may write where the manifest is, and so grant themselves what they like; `access = \"read\"` would do to look".to_owned());
    } else if place.real.is_dir() && rustix::fs::access(&place.real, Mode::WRITE_OK).is_err() {
        wide.push(
            "it is granted for writing, which the system does not let this user do; `access = \"read\"` would do"
                .to_owned(),
        );
    }
}

fn of_write(place: &Place, around: &Around, wide: &mut Vec<String>) {
    if around.base.starts_with(&place.real) {
        wide.push("the app may write where its manifest is, and so change what it is granted the next time".to_owned());
    }
}

/// What is said of URL patterns.
pub(super) fn of_url(key: &str, pattern: &str) -> Vec<String> {
    let mut wide = Vec::new();
    let Some((scheme, rest)) = pattern.split_once("://") else { return wide };
    let host = rest.split('/').next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if name.strip_prefix("*.").is_some_and(|domain| !domain.contains('.')) {
        wide.push(format!("`{key}` grants every host under a whole top-level domain; name the hosts"));
    }
    let is_near = ["localhost", "[::1]"].contains(&name) || name.starts_with("127.");
    if scheme == "http" && !is_near {
        wide.push("http can be read and changed on its way; https would do where the host has it".to_owned());
    }
    wide
}

/// What is said of patterns for variables.
pub(super) fn of_variable(pattern: &str) -> Option<String> {
    let is_all = pattern.contains('*') && pattern.chars().all(|c| matches!(c, '*' | '?'));
    is_all.then(|| {
        format!("`{pattern}` grants every variable, with all tokens and passwords among them; name those that are read")
    })
}

/// May everybody change what is there, or put another in its place?
fn anybody_writes(path: &Path) -> bool {
    let mode = |path: &Path| fs::metadata(path).map_or(0, |there| there.mode());
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let is_open = |mode: u32| mode & WORLD_WRITABLE != 0;
    let above = folder.ancestors().skip(1).any(|above| is_open(mode(above)) && mode(above) & STICKY == 0);
    is_open(mode(path)) || is_open(mode(folder)) || above
}
