//! What becomes of assertions.

use std::collections::BTreeMap;
use std::fmt;

/// The merged specification.
pub const CORE: &str = "core";

/// Why an assertion is none for actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A module imports from another instance, and instances share nothing; or what it would have done to that one is missed there.
    Shared,
    /// The suite expects its own memory or table, which all modules share: an instance has fresh ones, as its import declares them.
    Fresh,
    /// A reference of a guest's own that does not cross, such as a struct, or a host value that is no externref.
    Reference,
    /// It tests the parser of the text format; the runtime takes binaries.
    Text,
    /// It was invalid when the proposal was made, and is valid by the specification of today.
    Superseded,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Shared => "shared",
            Reason::Fresh => "fresh",
            Reason::Reference => "reference",
            Reason::Text => "text",
            Reason::Superseded => "superseded",
        })
    }
}

/// What became of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not, with a sentence.
    Failed(String),
    /// The proposal that is off.
    Off(&'static str),
    /// It is none for actors.
    NotApplicable(Reason),
}

/// What became of all assertions of one script.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    pub off: BTreeMap<&'static str, usize>,
    pub not_applicable: BTreeMap<Reason, usize>,
    /// By line.
    pub failed: Vec<(usize, String)>,
}

impl Tally {
    pub fn add(&mut self, line: usize, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(why) => self.failed.push((line, why)),
            Outcome::Off(feature) => *self.off.entry(feature).or_default() += 1,
            Outcome::NotApplicable(reason) => *self.not_applicable.entry(reason).or_default() += 1,
        }
    }
}
