//! The tests of what ends a guest, and of what is told of it then, are run for both ways of calling a guest out: as they are for epochs, and with
//! `INTERRUPTION=protection` in the environment for the other one.

use runtime_wasm::registry::{Interruption, RuntimeOptions};

/// The way that is tested.
pub fn interruption() -> Interruption {
    match std::env::var("INTERRUPTION") {
        Ok(name) => Interruption::named(&name).expect("INTERRUPTION names a way to stop guests"),
        Err(_) => Interruption::default(),
    }
}

/// The defaults, with that way.
pub fn options() -> RuntimeOptions {
    RuntimeOptions { interruption: interruption(), ..RuntimeOptions::default() }
}
