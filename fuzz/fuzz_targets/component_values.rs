//! See `runtime_wasm_fuzz_cases::component_values`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| runtime_wasm_fuzz_cases::component_values(data));
