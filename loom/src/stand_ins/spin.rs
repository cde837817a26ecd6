//! Looking for what comes before sleeping until it changes nothing but time: here nobody looks.

use std::time::Duration;

pub struct Spin;

impl Spin {
    pub fn new(_: Duration) -> Self {
        Spin
    }

    pub fn until(&mut self, _: impl FnMut() -> bool) {}
}

pub struct Turn;

impl Turn {
    pub fn take() -> Option<Turn> {
        None
    }
}
