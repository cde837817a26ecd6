//! `runtime:wasm`: host WebAssembly that a JavaScript application does not trust.
#[cfg(all(feature = "quickjs", feature = "v8"))]
compile_error!(
    "features `quickjs` and `v8` exclude each other: build with --no-default-features --features v8"
);

pub mod caps;
#[cfg(feature = "host")]
pub mod cli;
#[cfg(feature = "host")]
pub mod host;
