//! What is on its way between JavaScript and the runtime, piece by piece.

use crate::actor::message::Answer;
use crate::error::Result;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// Bytes that go at once.
const BYTES: usize = 256 * 1024;
/// Bytes of text that do. To make a string of text takes an engine many times what a copy takes.
pub(super) const TEXT_BYTES: usize = 64 * 1024;

/// The pieces of a list that are still to be sent.
pub(super) struct Pieces(pub(super) RefCell<VecDeque<String>>);

/// Bytes that JavaScript is handing over.
pub(super) struct Arriving {
    pub(super) bytes: RefCell<Vec<u8>>,
    /// How many it said they are at the least.
    pub(super) length: u64,
    pub(super) wanted_by: RefCell<Option<Wanted>>,
}

/// Who waits for bytes.
pub(super) struct Wanted {
    pub(super) sender: oneshot::Sender<Result<Vec<u8>>>,
    /// Looks at how many there are.
    pub(super) check: fn(u64) -> Result<()>,
}

/// Is it to be fetched in pieces?
pub(super) fn is_large(answer: &Answer) -> bool {
    match answer {
        Answer::Bytes(bytes) => bytes.len() > BYTES,
        Answer::Text(text) => text.len() > TEXT_BYTES,
        _ => false,
    }
}

/// What JavaScript fetches, from its beginning on.
pub(super) struct Leaving<T> {
    pub(super) all: T,
    at: Cell<usize>,
}

impl<T> Leaving<T> {
    pub(super) fn new(all: T) -> Self {
        Leaving { all, at: Cell::new(0) }
    }
}

impl Leaving<Vec<u8>> {
    /// Fills the room with the next bytes, as far as there are some.
    pub(super) fn fill(&self, room: &mut [u8]) {
        let rest = &self.all[self.at.get()..];
        let many = room.len().min(rest.len());
        room[..many].copy_from_slice(&rest[..many]);
        self.at.set(self.at.get() + many);
    }
}

impl Leaving<String> {
    /// The next text, of about as many bytes; none at its end.
    pub(super) fn next(&self, bytes: usize) -> &str {
        let from = self.at.get();
        let to = self.all.ceil_char_boundary(from.saturating_add(bytes).min(self.all.len()));
        self.at.set(to);
        &self.all[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_of_it_and_characters_stay_whole() {
        let text = Leaving::new("a\u{e4}\u{4e16}\u{1f980}z".repeat(5));
        for size in 1..9 {
            text.at.set(0);
            let mut pieces = Vec::new();
            loop {
                let piece = text.next(size);
                if piece.is_empty() {
                    break;
                }
                assert!(piece.len() < size + 4);
                pieces.push(piece);
            }
            assert_eq!(pieces.concat(), text.all);
        }
        let bytes = Leaving::new(vec![1, 2, 3, 4, 5]);
        let mut room = [0; 2];
        for expected in [[1, 2], [3, 4], [5, 4], [5, 4]] {
            bytes.fill(&mut room);
            assert_eq!(room, expected);
        }
    }
}
