//! The JavaScript that is compiled into the binary: ours, and that of the `deno_*` extensions.
//!
//! The macros of deno_core record where a script lies on the machine that compiles, and read it there when the program
//! starts. Each extension's scripts are therefore replaced by the embedded text; see `build.rs`.

use deno_core::{Extension, ExtensionFileSource, FastStaticString, ascii_str_include};
use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/deno_scripts.rs"));

/// Runs once, before the app.
const BOOTSTRAP: &[ExtensionFileSource] =
    &[ExtensionFileSource::new("ext:runtime_wasm_host/bootstrap.js", ascii_str_include!("../../js/host/bootstrap.js"))];

/// Runs once, when extensions have run theirs.
pub(super) const SEAL: FastStaticString = ascii_str_include!("../../js/host/seal.js");

/// Loaded when first asked for. Three of them answer to the names of crates that we do without.
const ON_DEMAND: &[ExtensionFileSource] = &[
    ExtensionFileSource::new("ext:runtime_wasm_host/app.js", ascii_str_include!("../../js/host/app.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/arguments.js", ascii_str_include!("../../js/host/arguments.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/crypto.js", ascii_str_include!("../../js/host/crypto.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/files.js", ascii_str_include!("../../js/host/files.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/jwk.js", ascii_str_include!("../../js/host/jwk.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/navigator.js", ascii_str_include!("../../js/host/navigator.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/proxy.js", ascii_str_include!("../../js/host/proxy.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/signals.js", ascii_str_include!("../../js/host/signals.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/stdio.js", ascii_str_include!("../../js/host/stdio.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/thrown.js", ascii_str_include!("../../js/host/thrown.js")),
    ExtensionFileSource::new("ext:runtime_wasm_host/watch.js", ascii_str_include!("../../js/host/watch.js")),
    ExtensionFileSource::new("ext:deno_telemetry/telemetry.ts", ascii_str_include!("../../js/host/telemetry.js")),
    ExtensionFileSource::new("ext:deno_telemetry/util.ts", ascii_str_include!("../../js/host/telemetry_util.js")),
    ExtensionFileSource::new("ext:deno_net/02_tls.js", ascii_str_include!("../../js/host/tls.js")),
];

/// Gives a `deno_*` extension the embedded text of its scripts.
///
/// Its modules (`lazy_loaded_esm`) go: nothing of ours imports them, and they need crates that we do without.
pub(super) fn embed(mut extension: Extension) -> Extension {
    let embedded = |file: &ExtensionFileSource| {
        let found = SCRIPTS.iter().find(|script| script.specifier == file.specifier);
        found.unwrap_or(file).clone()
    };
    extension.lazy_loaded_js_files = extension.lazy_loaded_js_files.iter().map(embedded).collect();
    extension.lazy_loaded_esm_files = Cow::Borrowed(&[]);
    extension
}

/// Gives the host's own extension its scripts.
pub(super) fn add_own(mut extension: Extension) -> Extension {
    extension.js_files = Cow::Borrowed(BOOTSTRAP);
    extension.lazy_loaded_js_files = Cow::Borrowed(ON_DEMAND);
    extension
}

#[cfg(test)]
mod tests {
    use super::{ON_DEMAND, SCRIPTS};
    use crate::caps::Caps;
    use deno_core::Extension;

    fn published() -> [Extension; 3] {
        let blobs = deno_web::BlobStore::default_arc();
        let channels = deno_web::InMemoryBroadcastChannel::default();
        [
            deno_webidl::deno_webidl::init(),
            deno_web::deno_web::init(blobs, None, false, channels),
            deno_fetch::deno_fetch::init(super::super::fetch::options(&Caps::denied())),
        ]
    }

    #[test]
    fn no_script_is_read_from_disk() {
        for extension in published().map(super::embed) {
            let files = extension.js_files.iter().chain(extension.esm_files.iter());
            for file in files.chain(extension.lazy_loaded_js_files.iter()).chain(extension.lazy_loaded_esm_files.iter())
            {
                assert!(file.is_runtime_loadable(), "{} is read from disk", file.specifier);
            }
        }
    }

    #[test]
    fn the_embedded_scripts_are_those_of_the_crates_that_are_linked() {
        for extension in published() {
            for file in extension.lazy_loaded_js_files.iter() {
                let embedded = SCRIPTS.iter().find(|script| script.specifier == file.specifier).unwrap();
                let published = file.load().unwrap();
                assert!(embedded.load().unwrap().as_str() == published.as_str(), "{} is another", file.specifier);
            }
        }
    }

    #[test]
    fn every_script_that_another_loads_is_there() {
        let wanted = |text: &str| -> Vec<String> {
            text.split("loadExtScript(")
                .skip(1)
                .filter_map(|rest| Some(rest.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned()))
                .collect()
        };
        for script in SCRIPTS.iter().chain(ON_DEMAND) {
            if script.specifier == "ext:deno_web/webtransport.js" {
                continue; // Needs QUIC, which we do without; nothing loads it.
            }
            for name in wanted(script.load().unwrap().as_str()) {
                let known = SCRIPTS.iter().chain(ON_DEMAND).any(|script| script.specifier == name);
                assert!(known, "{} loads {name}, which there is none of", script.specifier);
            }
        }
    }
}
