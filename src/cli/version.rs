//! `--version`: this program, and the two engines in it.

use crate::engine::webassembly_engine;
use crate::host::javascript_engine;
use std::sync::LazyLock;

/// The number, and below it what runs JavaScript and what runs WebAssembly.
pub(super) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let own = env!("CARGO_PKG_VERSION");
        format!("{own}\nJavaScript   {}\nWebAssembly  {}", javascript_engine(), webassembly_engine())
    });
    &TEXT
}
