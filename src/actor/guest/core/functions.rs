//! The functions of a guest that are known outside, by number.

use crate::value::FuncValue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Func;

/// The next number for a function that is let out, of all stores: an instance that is made anew must not take a function of
/// the store before for one of its own.
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// The functions that a store has let out, by the number that names them outside.
#[derive(Default)]
pub(super) struct Functions {
    known: HashMap<u64, Func>,
    /// A function has one number, however often it is let out; so there are never more than the store has functions.
    numbers: HashMap<usize, u64>,
}

impl Functions {
    /// `None` for a function of another store, be it one that this instance had before.
    pub(super) fn get(&self, func: FuncValue) -> Option<Func> {
        self.known.get(&func.number).copied()
    }

    pub(super) fn number(&mut self, address: usize, func: Func) -> u64 {
        *self.numbers.entry(address).or_insert_with(|| {
            let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
            self.known.insert(number, func);
            number
        })
    }
}
