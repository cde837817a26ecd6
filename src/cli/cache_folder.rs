//! Whether the command line keeps compiled code.

use crate::caps::{CacheChoice, Caps};
use crate::registry::Cache;
use crate::session::chosen_cache;
use clap::Args;

/// Whether to keep compiled code.
#[derive(Args, Debug)]
pub(super) struct CacheFlag {
    /// Neither take compiled code from the cache nor keep any there
    #[arg(long)]
    no_cache: bool,
}

impl CacheFlag {
    /// The cache to use, if any.
    ///
    /// # Errors
    /// For an environment that says no number of bytes where it should.
    pub(super) fn cache(&self, caps: &Caps) -> Result<Option<Cache>, String> {
        chosen_cache(if self.no_cache { &CacheChoice::Off } else { &CacheChoice::Unsaid }, caps)
    }
}
