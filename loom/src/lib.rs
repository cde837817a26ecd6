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
    #[path = "registry/table.rs"]
    pub mod table;
}

mod mailbox_models;
mod registry_models;
mod stop_models;
mod twins;

/// Every interleaving, with at most three preemptions unless the environment says otherwise.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(3));
    builder.check(model);
}
