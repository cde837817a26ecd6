//! Where the inspector listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address of this machine, and a port; 0 is any that is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl Address {
    /// Does it reach this machine only?
    pub(crate) fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }
}

impl Default for Address {
    fn default() -> Self {
        Address((Ipv4Addr::LOCALHOST, 0).into())
    }
}

impl FromStr for Address {
    type Err = String;

    /// `PORT`, `IP`, `IP:PORT`, with `localhost` for 127.0.0.1. No other name: what it stands for is another's to say.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.replace("localhost", "127.0.0.1");
        let port = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let plain = numbers.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let parsed = numbers.parse().ok().or_else(|| numbers.parse().ok().map(port));
        let parsed = parsed.or_else(|| plain.ok().map(|ip| (ip, 0).into()));
        parsed.map(Address).ok_or_else(|| "expected PORT, IP or IP:PORT, as in 127.0.0.1:9090".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_port_an_ip_or_both() {
        let cases = [
            ("9090", "127.0.0.1:9090", true),
            ("localhost", "127.0.0.1:0", true),
            ("localhost:80", "127.0.0.1:80", true),
            ("127.0.0.2:9", "127.0.0.2:9", true),
            ("::1", "[::1]:0", true),
            ("[::1]:7", "[::1]:7", true),
            ("[::ffff:127.0.0.1]:7", "[::ffff:127.0.0.1]:7", true),
            ("0.0.0.0:7", "0.0.0.0:7", false),
            ("[::]:7", "[::]:7", false),
            ("192.0.2.1", "192.0.2.1:0", false),
        ];
        for (text, parsed, is_loopback) in cases {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.0.to_string(), address.is_loopback()), (parsed.to_owned(), is_loopback), "{text}");
        }
        for text in ["", "example.com:80", "65536", "-1", "main.js", "127.0.0.1:", "localhost.example"] {
            assert!(text.parse::<Address>().unwrap_err().contains("IP:PORT"), "{text}");
        }
    }
}
