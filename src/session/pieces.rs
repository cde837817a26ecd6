//! What is on its way between JavaScript and the runtime, piece by piece.

use std::cell::RefCell;
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// The pieces of a list that are still to be sent.
pub(super) struct Pieces(pub(super) RefCell<VecDeque<String>>);

/// Bytes that JavaScript is handing over.
#[derive(Default)]
pub(super) struct Arriving {
    pub(super) bytes: RefCell<Vec<u8>>,
    pub(super) wanted_by: RefCell<Option<oneshot::Sender<Vec<u8>>>>,
}
