//! Tells the shared files that they are being compiled for loom.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=runtime_wasm_loom");
}
