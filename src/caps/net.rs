//! Which URLs may be asked for: by the app's own `fetch`, and by components.

use std::net::IpAddr;
use url::{Host, Url};

/// One entry of `[capabilities.net] fetch` or `[capabilities.wasm.http] allow`, such as `https://api.example.com/v1/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UrlPattern {
    scheme: String,
    /// Without a leading `*.`.
    host: String,
    any_label_before: bool,
    port: Option<u16>,
    /// Pieces between the `*`s of the path; `None` for every path.
    path: Option<Vec<String>>,
}

impl UrlPattern {
    /// Parses an entry; the error is a sentence about it.
    pub(super) fn parse(entry: &str) -> Result<Self, String> {
        let (scheme, rest) = entry.split_once("://").ok_or("it needs a scheme, as in https://example.com/*")?;
        let any_label_before = rest.starts_with("*.");
        let plain = format!("{scheme}://{}", rest.strip_prefix("*.").unwrap_or(rest));
        let url = Url::parse(&plain).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("its scheme is {}, not http or https", url.scheme()));
        }
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() || host.contains('*') {
            return Err("its host may have a wildcard only as its first label, as in https://*.example.com/".to_owned());
        }
        if any_label_before && url.domain().is_none() {
            return Err("an address has no labels to leave open".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err("it must consist of scheme, host, port and path".to_owned());
        }
        let everything = !rest.contains('/') || url.path() == "/*";
        let path = (!everything).then(|| url.path().split('*').map(str::to_owned).collect());
        let (scheme, host) = (url.scheme().to_owned(), host.to_owned());
        Ok(UrlPattern { scheme, host, any_label_before, port: url.port_or_known_default(), path })
    }

    /// Does this entry cover the URL? Case and `..` are settled by the URL's own normal form.
    pub(super) fn allows(&self, url: &Url) -> bool {
        url.scheme() == self.scheme
            && url.port_or_known_default() == self.port
            && url.username().is_empty()
            && url.password().is_none()
            && url.host_str().is_some_and(|host| self.allows_host(host))
            && self.path.as_ref().is_none_or(|pieces| allows_path(pieces, url.path()))
    }

    /// Does an entry cover this URL and no other one, but for the query? Nothing in a path can be said to be no wildcard.
    pub(super) fn is_said_by(url: &Url, entry: &str) -> bool {
        let is_one = |pattern: &UrlPattern| {
            let has_one_path = pattern.path.as_ref().is_some_and(|pieces| pieces.len() == 1);
            has_one_path && !pattern.any_label_before && pattern.allows(url)
        };
        UrlPattern::parse(entry).is_ok_and(|pattern| is_one(&pattern))
    }

    /// Does it name this address itself, or the machine's own as `localhost`? A name that leads there does not.
    pub(super) fn names(&self, address: IpAddr) -> bool {
        if self.any_label_before {
            return false;
        }
        match Host::parse(&self.host) {
            Ok(Host::Ipv4(named)) => address == named,
            Ok(Host::Ipv6(named)) => address == named,
            Ok(Host::Domain(name)) => name == "localhost" && address.is_loopback(),
            Err(_) => false,
        }
    }

    fn allows_host(&self, host: &str) -> bool {
        match self.any_label_before {
            false => host == self.host,
            true => host.strip_suffix(&self.host).is_some_and(|labels| labels.len() > 1 && labels.ends_with('.')),
        }
    }
}

/// A path against the pieces between the wildcards, which match anything, `/` included.
fn allows_path(pieces: &[String], path: &str) -> bool {
    // A server may take an encoded separator for a real one, and walk out of the granted path with it.
    let lower = path.to_ascii_lowercase();
    if lower.contains("%2f") || lower.contains("%5c") {
        return false;
    }
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    if pieces.len() == 1 {
        return path == first;
    }
    let Some(mut rest) = path.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str())) else {
        return false;
    };
    pieces[1..pieces.len() - 1].iter().all(|piece| match rest.split_once(piece.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => piece.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, url: &str) -> bool {
        UrlPattern::parse(pattern).unwrap().allows(&Url::parse(url).unwrap())
    }

    #[test]
    fn grants() {
        for (pattern, url) in [
            ("https://api.example.com/*", "https://api.example.com/v1/x?q=1#f"),
            ("https://api.example.com", "https://API.example.com:443/any"),
            ("https://*.example.com/*", "https://a.b.example.com/"),
            ("http://localhost:8080/v1/*", "http://localhost:8080/v1/a/b"),
            ("https://example.com/a/*/c", "https://example.com/a/b/c"),
            ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x"),
        ] {
            assert!(allows(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn refusals() {
        for (pattern, url) in [
            ("https://api.example.com/*", "http://api.example.com/"),
            ("https://api.example.com/*", "https://api.example.com:444/"),
            ("https://api.example.com/*", "https://api.example.com.evil.com/"),
            ("https://api.example.com/*", "https://user@api.example.com/"),
            ("https://api.example.com/*", "https://api.example.com@evil.com/"),
            ("https://*.example.com/*", "https://example.com/"),
            ("https://*.example.com/*", "https://evilexample.com/"),
            ("https://*.example.com/*", "https://evil.com/.example.com"),
            ("https://example.com/v1/*", "https://example.com/v2/"),
            ("https://example.com/v1/*", "https://example.com/v1/../v2/"),
            ("https://example.com/v1/*", "https://example.com/v1/%2e%2e/v2"),
            ("https://example.com/v1/*", "https://example.com/v1/..%2fv2"),
            ("https://example.com/v1", "https://example.com/v1/x"),
            ("https://example.com/", "https://example.com/x"),
            ("https://example.com/a*a", "https://example.com/a"),
            ("https://example.com/*", "ftp://example.com/x"),
        ] {
            assert!(!allows(pattern, url), "{pattern} {url}");
        }
    }

    #[test]
    fn an_address_is_named_as_such_or_as_localhost() {
        for (pattern, address, named) in [
            ("http://127.0.0.1:9/x", "127.0.0.1", true),
            ("http://127.0.0.1", "127.0.0.2", false),
            ("http://127.0.0.1", "::ffff:127.0.0.1", false),
            ("http://0x7f.1/", "127.0.0.1", true),
            ("http://[::1]/", "::1", true),
            ("http://[::ffff:10.0.0.1]/", "::ffff:10.0.0.1", true),
            ("http://localhost/", "127.0.0.1", true),
            ("http://localhost/", "::1", true),
            ("http://localhost/", "10.0.0.1", false),
            ("http://*.localhost/", "127.0.0.1", false),
            ("http://localhost.example.com/", "127.0.0.1", false),
            ("http://example.com/", "127.0.0.1", false),
        ] {
            let pattern = UrlPattern::parse(pattern).unwrap();
            assert_eq!(pattern.names(address.parse().unwrap()), named, "{pattern:?} {address}");
        }
    }

    #[test]
    fn entries_that_say_nothing_clear_are_errors() {
        let bad = [
            "example.com",
            "*",
            "file:///x",
            "https://*/",
            "https://a.*.com/",
            "https://u@x.com/",
            "https://x.com/?q",
            "https://*.1.2.3.4/",
        ];
        for entry in bad {
            assert!(UrlPattern::parse(entry).is_err(), "{entry}");
        }
    }
}
