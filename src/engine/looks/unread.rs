//! Why a module is not rewritten.

use wasmparser::BinaryReaderError;

/// A sentence without its subject.
pub(super) struct Unread(pub(super) String);

pub(super) type Parsed<T> = Result<T, Unread>;

impl From<BinaryReaderError> for Unread {
    fn from(error: BinaryReaderError) -> Self {
        Unread(format!("its code cannot be read: {error}"))
    }
}
