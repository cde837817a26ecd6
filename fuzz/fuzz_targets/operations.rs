//! See `runtime_wasm_fuzz_cases::operations`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| runtime_wasm_fuzz_cases::operations(data));
