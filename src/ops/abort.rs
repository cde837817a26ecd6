//! Aborting the making of an instance, or a call. It takes effect before JavaScript goes on: a start function that runs calls nothing of
//! JavaScript's from then on, however long the event loop takes to get to the op that waits for it.

use crate::actor::Actor;
use crate::actor::control::StopReason;
use crate::actor::message::Withdrawal;
use deno_core::{CancelHandle, OpState, Resource, ResourceId, op2};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// To be closed when the signal fires.
#[derive(Default)]
pub(super) struct AbortHandle {
    /// Takes back the request that the op has made, if it has not begun.
    pub(super) withdrawal: Withdrawal,
    /// Ends the op.
    pub(super) cancel: Rc<CancelHandle>,
    /// The instance whose thread has started, until it is made.
    actor: RefCell<Option<Arc<Actor>>>,
}

impl AbortHandle {
    /// The handle of this number; -1 is none.
    pub(super) fn of(state: &Rc<RefCell<OpState>>, rid: i32) -> Option<Rc<AbortHandle>> {
        state.borrow().resource_table.get::<AbortHandle>(u32::try_from(rid).ok()?).ok()
    }

    /// The instance has a thread.
    pub(super) fn started(&self, actor: &Arc<Actor>) {
        if self.cancel.is_canceled() {
            actor.stop(StopReason::Aborted);
        }
        *self.actor.borrow_mut() = Some(actor.clone());
    }

    /// It is made, or could not be: closing this ends nothing any more.
    pub(super) fn over(&self) {
        self.actor.take();
    }
}

impl Resource for AbortHandle {
    fn name(&self) -> Cow<'_, str> {
        "wasmAbort".into()
    }

    fn close(self: Rc<Self>) {
        self.withdrawal.withdraw();
        if let Some(actor) = self.actor.take() {
            actor.stop(StopReason::Aborted);
        }
        self.cancel.cancel();
    }
}

/// A handle for `op_wasm_instantiate`.
#[op2(fast)]
#[smi]
pub fn op_wasm_abort_handle(state: &mut OpState) -> ResourceId {
    state.resource_table.add(AbortHandle::default())
}
