//! What a process has, takes or may have of the things that the machine limits by number.

/// An amount of each thing that the machine limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Resources {
    /// Memory maps.
    pub maps: u64,
    /// Threads.
    pub threads: u64,
    /// Open files.
    pub files: u64,
}

impl Resources {
    pub(super) fn plus(self, other: Resources) -> Resources {
        Resources {
            maps: self.maps + other.maps,
            threads: self.threads + other.threads,
            files: self.files + other.files,
        }
    }

    pub(super) fn minus(self, other: Resources) -> Resources {
        Resources {
            maps: self.maps.saturating_sub(other.maps),
            threads: self.threads.saturating_sub(other.threads),
            files: self.files.saturating_sub(other.files),
        }
    }
}
