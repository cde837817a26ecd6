//! The instances: by id, and how many are alive. Checked by loom.

use super::Table;
use super::admission::Alive;
use super::tombstones::Tombstones;
use crate::actor::Actor;
use crate::actor::control::StopReason;
use crate::ended::Ended;
use crate::error::{Result, WasmError};
use crate::sync::mutant;
use std::sync::Arc;

/// Those that are registered, and the places of those that are alive: also of those that are not registered yet, or are ending.
#[derive(Default)]
pub struct Instances {
    pub(super) by_id: Arc<Table<Arc<Actor>>>,
    pub(super) ended: Arc<Tombstones>,
    pub(super) alive: Arc<Alive>,
}

impl Instances {
    /// What takes an id out, for whoever stops the actor.
    pub fn unregister(&self) -> impl Fn(Ended) + Send + Sync + 'static {
        let (by_id, tombstones) = (self.by_id.clone(), self.ended.clone());
        move |ended| {
            let id = ended.id;
            // First, so that whoever does not find the one finds the other.
            tombstones.put(ended);
            drop(by_id.remove(id));
        }
    }

    /// The actor of this id.
    ///
    /// # Errors
    /// 5005 if there is none; it says how it has ended, where that is remembered.
    pub fn get(&self, id: u64) -> Result<Arc<Actor>> {
        let ended = || self.ended.get(id).map_or_else(|| WasmError::no_instance(id), WasmError::ended);
        self.by_id.get(id).ok_or_else(ended)
    }

    /// Lets an actor be found by its id. It has its place already.
    pub fn register(&self, actor: &Arc<Actor>) {
        self.by_id.put(actor.id(), actor.clone());
        // A shutdown may have looked before this one was registered; its thread then ends as it begins.
        if self.alive.is_closed() && !mutant!("who_registers_does_not_look") {
            actor.stop(StopReason::Shutdown);
        }
    }

    /// Ends every instance. None is made afterwards.
    pub fn stop_all(&self) {
        self.alive.close();
        for actor in self.by_id.all() {
            actor.stop(StopReason::Shutdown);
        }
    }
}
