//! How guests that run on are stopped.

/// How a guest is called out of its own code when it is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interruption {
    /// Its code compares two counters at each turn of a loop and at the beginning of each function: wasmtime's epochs.
    #[default]
    Epoch,
    /// Its code loads a byte of a page, which a stop takes away. It does so at fewer places, and each costs less.
    Protection,
}

impl Interruption {
    /// All of them.
    pub const ALL: [Interruption; 2] = [Interruption::Epoch, Interruption::Protection];

    /// The word that the manifest and flags have for it.
    pub fn name(self) -> &'static str {
        match self {
            Interruption::Epoch => "epoch",
            Interruption::Protection => "protection",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
