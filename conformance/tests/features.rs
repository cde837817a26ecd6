//! docs/wasm-features.md says what the engine does.

#[path = "../../tests/common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::error::ErrorCode;
use runtime_wasm::registry::Runtime;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use wasmparser::WasmFeatures;
use wast::Wat;
use wast::parser::{self, ParseBuffer};

/// A module for each proposal, which is valid with it only.
const MODULES: &[(&str, &str)] = &[
    ("mutable-global", "(module (global (export \"g\") (mut i32) (i32.const 0)))"),
    ("sign-extension-ops", "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))"),
    (
        "nontrapping-float-to-int-conversions",
        "(module (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))))",
    ),
    ("multi-value", "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))"),
    ("bulk-memory", "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))))"),
    ("reference-types", "(module (func (param externref) (result externref) (local.get 0)))"),
    ("simd", "(module (func (param v128) (result v128) (v128.not (local.get 0))))"),
    ("relaxed-simd", "(module (func (param v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"),
    ("tail-call", "(module (func $f (return_call $f)))"),
    ("extended-const", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"),
    ("multi-memory", "(module (memory 1) (memory 1))"),
    ("memory64", "(module (memory i64 1))"),
    ("function-references", "(module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0))))"),
    ("gc", "(module (type $s (struct (field i32))) (func (result (ref $s)) (struct.new $s (i32.const 1))))"),
    ("exceptions", "(module (tag $e) (func (block $b (try_table (catch_all $b) (throw $e)))))"),
    ("threads", "(module (memory 1) (func (result i32) (i32.atomic.load (i32.const 0))))"),
    ("shared-memory", "(module (memory 1 1 shared))"),
    ("legacy-exceptions", "(module (func try catch_all end))"),
    ("custom-page-sizes", "(module (memory 1 (pagesize 1)))"),
    (
        "wide-arithmetic",
        "(module (func (param i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0))))",
    ),
    ("compact-imports", "(module (import \"m\" (item \"f\" (func)) (item \"g\" (func))))"),
    ("custom-descriptors", "(module (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct))))"),
    ("shared-everything-threads", "(module (global (shared i32) (i32.const 0)))"),
    ("stack-switching", "(module (type $f (func)) (type $c (cont $f)))"),
    ("memory-control", "(module (memory 1) (func (memory.discard (i32.const 0) (i32.const 0))))"),
    ("component-model", "(component)"),
];

/// What the validator has a switch for, and the row that it belongs to; none for what is no proposal of its own.
const SWITCHES: &[(&str, Option<&str>)] = &[
    ("MUTABLE_GLOBAL", Some("mutable-global")),
    ("SATURATING_FLOAT_TO_INT", Some("nontrapping-float-to-int-conversions")),
    ("SIGN_EXTENSION", Some("sign-extension-ops")),
    ("REFERENCE_TYPES", Some("reference-types")),
    ("MULTI_VALUE", Some("multi-value")),
    ("BULK_MEMORY", Some("bulk-memory")),
    ("SIMD", Some("simd")),
    ("RELAXED_SIMD", Some("relaxed-simd")),
    ("THREADS", Some("threads")),
    ("SHARED_EVERYTHING_THREADS", Some("shared-everything-threads")),
    ("TAIL_CALL", Some("tail-call")),
    ("FLOATS", None),
    ("MULTI_MEMORY", Some("multi-memory")),
    ("EXCEPTIONS", Some("exceptions")),
    ("MEMORY64", Some("memory64")),
    ("EXTENDED_CONST", Some("extended-const")),
    ("COMPONENT_MODEL", Some("component-model")),
    ("FUNCTION_REFERENCES", Some("function-references")),
    ("MEMORY_CONTROL", Some("memory-control")),
    ("GC", Some("gc")),
    ("COMPACT_IMPORTS", Some("compact-imports")),
    ("CUSTOM_DESCRIPTORS", Some("custom-descriptors")),
    ("CUSTOM_PAGE_SIZES", Some("custom-page-sizes")),
    ("LEGACY_EXCEPTIONS", Some("legacy-exceptions")),
    ("GC_TYPES", None),
    ("STACK_SWITCHING", Some("stack-switching")),
    ("WIDE_ARITHMETIC", Some("wide-arithmetic")),
    ("CALL_INDIRECT_OVERLONG", None),
    ("BULK_MEMORY_OPT", None),
];

/// The rows of the page: state and message, by proposal.
fn documented() -> BTreeMap<String, (String, String)> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/wasm-features.md")).unwrap();
    let (_, table) = page.split_once("|---|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        (cells[0].clone(), (cells[1].clone(), cells[3].clone()))
    })
    .collect()
}

#[tokio::test]
async fn each_proposal_is_on_or_off_as_documented_and_what_is_off_says_so() {
    let runtime = Runtime::new(options()).unwrap();
    let documented = documented();
    let modules: Vec<_> = MODULES.iter().map(|(name, _)| *name).collect();
    assert_eq!(documented.len(), modules.len(), "rows and modules");
    let mut wrong = Vec::new();
    for (name, text) in MODULES {
        let (state, message) = documented.get(*name).unwrap_or_else(|| panic!("no row for {name}"));
        let buffer = ParseBuffer::new(text).unwrap();
        let bytes = parser::parse::<Wat>(&buffer).unwrap().encode().unwrap();
        match (state.as_str(), runtime.compile("the module".to_owned(), bytes).await) {
            ("on", Ok(_)) => {}
            ("off", Err(error)) if error.code == ErrorCode::Compile && error.message.contains(message) => {
                assert!(!message.is_empty(), "{name}: no message is documented");
            }
            (_, result) => wrong.push(format!("{name} is {state} with {message:?}: {:?}", result.err())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_switch_of_the_validator_has_its_row() {
    let (documented, mut missing) = (documented(), Vec::new());
    for (switch, _) in WasmFeatures::all().iter_names() {
        // Those of components only.
        if switch.starts_with("CM") {
            continue;
        }
        let known = SWITCHES.iter().find(|(name, _)| *name == switch);
        match known {
            None => missing.push(switch),
            Some((_, row)) => assert!(row.is_none_or(|row| documented.contains_key(row)), "{switch} has no row"),
        }
    }
    assert!(missing.is_empty(), "not known here: {missing:?}");
}

/// The numbers on the page are those of the tables.
#[test]
fn the_sums_are_those_of_all_groups() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sums = [0_u64; 4];
    for file in fs::read_dir(folder.join("expected")).unwrap() {
        let table = fs::read_to_string(file.unwrap().path()).unwrap();
        let numbers = table.lines().next().unwrap().split(' ').filter_map(|word| word.parse::<u64>().ok());
        sums.iter_mut().zip(numbers).for_each(|(sum, number)| *sum += number);
    }
    let page = fs::read_to_string(folder.join("../docs/wasm-features.md")).unwrap();
    for (what, sum) in ["hold", "fail", "need what is off", "are none for actors"].iter().zip(sums) {
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {what} | "))).unwrap();
        assert_eq!(row.trim_end_matches(" |").replace(',', ""), sum.to_string(), "{what}");
    }
}
