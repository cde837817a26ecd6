//! Why an instance ends.

use std::time::Duration;

/// Why an instance is being ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Its owner dropped it.
    Dropped,
    /// `terminate()` was called, perhaps with a reason.
    Terminated(Option<String>),
    /// A request ran longer than it may.
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// An `AbortSignal` fired.
    Aborted,
    /// A bug in the host: the worker panicked.
    Panicked(String),
    /// It died and was restarted too often.
    GivenUp {
        /// What it died of the last time: `trap`, `timeout`, `fuel` or `start`.
        cause: &'static str,
        /// How often, and the last error.
        message: String,
    },
    /// It was refused: instantiation failed and there never was a guest to call, or the host had no thread for its limits.
    Failed,
    /// The runtime is shutting down.
    Shutdown,
}

impl StopReason {
    /// The word that `closed` and logs use.
    pub fn name(&self) -> &'static str {
        match self {
            StopReason::Dropped => "dropped",
            StopReason::Terminated(_) | StopReason::Shutdown => "terminated",
            StopReason::TimedOut { .. } => "timeout",
            StopReason::Aborted => "aborted",
            StopReason::GivenUp { cause, .. } => cause,
            StopReason::Panicked(_) => "panicked",
            StopReason::Failed => "failed",
        }
    }

    /// What there is to say beyond the word.
    pub fn message(&self) -> Option<String> {
        match self {
            StopReason::Dropped | StopReason::Aborted | StopReason::Terminated(None) => None,
            StopReason::Terminated(Some(why)) | StopReason::Panicked(why) => Some(why.clone()),
            StopReason::GivenUp { message, .. } => Some(message.clone()),
            StopReason::TimedOut { limit } => {
                Some(format!("a request ran longer than its limit of {} ms", milliseconds(*limit)))
            }
            StopReason::Failed => Some("the host could not run it".to_owned()),
            StopReason::Shutdown => Some("the runtime shut down".to_owned()),
        }
    }
}

/// A time limit for a message: whole or not, in milliseconds.
pub(crate) fn milliseconds(limit: Duration) -> f64 {
    // Exact as a number of nanoseconds up to 104 days.
    limit.as_nanos() as f64 / 1e6
}
