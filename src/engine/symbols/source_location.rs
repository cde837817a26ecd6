//! SourceLocations in the source, as a stack names them.

use std::sync::Arc;

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLocation {
    /// The function, as the linker calls it.
    pub function: Option<String>,
    /// The file's path, as the compiler was told it.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1; 0 is the line's left edge.
    pub column: Option<u32>,
}

/// What is known of one instruction: its place, then those it was inlined into, from the inside out.
pub type SourceLocations = Arc<[SourceLocation]>;
