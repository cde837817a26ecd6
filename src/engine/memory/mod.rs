//! The memories of guests that are stopped by memory protection: their own, and the page that their code [looks](super::looks) at.
//!
//! wasmtime would map that page by itself, but then each instance took two more of the memory maps that a process may have, and two are not
//! few: a thousand instances less. So the pages of all are in one map, and the other memories are made as wasmtime makes them, since it asks
//! one creator for all.

mod mapping;
mod pages;
mod reserved;

pub use pages::Page;
pub(super) use pages::Pages;

use super::looks::PAGE_BYTES;
use reserved::Reserved;
use std::cell::RefCell;
use std::sync::Arc;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

thread_local! {
    /// The page of the instance that is made on this thread.
    static LENT: RefCell<Option<Page>> = const { RefCell::new(None) };
}

/// While it lives, the instance that is made on this thread gets the page.
pub struct Lent(());

impl Page {
    /// For the instance that is made next on this thread, as long as the result lives.
    pub fn lend(&self) -> Lent {
        LENT.set(Some(self.clone()));
        Lent(())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        LENT.take();
    }
}

/// Makes memories for wasmtime.
pub(super) struct Creator;

// SAFETY: a memory is a mapping of its own, with what wasmtime asks to be reserved and guarded after it, or it is the page, with more than that
// reserved after it, and which nobody else reads or writes. Neither is changed but by wasmtime.
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        // Guests have no memories of other pages than those of 64 KiB.
        if ty.page_size_log2() == 0 {
            let page = LENT.take().filter(|page| page.address().is_some());
            let page = page.ok_or("there is no page for its code to look at")?;
            return Ok(Box::new(LookedAt(page)));
        }
        let made = Reserved::new(minimum, reserved.unwrap_or(0), guard).map_err(|error| error.to_string())?;
        Ok(Box::new(made))
    }
}

/// The page as a memory.
struct LookedAt(Page);

// SAFETY: see `Creator`. It lives as long as the page, which is held here.
unsafe impl LinearMemory for LookedAt {
    fn byte_size(&self) -> usize {
        PAGE_BYTES
    }

    fn byte_capacity(&self) -> usize {
        PAGE_BYTES
    }

    fn grow_to(&mut self, _: usize) -> wasmtime::Result<()> {
        Err(wasmtime::Error::msg("the page that is looked at does not grow"))
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.address().unwrap_or_default() as *mut u8
    }
}

/// What keeps the pages of all guests.
pub(super) fn pages() -> std::io::Result<Arc<Pages>> {
    Pages::new().map(Arc::new)
}
