//! What an app gives for the imports of a module, as `js/import_object.js` has read it.

use super::environment::Session;
use crate::actor::host_call::{Given, HostImports};
use crate::value::Arg;

// The kinds, as JavaScript has them. All others are nothing.
const FUNCTION: u8 = 1;
const VALUE: u8 = 2;
const FRESH: u8 = 3;

impl Session {
    /// For each import a kind, and the values in the same order. `set` is JavaScript's number for the handlers.
    pub(super) fn given(&self, kinds: &[u8], values: Vec<Arg>, set: f64) -> Option<HostImports> {
        let events = self.host_calls.borrow().events.clone();
        let mut values = values.into_iter();
        let given = |kind: &u8| match *kind {
            FUNCTION => Given::Function,
            VALUE => values.next().map_or(Given::Nothing, Given::Value),
            FRESH => Given::Fresh,
            _ => Given::Nothing,
        };
        let given: Vec<_> = kinds.iter().map(given).collect();
        (!given.is_empty()).then_some(HostImports { events, set: set as u64, given })
    }
}
