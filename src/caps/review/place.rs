//! An entry that names a path, with where that is.

use crate::caps::granted::Access;
use crate::caps::manifest::Entry;
use std::path::PathBuf;

/// A path that is granted, with what it comes to.
pub(super) struct Place<'a> {
    pub entry: &'a Entry<'a>,
    /// The folder before the first wildcard, or the path itself, as it really is.
    pub real: PathBuf,
}

/// May guests write in what this entry grants?
pub(super) fn is_written(place: &Place) -> bool {
    place.entry.key == "preopens" && place.entry.access != Some(Access::Read)
}
