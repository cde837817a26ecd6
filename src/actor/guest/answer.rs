//! What a guest can be asked, one request after the other.

use super::component::answer::answer as of_component;
use super::core::answer::answer as of_module;
use super::state::Context;
use crate::actor::protocol::message::{Command, Outcome};

/// Answers one request, between calls or from within one.
pub(super) async fn answer(store: &mut Context<'_>, command: &Command) -> Outcome {
    #[cfg(test)]
    crate::actor::faults::panic_if_asked(command);
    match store.data().component.is_some() {
        true => of_component(store, command).await,
        false => of_module(store, command).await,
    }
}
