//! Code that can be stopped by memory protection.
//!
//! A module is rewritten before it is compiled: one memory of one page is added behind its own, and wherever the module could run on, its code
//! *looks* at that page: it loads a byte of it, and forgets it. To stop a guest the page is taken away
//! ([`pages`](super::memory)): the next look is then a trap at a place that wasmtime knows. The load is an atomic one, which is a plain load
//! on the processor, but which the compiler neither removes nor moves.
//!
//! ```text
//! layout.rs    where the module has what the others need
//! flow.rs      what an instruction does to the flow of control
//! survey.rs    what a function's body calls, and which of its loops turn
//! costs.rs     which functions are short, whatever they call
//! place.rs     where in a body it looks
//! splice.rs    the module with these places filled in
//! bounds.rs    how long it goes on without a look
//! offsets.rs   from an offset in that module back to the original's
//! dump.rs      a core dump as one of the original
//! ```
//!
//! The module that is rewritten must be valid, with the features that guests have: otherwise it could name the memory that is added. All
//! indices stay as they are, and so do the bytes of all instructions; only their offsets change, which [`Offsets`] tells.

mod bounds;
mod costs;
mod dump;
mod flow;
mod layout;
mod offsets;
mod place;
mod splice;
mod survey;
#[cfg(test)]
mod tests;
mod unread;

pub use bounds::PAGE_BYTES;
pub(crate) use bounds::VERSION;
pub use dump::dump_without_looks;
pub use offsets::Offsets;
pub(super) use splice::Rewritten;

use crate::limits::MEMORIES_MAX;
use layout::Layout;
use rayon::prelude::*;
use unread::{Parsed, Unread};
use wasmparser::FunctionBody;

/// Rewrites a valid module. `None` if nothing in it can run on: it is then compiled as it is.
///
/// # Errors
/// A sentence without its subject.
pub(super) fn rewrite(bytes: &[u8]) -> Result<Option<Rewritten>, String> {
    rewritten(bytes).map_err(|Unread(why)| why)
}

fn rewritten(bytes: &[u8]) -> Parsed<Option<Rewritten>> {
    let layout = Layout::of(bytes)?;
    let places = places(&layout)?;
    if places.iter().all(Vec::is_empty) {
        return Ok(None);
    }
    if layout.memories as usize >= MEMORIES_MAX {
        return Err(Unread(format!(
            "it has {} memories, and where `interruption` is \"protection\" a module may have {}",
            layout.memories,
            MEMORIES_MAX - 1
        )));
    }
    splice::splice(bytes, &layout, &places).map(Some)
}

/// For each body, before which of its instructions it looks.
fn places(layout: &Layout<'_>) -> Parsed<Vec<Vec<usize>>> {
    let bodies: &[FunctionBody<'_>] = &layout.bodies;
    let surveys = bodies.par_iter().map(|body| survey::survey(body, layout.imported)).collect::<Parsed<Vec<_>>>()?;
    let costs = costs::costs(&surveys);
    let numbered = bodies.par_iter().zip(&surveys).enumerate();
    numbered.map(|(number, (body, survey))| place::places(body, survey, &costs, number, layout.imported)).collect()
}
