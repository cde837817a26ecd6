//! Who judges the HTTP requests of components.

use std::fmt::Debug;
use std::net::IpAddr;
use url::Url;

/// What may be reached, as whoever grants it decides. Each request is judged by its URL before anything is done for it, and then by each
/// address that the host of the URL has turned out to have.
pub trait HttpGrant: Debug + Send + Sync {
    /// May it be asked for?
    fn allows(&self, url: &Url) -> bool;

    /// May it be reached at this address?
    fn reaches(&self, url: &Url, address: IpAddr) -> bool;
}
