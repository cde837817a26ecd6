//! How long a guest goes on without a look, and what it looks at.

/// To be changed with whatever changes the places of looks: code that was compiled before has others.
pub(crate) const VERSION: u32 = 1;

/// Bytes of the page that is looked at: all that the memory has which is added. No other memory is of a size that is not some times 64 KiB.
pub const PAGE_BYTES: usize = 4096;

/// The most that a function executes between two looks, in bytes of its instructions: about a microsecond.
pub(super) const STRETCH: u32 = 4096;
/// The same of a short function, with all that it calls. So much is counted for a call of any other.
pub(super) const SHORT: u32 = STRETCH / 4;
