//! The files of a new app, by the language of its plugin. `scripts/init-plugins.sh` builds the plugins among them. What has bytes and text cross is that of
//! the examples.

use super::super::types::declarations;
use super::language::Language;

/// A file of a new app.
pub(super) struct Template {
    /// Where it is, below the app's folder.
    pub(super) path: &'static str,
    pub(super) bytes: &'static [u8],
    /// May it be run?
    pub(super) program: bool,
    /// Does the app run as well with another of this name? A new repository has these.
    pub(super) optional: bool,
}

const fn file(path: &'static str, bytes: &'static [u8]) -> Template {
    Template { path, bytes, program: false, optional: false }
}

const fn program(path: &'static str, bytes: &'static [u8]) -> Template {
    Template { path, bytes, program: true, optional: false }
}

const fn optional(path: &'static str, bytes: &'static [u8]) -> Template {
    Template { path, bytes, program: false, optional: true }
}

/// What each app has, whatever its plugin is written in.
const EVERY: [Template; 5] = [
    optional("README.md", include_bytes!("app/readme.md")),
    file("manifest.app.toml", include_bytes!("app/manifest.app.toml")),
    file("tsconfig.json", include_bytes!("app/tsconfig.json")),
    optional(".gitignore", include_bytes!("app/gitignore")),
    file("runtime-wasm.d.ts", declarations::ALL.as_bytes()),
];

/// What an app has whose plugin is a core module.
const OF_MODULES: [Template; 1] = [file("main.ts", include_bytes!("app/main.ts"))];

const C: [Template; 4] = [
    file("plugin/plugin.c", include_bytes!("c/plugin.c")),
    file("plugin/bytes.h", include_bytes!("../../../examples/guests/c/bytes.h")),
    program("plugin/build.sh", include_bytes!("c/build.sh")),
    file("plugins/plugin.wasm", include_bytes!("c/plugin.wasm")),
];

const RUST: [Template; 5] = [
    file("plugin/plugin.rs", include_bytes!("rust/plugin.rs")),
    file("plugin/bytes.rs", include_bytes!("../../../examples/guests/rust/bytes.rs")),
    // It has another name here: cargo packs no folder that has a package of its own.
    file("plugin/Cargo.toml", include_bytes!("rust/package.toml")),
    program("plugin/build.sh", include_bytes!("rust/build.sh")),
    file("plugins/plugin.wasm", include_bytes!("rust/plugin.wasm")),
];

const ASSEMBLYSCRIPT: [Template; 5] = [
    file("plugin/plugin.ts", include_bytes!("assemblyscript/plugin.ts")),
    file("plugin/bytes.ts", include_bytes!("../../../examples/guests/assemblyscript/bytes.ts")),
    file("plugin/package.json", include_bytes!("assemblyscript/package.json")),
    program("plugin/build.sh", include_bytes!("assemblyscript/build.sh")),
    file("plugins/plugin.wasm", include_bytes!("assemblyscript/plugin.wasm")),
];

const JAVASCRIPT: [Template; 7] = [
    file("main.ts", include_bytes!("js/main.ts")),
    file("plugin.d.ts", include_bytes!("js/plugin.d.ts")),
    file("plugin/plugin.js", include_bytes!("js/plugin.js")),
    file("plugin/plugin.wit", include_bytes!("js/plugin.wit")),
    file("plugin/package.json", include_bytes!("js/package.json")),
    program("plugin/build.sh", include_bytes!("js/build.sh")),
    file("plugins/plugin.wasm", include_bytes!("js/plugin.wasm")),
];

const ZIG: [Template; 4] = [
    file("plugin/plugin.zig", include_bytes!("zig/plugin.zig")),
    file("plugin/bytes.zig", include_bytes!("../../../examples/guests/zig/bytes.zig")),
    program("plugin/build.sh", include_bytes!("zig/build.sh")),
    file("plugins/plugin.wasm", include_bytes!("zig/plugin.wasm")),
];

/// All files of an app with such a plugin.
pub(super) fn files(language: Language) -> Vec<&'static Template> {
    let (of_modules, own): (&[Template], &[Template]) = match language {
        Language::C => (&OF_MODULES, &C),
        Language::Rust => (&OF_MODULES, &RUST),
        Language::AssemblyScript => (&OF_MODULES, &ASSEMBLYSCRIPT),
        Language::Zig => (&OF_MODULES, &ZIG),
        Language::JavaScript => (&[], &JAVASCRIPT),
    };
    EVERY.iter().chain(of_modules).chain(own).collect()
}
