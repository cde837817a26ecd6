//! Who is let in. A browser sends requests for any page it shows, also for one of a stranger: so nothing is answered that a page from elsewhere
//! could have asked for.
//!
//! - The token: no other page knows it, and no other user of the machine.
//! - The Host header: a name that its owner lets point to this machine (DNS rebinding) would make the owner's page one of ours, to the browser. An
//!   address in figures cannot, and `localhost` is nobody's.
//! - The Origin header of what changes something, which browsers send with it.

use super::shared::Shared;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};
use std::net::IpAddr;
use url::{Host, Url, form_urlencoded};

/// Why a request is not answered.
pub(super) type Refusal = (StatusCode, &'static str);

/// Lets a request in, or says why not.
pub(super) fn check(shared: &Shared, request: &Parts) -> Result<(), Refusal> {
    // Only a proxy is asked for a whole URL.
    if request.uri.authority().is_some() {
        return Err((StatusCode::BAD_REQUEST, "expected a path, not a URL"));
    }
    let host = only(&request.headers, &HOST).ok_or((StatusCode::BAD_REQUEST, "expected one Host header"))?;
    if !is_ours(host, shared.is_loopback) {
        return Err((StatusCode::FORBIDDEN, "the Host header has to be localhost or an address in figures"));
    }
    if !has_token(shared, request) {
        return Err((
            StatusCode::UNAUTHORIZED,
            "open the URL that runtime-wasm has printed: its token is missing here",
        ));
    }
    let changes = !matches!(request.method, Method::GET | Method::HEAD);
    if changes && request.headers.contains_key(ORIGIN) {
        let origin = only(&request.headers, &ORIGIN).unwrap_or_default();
        if origin != format!("http://{host}") {
            return Err((StatusCode::FORBIDDEN, "the request comes from another page"));
        }
    }
    Ok(())
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Is it a name that nobody else can give a meaning to? With any port: it may have been forwarded.
fn is_ours(host: &str, only_loopback: bool) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return false };
    // As it was sent, and nothing beside it: what a parser makes of other spellings is nothing that a browser sends.
    let spelt = url.host_str().unwrap_or_default();
    let port = host.strip_prefix(spelt).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    if !port.is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())) {
        return false;
    }
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        other => return other == Some(Host::Domain("localhost")),
    };
    !only_loopback || ip.to_canonical().is_loopback()
}

/// In the header `Authorization: Bearer TOKEN`, or, for what only reads, in the query: that is what a link can have.
fn has_token(shared: &Shared, request: &Parts) -> bool {
    if request.headers.contains_key(AUTHORIZATION) {
        let value = only(&request.headers, &AUTHORIZATION).unwrap_or_default();
        return value.strip_prefix("Bearer ").is_some_and(|token| shared.token.is(token));
    }
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return false;
    }
    let query = request.uri.query().unwrap_or_default();
    let token = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    token.is_some_and(|(_, token)| shared.token.is(&token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_ours_that_no_name_server_has_a_say_in() {
        for host in ["localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "127.9.9.9:1", "[::1]", "[::1]:9"] {
            assert!(is_ours(host, true) && is_ours(host, false), "{host}");
        }
        for host in ["192.0.2.7", "192.0.2.7:9090", "[2001:db8::1]:9090", "0.0.0.0:1"] {
            assert!(is_ours(host, false) && !is_ours(host, true), "{host}");
        }
        let strangers = [
            "",
            "example.com",
            "example.com:9090",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "x.localhost",
            "localhost.",
            "localhost@example.com",
            "example.com@127.0.0.1",
            "a:b@localhost",
            "127.0.0.1/x",
            "localhost/x",
            "localhost#",
            "127.0.0.1?x",
            "127.0.0.1#",
            "127.1",
            "0x7f000001",
            "2130706433",
            "LOCALHOST",
            "127.0.0.1:99999",
            " localhost",
            "l\u{f6}calhost",
            "[::1]x",
            "[::1",
        ];
        for host in strangers {
            assert!(!is_ours(host, true) && !is_ours(host, false), "{host}");
        }
    }
}
