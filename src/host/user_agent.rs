//! As what an app presents itself.

/// To servers, and to itself by `navigator.userAgent`.
pub(super) const USER_AGENT: &str = concat!("runtime-wasm/", env!("CARGO_PKG_VERSION"));
