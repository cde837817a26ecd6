//! What a guest can be asked, one request after the other.

use super::state::Context;
use super::{component, core};
use crate::actor::protocol::message::{Command, Outcome};

/// Answers one request, between calls or from within one.
pub(super) async fn answer(store: &mut Context<'_>, command: &Command) -> Outcome {
    #[cfg(test)]
    crate::actor::faults::panic_if_asked(command);
    match store.data().component.is_some() {
        true => component::answer(store, command).await,
        false => core::answer(store, command).await,
    }
}
