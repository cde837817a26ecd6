//! See `runtime_wasm_fuzz_cases::arguments`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| runtime_wasm_fuzz_cases::arguments(data));
