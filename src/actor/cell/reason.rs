//! Why an instance ends.

use crate::error::ReachedLimit;
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
        /// What it is a limit on.
        of: Clock,
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
    /// Every [name](Self::name) that there is.
    pub const NAMES: [&str; 9] =
        ["dropped", "terminated", "timeout", "aborted", "panicked", "failed", "trap", "fuel", "start"];

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
            StopReason::TimedOut { limit, of } => {
                Some(format!("a request {} than its limit of {} ms", of.exceeded(), milliseconds(*limit)))
            }
            StopReason::Failed => Some("the host could not run it".to_owned()),
            StopReason::Shutdown => Some("the runtime shut down".to_owned()),
        }
    }

    /// The whole of it, as a sentence.
    pub fn sentence(&self) -> String {
        match (self, self.message()) {
            (StopReason::Terminated(_), Some(why)) => format!("it was terminated: {why}"),
            (StopReason::Terminated(_), None) => "it was terminated".to_owned(),
            (StopReason::Panicked(_), Some(why)) => format!("it was lost to a bug in the host: {why}"),
            (StopReason::Dropped, _) => "it was dropped".to_owned(),
            (StopReason::Aborted, _) => "its signal was aborted".to_owned(),
            (_, message) => message.unwrap_or_default(),
        }
    }
}

/// What a limit of time is a limit on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The time that passes.
    Wall,
    /// The processor time of the guest's thread.
    Cpu,
}

impl Clock {
    /// The limit, as an error names it.
    pub(crate) fn limit(self) -> ReachedLimit {
        match self {
            Clock::Wall => ReachedLimit::Time,
            Clock::Cpu => ReachedLimit::Cpu,
        }
    }

    /// What a request has done that is over the limit, up to "than".
    pub(crate) fn exceeded(self) -> &'static str {
        match self {
            Clock::Wall => "ran longer",
            Clock::Cpu => "used more processor time",
        }
    }
}

/// A time limit for a message: whole or not, in milliseconds.
pub(crate) fn milliseconds(limit: Duration) -> f64 {
    // Exact as a number of nanoseconds up to 104 days.
    limit.as_nanos() as f64 / 1e6
}
