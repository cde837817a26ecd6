//! What an app gives for the imports of a module, as `js/import_object.js` has read it.

use super::convert::Args;
use super::imports::HostCalls;
use crate::actor::host_call::{Given, HostImports};
use deno_core::OpState;
use std::cell::RefCell;
use std::rc::Rc;

// The kinds, as JavaScript has them. All others are nothing.
const FUNCTION: u8 = 1;
const VALUE: u8 = 2;
const FRESH: u8 = 3;

/// For each import a kind, and the values in the same order. `set` is JavaScript's number for the handlers.
pub(super) fn imports(state: &Rc<RefCell<OpState>>, kinds: &[u8], values: Args, set: f64) -> Option<HostImports> {
    let events = HostCalls::of(state).borrow().events.clone();
    let mut values = values.0.into_iter();
    let given = |kind: &u8| match *kind {
        FUNCTION => Given::Function,
        VALUE => values.next().map_or(Given::Nothing, Given::Value),
        FRESH => Given::Fresh,
        _ => Given::Nothing,
    };
    let given: Vec<_> = kinds.iter().map(given).collect();
    (!given.is_empty()).then_some(HostImports { events, set: set as u64, given })
}
