//! The extension's JavaScript, compiled into whatever embeds it.
//!
//! Named in deno_core's own macro, these files would be read when the program starts, from where they lay when it was
//! compiled: that macro is meant for building snapshots.

use deno_core::{ExtensionFileSource, ascii_str_include};

macro_rules! scripts {
    ($($file:literal),* $(,)?) => {
        &[
            $(ExtensionFileSource::new(
                concat!("ext:runtime_wasm/", $file),
                ascii_str_include!(concat!("../../js/", $file)),
            ),)*
            ExtensionFileSource::new("runtime:wasm", ascii_str_include!("../../js/module.js")),
        ]
    };
}

/// Every file of `js/`, but for the host's own in `js/host/`. Whoever imports stands before what it imports: deno_core on
/// QuickJS asks for that order.
pub(super) const SCRIPTS: &[ExtensionFileSource] = scripts![
    "entry.js",
    "handover.js",
    "wasm.js",
    "instance.js",
    "exchange.js",
    "imports.js",
    "component/requests.js",
    "component/imports.js",
    "component/exports.js",
    "component/types.js",
    "component/decode.js",
    "component/objects.js",
    "component/rows.js",
    "component/source.js",
    "table.js",
    "requests.js",
    "component/calls.js",
    "component/encode.js",
    "component/cases.js",
    "component/scalars.js",
    "component/fields.js",
    "component/wrong.js",
    "component/sink.js",
    "component/arrays.js",
    "component/names.js",
    "replies.js",
    "lines.js",
    "ending.js",
    "deadlock.js",
    "stdio.js",
    "import_object.js",
    "options.js",
    "large.js",
    "signals.js",
    "convert.js",
    "types.js",
    "web.js",
    "error.js",
    "own.js",
    "port.js"
];

#[cfg(test)]
mod tests {
    use super::SCRIPTS;
    use crate::caps::Caps;
    use crate::ops::{WasmHost, extension};
    use std::path::Path;

    #[test]
    fn no_script_is_read_from_disk() {
        let extension = extension(WasmHost::new(Caps::denied()).unwrap());
        assert!(!extension.esm_files.is_empty());
        for file in extension.esm_files.iter() {
            assert!(file.is_runtime_loadable(), "{} is read from disk", file.specifier);
        }
    }

    #[test]
    fn every_script_is_there() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
        let names = |within: &str| {
            let entries = std::fs::read_dir(folder.join(within)).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.ends_with(".js") && name != "module.js").collect::<Vec<_>>()
        };
        let of_components = names("component").into_iter().map(|name| format!("component/{name}"));
        let files: Vec<String> = names("").into_iter().chain(of_components).collect();
        for file in &files {
            let specifier = format!("ext:runtime_wasm/{file}");
            assert!(SCRIPTS.iter().any(|script| script.specifier == specifier), "{file} is not in the list");
        }
        assert_eq!(SCRIPTS.len(), files.len() + 1);
    }
}
