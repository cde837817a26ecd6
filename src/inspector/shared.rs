//! What all requests share.

use super::token::Token;
use crate::registry::Runtime;
use std::sync::Arc;

/// What there is to tell of, and who is told.
pub(super) struct Shared {
    pub(super) runtime: Arc<Runtime>,
    pub(super) token: Token,
    /// What the page calls the app.
    pub(super) app: String,
    /// Only who is on this machine can connect.
    pub(super) is_loopback: bool,
}
