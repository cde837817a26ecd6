//! What is wrong with a manifest, and where: file, line, column and the line itself.

use crate::place::Place;
use crate::printable;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A manifest that cannot be used. Its `Display` is `file:line:column: what is wrong`, and below it the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    file: PathBuf,
    message: String,
    place: Option<Place>,
}

impl ManifestError {
    pub(super) fn unreadable(file: &Path, error: &impl fmt::Display) -> Self {
        ManifestError { file: file.to_owned(), message: format!("cannot be read: {error}"), place: None }
    }

    /// Something is wrong at these bytes of the text.
    pub(super) fn new(file: &Path, message: String, text: &str, at: Option<Range<usize>>) -> Self {
        ManifestError { file: file.to_owned(), message, place: at.map(|at| Place::new(text, at)) }
    }
}

impl ManifestError {
    /// What is wrong, without the place. A terminal might obey what it quotes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Line and column, from 1; none for a file that cannot be read.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(Place::line_and_column)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = printable::message(self.file.to_string_lossy().into_owned());
        let message = printable::message(self.message.clone());
        let Some(place) = &self.place else { return write!(f, "{file}: {message}") };
        write!(f, "{file}:{}: {message}\n{}", place.position(), place.picture())
    }
}

impl std::error::Error for ManifestError {}
