//! Loom models of the parts of `runtime-wasm` that threads race on.
//!
//! The files under test are those of the main crate, compiled here with `sync.rs` replaced by loom's twins, and with the
//! engine, the guest and the operating system replaced by stand-ins. A model explores every interleaving of its threads within
//! a bound on preemptions, so a failed assertion is a real schedule, printed by loom. `make loom` runs them.
#![cfg(test)]
// The actors and the watch are modelled apart, and each has the file that names a thread.
#![allow(dead_code, missing_docs, unused_imports, clippy::duplicate_mod)]

mod mutants;
mod stand_ins;
mod twins;
use stand_ins::{panics, scheduling, spin};
use twins as sync;

#[path = "../../src/ended.rs"]
mod ended;
#[path = "../../src/error.rs"]
mod error;
#[path = "../../src/printable.rs"]
mod printable;
#[path = "../../src/signature.rs"]
mod signature;
#[path = "../../src/value.rs"]
mod value;

/// The real bounds, but for a pipe that is soon full.
#[path = "../../src"]
mod limits {
    #[path = "limits.rs"]
    mod real;
    pub use real::*;
    pub const PIPE_BYTES: usize = 2;
}

#[path = "../../src/engine"]
mod engine {
    mod deadline;
    pub use crate::stand_ins::engine::{Code, Engines, Metering, Module, Page};
    pub use deadline::{Deadlines, Token};
}

#[path = "../../src/actor"]
mod actor {
    pub mod blueprint;
    mod budget;
    pub mod cell;
    mod failures;
    mod faults;
    pub mod handle;
    pub mod protocol;
    pub mod request;
    mod stats;
    mod stop;
    pub mod thread {
        pub mod life;
        mod os_thread;
        mod supervisor;
        mod time_limit;
        mod way;
        mod worker;

        #[path = "../../../loom/src/stand_ins/threads.rs"]
        mod threads;

        pub use life::spawn;
        pub use os_thread::OsThread;
        use threads as bare_thread;
        use threads as reaper;
        use threads as signal_stack;
        use threads as watch;
        pub use threads::{Reaper, Watch};
    }

    #[path = "../../loom/src/stand_ins/guest.rs"]
    pub mod guest;

    pub use blueprint::{Blueprint, Services};
    pub use budget::Budget;
    pub use cell::{control, mailbox};
    pub use handle::Actor;
    pub use protocol::{config, host_call, message, pipe, replies};
    pub use thread::{OsThread, Reaper, Watch, spawn};
}

/// The watch with its own threads, apart from the actors, whose models it would only make larger.
#[path = "../../src/actor/thread"]
mod watching {
    mod os_thread;
    mod watch;
    mod way;

    #[path = "../../../loom/src/watch_models.rs"]
    mod watch_models;
}

/// Threads that wait for the next life, apart from what they live.
#[path = "../../src/actor/thread"]
mod idling {
    mod idle;

    #[path = "../../../loom/src/idle_models.rs"]
    mod idle_models;
}

#[path = "../../src/registry"]
mod registry {
    pub mod admission;
    pub mod instances;
    pub mod table;
    pub mod tombstones;
    use table::Table;

    #[path = "../../loom/src/registry_models.rs"]
    mod registry_models;
}

mod actor_models;
mod deadline_models;
mod host_call_models;
mod mailbox_models;
mod page_models;
mod pipe_models;
mod reply_models;
mod stop_models;

/// Preemptions of one interleaving at most: of `make loom`, and of `make loom-more`.
const PREEMPTIONS: [usize; 2] = [3, 5];
/// The same for whole actors, which take many more steps.
const PREEMPTIONS_OF_ACTORS: [usize; 2] = [2, 3];
/// And for those of them that take most.
const PREEMPTIONS_OF_THE_LARGEST: [usize; 2] = [1, 2];

/// Every interleaving within the bound. Prints how many there were.
fn check(model: impl Fn() + Sync + Send + 'static) {
    check_within(PREEMPTIONS, model);
}

fn check_actor(model: impl Fn() + Sync + Send + 'static) {
    check_within(PREEMPTIONS_OF_ACTORS, model);
}

fn check_within(bounds: [usize; 2], model: impl Fn() + Sync + Send + 'static) {
    use std::sync::atomic::{AtomicU64, Ordering};
    let explored = std::sync::Arc::new(AtomicU64::new(0));
    let mut builder = loom::model::Builder::new();
    let bound = bounds[usize::from(std::env::var_os("LOOM_MORE").is_some())];
    builder.preemption_bound = Some(bound);
    let counted = explored.clone();
    stand_ins::panics::count();
    builder.check(move || {
        // Not one of loom's atomics: it counts across the interleavings.
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let explored = explored.load(Ordering::Relaxed);
    println!("{explored} interleavings, preemption bound {bound}");
    assert!(explored > 1, "a model without a race shows nothing");
    assert!(!stand_ins::panics::any(), "a thread of an actor has panicked, which was taken for the guest's fault");
}
