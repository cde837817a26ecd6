//! What somebody meant who gave a command the wrong kind of file, or no command.

use super::output::shown;
use crate::host::SCRIPT_ENDINGS;
use crate::printable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::path::Path;

/// How the names of modules end.
const MODULES: [&str; 2] = ["wasm", "wat"];

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|extension| endings.iter().any(|known| extension == *known))
}

/// Is it a script, by its name?
pub(super) fn is_script(path: &Path) -> bool {
    ends_in(path, &SCRIPT_ENDINGS)
}

/// Is it a module or a component, by its name?
pub(super) fn is_module(path: &Path) -> bool {
    ends_in(path, &MODULES)
}

/// Of what `run` was given in the place of a script: an app's folder, or the value of the option before it, which takes its value after a `=`.
pub(super) fn no_script(word: &Path, option: Option<&str>) -> String {
    let name = shown(word);
    let mut mains = SCRIPT_ENDINGS.iter().map(|ending| word.join("main").with_extension(ending));
    if let Some(main) = mains.find(|main| main.is_file()) {
        return format!("{name} is a folder: `runtime-wasm run {}` runs the app in it", shown(&main));
    }
    let meant =
        option.map_or_else(String::new, |option| format!("; a value of {option} follows a `=`, as in {option}={name}"));
    format!("{name}: a script ends in .js, .mjs, .ts or .mts{meant}")
}

/// Of what `check` was given in the place of a manifest, if it is none by its name.
pub(super) fn no_manifest(file: &Path) -> Option<String> {
    let kind = if is_script(file) {
        "a script"
    } else if is_module(file) {
        "a module: `runtime-wasm inspect` tells what is in one"
    } else {
        return None;
    };
    Some(format!("{} is {kind}; a manifest is TOML, and its app's folder names it, too", shown(file)))
}

/// Of a file in the place of a command: what is wrong, and what was meant. The parser would look for a command of a similar name.
pub(super) fn meant(error: &clap::Error) -> Option<(String, String)> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    if !matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument) {
        return None;
    }
    let path = Path::new(word);
    let command = if is_script(path) || word == "-" {
        "run"
    } else if is_module(path) {
        "exec"
    } else {
        return None;
    };
    let word = printable::sentence(word);
    Some((format!("{word} is no command"), format!("to run it, say `runtime-wasm {command} {word}`")))
}
