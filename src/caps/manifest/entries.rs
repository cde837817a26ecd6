//! The entries of a manifest's lists, as they stand there: for whoever says something of them.

use super::document::{Capabilities, Document, LoadEntry, PreopenEntry};
use super::values::{At, PathOr};
use crate::caps::granted::{Access, Pin};
use std::ops::Range;

/// One entry of a list.
pub(crate) struct Entry<'a> {
    pub section: &'static str,
    pub key: &'static str,
    pub text: &'a str,
    /// Where it stands in the text.
    pub at: Range<usize>,
    /// What guests may do there, as far as that is said.
    pub access: Option<Access>,
    pub pin: Pin,
}

fn entry<'a>(section: &'static str, key: &'static str, text: &'a str, at: Range<usize>) -> Entry<'a> {
    Entry { section, key, text, at, access: None, pin: None }
}

fn plain<'a>(section: &'static str, key: &'static str, list: &'a [At<String>]) -> impl Iterator<Item = Entry<'a>> {
    list.iter().map(move |At(text)| entry(section, key, text.get_ref(), text.span()))
}

/// All paths that are granted.
pub(crate) fn paths_of(document: &Document) -> Vec<Entry<'_>> {
    let Capabilities { wasm, fs, .. } = &document.capabilities;
    let (load, preopens) = wasm.as_ref().map_or((&[][..], &[][..]), |wasm| (&wasm.load, &wasm.preopens));
    let load = load.iter().map(|At(load)| {
        let PathOr(LoadEntry { path, sha256 }) = load.get_ref();
        let path = path.as_deref().unwrap_or_default();
        Entry { pin: sha256.map(|hash| hash.0), ..entry("capabilities.wasm", "load", path, load.span()) }
    });
    let preopens = preopens.iter().map(|At(preopen)| {
        let PathOr(PreopenEntry { path, access }) = preopen.get_ref();
        let path = path.as_deref().unwrap_or_default();
        Entry { access: access.map(|access| access.0), ..entry("capabilities.wasm", "preopens", path, preopen.span()) }
    });
    let own = plain("capabilities.fs", "read", &fs.read).chain(plain("capabilities.fs", "write", &fs.write));
    load.chain(preopens).chain(own).collect()
}

/// All patterns of URLs and of variables.
pub(crate) fn texts_of(document: &Document) -> Vec<Entry<'_>> {
    let Capabilities { wasm, net, env, .. } = &document.capabilities;
    let http = wasm.as_ref().map_or(&[][..], |wasm| &wasm.http.allow);
    let http = plain("capabilities.wasm.http", "allow", http);
    let net = plain("capabilities.net", "fetch", &net.fetch);
    http.chain(net).chain(plain("capabilities.env", "allow", &env.allow)).collect()
}

/// Where it says that components may reach addresses that are not public, if so.
pub(crate) fn private_allowed(document: &Document) -> Option<Range<usize>> {
    let At(allowed) = document.capabilities.wasm.as_ref()?.http.allow_private.as_ref()?;
    allowed.get_ref().then(|| allowed.span())
}
