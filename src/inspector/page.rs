//! The page, and the headers that keep it harmless.

use super::token::random_text;
use hyper::HeaderMap;
use hyper::header::{
    CACHE_CONTROL, HeaderName, HeaderValue, InvalidHeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use std::io;

const PAGE: &str = include_str!("page.html");
/// Stands in the page where its own script and style name the number that lets them run.
const NONCE: &str = "{{nonce}}";

/// The page, with the policy that lets its own script and style run and nothing else: nothing from elsewhere, no text as HTML.
pub(super) fn made() -> io::Result<(String, HeaderValue)> {
    let nonce = random_text()?;
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let policy = policy.parse().map_err(|error: InvalidHeaderValue| io::Error::other(error))?;
    Ok((PAGE.replace(NONCE, &nonce), policy))
}

/// What every answer says: to keep it nowhere, to show it within no other page, to tell nobody the URL, which has the token in it.
pub(super) fn protect(headers: &mut HeaderMap) {
    let policies = [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in policies {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
