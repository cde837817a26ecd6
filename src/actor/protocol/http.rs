//! Who judges the HTTP requests of components.

use std::fmt::Debug;
use std::net::IpAddr;

/// What may be reached, as whoever grants it decides. Each request is judged by its URL before anything is done for it, and then by each
/// address that the host of the URL has turned out to have. A URL comes in its normal form.
pub trait HttpGrant: Debug + Send + Sync {
    /// May it be asked for?
    fn allows(&self, url: &str) -> bool;

    /// May it be reached at this address?
    fn reaches(&self, url: &str, address: IpAddr) -> bool;
}
