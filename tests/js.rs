//! The contract of `runtime:wasm`, from JavaScript: each script in `tests/js` is a test, run by the real binary beside
//! guests that are assembled from `tests/js/wat`.

#[macro_use]
mod common;
#[macro_use]
#[path = "common/contract.rs"]
mod contract;

use common::run_script;
use std::path::Path;

fn run(script: &str) {
    run_script(&contract::app().path().join(script));
}

contract!();
