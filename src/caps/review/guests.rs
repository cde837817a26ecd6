//! Where guests may write, and so choose what others find.

use super::place::{Place, is_written};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// The folders that guests may be shown for writing, by where they really are, with what the manifest says of them.
pub(super) struct Guests(BTreeMap<PathBuf, String>);

impl Guests {
    pub(super) fn of(places: &[Place]) -> Guests {
        let folders = places.iter().filter(|place| is_written(place));
        Guests(folders.map(|place| (place.real.clone(), place.entry.text.to_owned())).collect())
    }

    /// The entry by which they may write there.
    pub(super) fn write_in(&self, path: &Path) -> Option<&str> {
        path.ancestors().find_map(|folder| self.0.get(folder)).map(String::as_str)
    }

    /// The entry by which they may put something else in the place of the path itself.
    pub(super) fn replace(&self, path: &Path) -> Option<&str> {
        path.parent().and_then(|above| self.write_in(above))
    }

    /// The entry by which they may write in some folder beneath it.
    pub(super) fn write_beneath(&self, path: &Path) -> Option<&str> {
        // Those beneath a path stand behind it without a gap.
        let (folder, entry) = self.0.range::<Path, _>((Bound::Included(path), Bound::Unbounded)).next()?;
        folder.starts_with(path).then_some(entry)
    }
}
