//! Paths as a grant has them: relative to the manifest's folder, or to the home folder.

use std::path::{Path, PathBuf};

/// An entry as an absolute pattern. The error is a sentence.
pub(super) fn pattern(text: &str, base: &Path, home: Option<&Path>) -> Result<String, String> {
    let path = absolute(text, base, home)?;
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let folder = if text.starts_with('~') { home.unwrap_or(base) } else { base };
    match (folder.to_str(), path.to_str()) {
        // What is special in a pattern is not special in the name of the folder that it starts from.
        (Some(folder), Some(path)) if !folder.contains(['*', '?', '[']) => Ok(path.to_owned()),
        _ => Err(format!("the folder {} has a name that no pattern can start with", folder.display())),
    }
}

/// An entry as an absolute path. The error is a sentence.
pub(super) fn absolute(text: &str, base: &Path, home: Option<&Path>) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("a path must not be empty or contain a NUL".to_owned());
    }
    match text.strip_prefix('~') {
        // Joined as text: what a pattern says twice is not the same as once.
        None if text.starts_with('/') => Ok(text.into()),
        None => Ok(joined(base, text)),
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match home {
            Some(home) => Ok(joined(home, rest.trim_start_matches('/'))),
            None => Err("`~` stands for the home folder, but HOME is not set".to_owned()),
        },
        Some(_) => Err("`~user` is not expanded; write the path out, or ~/ for the home folder".to_owned()),
    }
}

fn joined(folder: &Path, rest: &str) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push("/");
    path.push(rest);
    path.into()
}
