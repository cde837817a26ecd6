//! Where the session of a JavaScript runtime is kept.

use crate::session::Session;
use deno_core::OpState;
use std::cell::RefCell;
use std::rc::Rc;

/// The session of a JavaScript runtime.
pub(super) fn session(state: &Rc<RefCell<OpState>>) -> Rc<Session> {
    session_of(&state.borrow()).clone()
}

/// The same, borrowed.
pub(super) fn session_of(state: &OpState) -> &Rc<Session> {
    state.borrow()
}
