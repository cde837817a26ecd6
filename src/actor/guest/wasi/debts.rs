//! How long guests have held others up with lines that they left open: one account for each guest, so that the bound is on all its
//! lines together. What was used is forgiven over a long time, for an honest guest that writes its lines in pieces holds
//! others up for moments, too, and may live for months.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Names a guest on the stream.
pub(super) type Owner = u64;

/// How long others wait for the end of a line, from the moment it was begun; and for all lines of a guest together.
pub(super) const LINE_TIME_MAX: Duration = Duration::from_millis(200);
/// One part in so many of the time that goes by is forgiven.
const FORGIVEN_PART: u32 = 1000;
/// With so many accounts those that are settled are looked for.
const ACCOUNTS_MIN: usize = 32;

/// The accounts.
#[derive(Default)]
pub(super) struct Debts {
    /// When each will have been forgiven all.
    settled_at: HashMap<Owner, Instant>,
    /// How many there were after the settled ones had been looked for.
    kept: usize,
}

impl Debts {
    /// How long others may still wait for this guest.
    pub(super) fn left(&self, owner: Owner, now: Instant) -> Duration {
        let forgiven_in = self.settled_at.get(&owner).map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        LINE_TIME_MAX.saturating_sub(forgiven_in / FORGIVEN_PART)
    }

    /// They have waited for it.
    pub(super) fn add(&mut self, owner: Owner, waited: Duration, now: Instant) {
        if waited.is_zero() {
            return;
        }
        let settled_at = self.settled_at.entry(owner).or_insert(now);
        *settled_at = (*settled_at).max(now) + waited * FORGIVEN_PART;
        if self.settled_at.len() > 2 * self.kept.max(ACCOUNTS_MIN) {
            self.settled_at.retain(|_, at| *at > now);
            self.kept = self.settled_at.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_forgiven_slowly_and_settled_accounts_go() {
        let (mut debts, mut now) = (Debts::default(), Instant::now());
        debts.add(1, LINE_TIME_MAX / 2, now);
        assert_eq!((debts.left(1, now), debts.left(2, now)), (LINE_TIME_MAX / 2, LINE_TIME_MAX));
        debts.add(1, LINE_TIME_MAX, now);
        assert_eq!(debts.left(1, now), Duration::ZERO);
        now += LINE_TIME_MAX * FORGIVEN_PART;
        assert_eq!(debts.left(1, now), LINE_TIME_MAX / 2);
        for owner in 0..10_000 {
            now += Duration::from_secs(1);
            debts.add(owner, Duration::from_millis(100), now);
        }
        assert!(debts.settled_at.len() < 500, "{} accounts", debts.settled_at.len());
    }
}
