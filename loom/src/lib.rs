//! Loom models of the parts of `runtime-wasm` that threads race on.
//!
//! The files under test are those of the main crate, compiled here with `sync.rs` replaced by loom's twins. A model explores
//! every interleaving of its threads within loom's preemption bound (`LOOM_MAX_PREEMPTIONS`), so a failed assertion is a real
//! schedule, printed by loom. `make loom` runs them.
#![cfg(test)]
#![allow(dead_code, missing_docs, unused_imports)]

#[path = "../../src"]
mod actor {
    #[path = "actor/control.rs"]
    pub mod control;
    #[path = "actor/mailbox.rs"]
    pub mod mailbox;
    pub(crate) use crate::twins as sync;
}

#[path = "../../src"]
mod registry {
    pub(crate) use crate::twins as sync;
    #[path = "registry/admission.rs"]
    pub mod admission;
    #[path = "registry/table.rs"]
    pub mod table;
}

mod actor_models;
mod host_call_models;
mod mailbox_models;
mod mutants;
mod registry_models;
mod stop_models;
mod twins;

/// Every interleaving, with at most three preemptions unless the environment says otherwise. Prints how many there were.
fn check(model: impl Fn() + Sync + Send + 'static) {
    use std::sync::atomic::{AtomicU64, Ordering};
    let explored = std::sync::Arc::new(AtomicU64::new(0));
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    let (bound, counted) = (builder.preemption_bound, explored.clone());
    builder.check(move || {
        // Not one of loom's atomics: it counts across the interleavings.
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{} interleavings, preemption bound {}", explored.load(Ordering::Relaxed), bound.unwrap_or_default());
}
