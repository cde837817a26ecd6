//! Components for tests, made of modules: of WASI preview 1, by the adapter that gives its functions by means of preview 2.

use wasi_preview1_component_adapter_provider as adapter;
use wit_component::ComponentEncoder;

/// A component of a module that imports nothing but preview 1: of a command, which exports `wasi:cli/run`, or of a reactor, which exports
/// nothing that a component does.
pub fn component(module: &[u8]) -> Vec<u8> {
    let is_command = module.windows(b"_start".len()).any(|name| name == b"_start");
    let adapter = if is_command {
        adapter::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    } else {
        adapter::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    };
    let encoder = ComponentEncoder::default().module(module).unwrap();
    let encoder = encoder.adapter(adapter::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter).unwrap();
    encoder.validate(true).encode().unwrap()
}
