//! The instances whose threads are there, and the sums of those that are gone: so that no number of what has been done in all ever falls.
//!
//! The table of [instances](super::instances) forgets an instance as it is told to end. This one has it until its thread is gone: what has been
//! told to end and is still there is to be seen.

use super::snapshot::Totals;
use crate::actor::Actor;
use crate::sync::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everybody who is there, and what all have done.
#[derive(Default)]
pub(super) struct Census(Mutex<State>);

#[derive(Default)]
struct State {
    here: BTreeMap<u64, Arc<Actor>>,
    /// Of those that are gone.
    gone: Totals,
}

impl Census {
    /// Counts an actor until the guard goes, which is when its thread is gone.
    pub(super) fn enter(self: &Arc<Self>, actor: &Arc<Actor>) -> Counted {
        let mut state = self.0.lock();
        state.gone.started += 1;
        state.here.insert(actor.id(), actor.clone());
        Counted { census: self.clone(), id: actor.id() }
    }

    /// Those that are there, by id, and the sums of those that are gone.
    pub(super) fn look(&self) -> (Vec<Arc<Actor>>, Totals) {
        let state = self.0.lock();
        (state.here.values().cloned().collect(), state.gone.clone())
    }
}

/// See [`Census::enter`].
pub(super) struct Counted {
    census: Arc<Census>,
    id: u64,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut state = self.census.0.lock();
        // Nobody sees it in neither place, nor in both.
        let Some(actor) = state.here.remove(&self.id) else { return };
        state.gone.add(&actor);
        state.gone.count_end(&actor);
    }
}
