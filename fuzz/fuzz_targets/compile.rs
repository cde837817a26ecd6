//! See `runtime_wasm_fuzz_cases::compile`. The inputs are modules as they are; some are changed, some are made anew by wasm-smith.
#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use wasm_smith::{Config, Module};

fuzz_target!(|data: &[u8]| runtime_wasm_fuzz_cases::compile(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 4 == 0
        && let Some(module) = module(seed)
        && module.len() <= max_size
    {
        data[..module.len()].copy_from_slice(&module);
        return module.len();
    }
    fuzzer_mutate(data, size, max_size)
});

/// A valid module of what wasmtime has by default; of sizes such that most can be instantiated.
fn module(seed: u32) -> Option<Vec<u8>> {
    let config = Config {
        threads_enabled: false,
        generate_custom_sections: true,
        max_imports: if seed & 64 == 0 { 0 } else { 3 },
        max_memories: 2,
        max_tables: 2,
        max_memory32_bytes: 1 << 24,
        max_memory64_bytes: 1 << 24,
        max_table_elements: 2000,
        export_everything: seed & 128 == 0,
        ..Config::default()
    };
    let mut state = u64::from(seed) << 1 | 1;
    let bytes: Vec<u8> = (0..4096)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    let module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?.to_bytes();
    if let Err(error) = runtime_wasm_fuzz_cases::validate(&module) {
        panic!("a module of wasm-smith's is refused: {error}");
    }
    Some(module)
}
