//! The stacks that guests run on. A thread that keeps its own lends it to one store after another: to map one and to give it back, which
//! every processor of the process has to hear of, takes longer than most instances live.
//!
//! A stack that is lent again is as empty as a fresh one. What a guest has left on it is erased, not for its own sake, since code that
//! wasmtime has compiled reads nothing that it has not written, but so that a mistake there would show nothing of another guest.

use rustix::param::page_size;
use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::ptr;
use wasmtime::{StackCreator, StackMemory};

/// So much of its top is erased and stays with a thread that keeps a stack; the rest is given back to the system. Few guests go deeper.
const KEPT_BYTES: usize = 16 * 1024;

/// Makes stacks.
pub(super) struct FiberStacks;

// SAFETY: a stack has one owner at a time, is page-aligned, holds zeroes, and has a guard page below it.
unsafe impl StackCreator for FiberStacks {
    fn new_stack(&self, size: usize, _zeroed: bool) -> wasmtime::Result<Box<dyn StackMemory>> {
        let size = size.next_multiple_of(page_size());
        let kept = STACK.with_borrow_mut(|here| here.stack.take()).filter(|kept| kept.size() == size);
        let mapping = kept.map_or_else(|| Mapping::new(size), Ok)?;
        Ok(Box::new(FiberStack(Some(mapping))))
    }
}

/// A stack that a store has.
struct FiberStack(Option<Mapping>);

impl FiberStack {
    fn mapping(&self) -> &Mapping {
        self.0.as_ref().expect("taken only as it is dropped")
    }
}

// SAFETY: see `Mapping`.
unsafe impl StackMemory for FiberStack {
    fn top(&self) -> *mut u8 {
        self.range().end as *mut u8
    }

    fn range(&self) -> Range<usize> {
        self.mapping().stack()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        let Mapping { base, .. } = *self.mapping();
        base as *mut u8..self.range().start as *mut u8
    }
}

impl Drop for FiberStack {
    fn drop(&mut self) {
        let Some(mapping) = self.0.take() else { return };
        // The thread may be so far ended that it keeps nothing any more: then the stack is unmapped here.
        let _ = STACK.try_with(|here| here.borrow_mut().keep(mapping));
    }
}

/// The stack that a thread keeps, if it does.
#[derive(Default)]
struct Here {
    keeps: bool,
    stack: Option<Mapping>,
}

impl Here {
    fn keep(&mut self, mapping: Mapping) {
        if self.keeps && self.stack.is_none() && mapping.erase().is_ok() {
            self.stack = Some(mapping);
        }
    }
}

thread_local! {
    static STACK: RefCell<Here> = RefCell::default();
}

/// From here on the calling thread keeps one stack for the next store that runs on it, until it ends.
pub fn keep_on_this_thread() {
    STACK.with_borrow_mut(|here| here.keeps = true);
}

/// Pages of memory, the first of which nobody may touch.
struct Mapping {
    base: usize,
    len: usize,
}

impl Mapping {
    fn new(size: usize) -> io::Result<Mapping> {
        let len = size + page_size();
        let (access, flags) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: maps fresh memory, wherever the system likes.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let mapping = Mapping { base: base as usize, len };
        let stack = mapping.stack();
        // SAFETY: the range lies within the mapping, which is ours and holds nothing yet.
        let failed = unsafe { libc::mprotect(stack.start as *mut _, stack.len(), libc::PROT_READ | libc::PROT_WRITE) };
        if failed == 0 { Ok(mapping) } else { Err(io::Error::last_os_error()) }
    }

    fn stack(&self) -> Range<usize> {
        self.base + page_size()..self.base + self.len
    }

    fn size(&self) -> usize {
        self.stack().len()
    }

    /// Leaves zeroes. For a stack that nothing runs on.
    fn erase(&self) -> io::Result<()> {
        let Range { start, end } = self.stack();
        let kept = KEPT_BYTES.min(end - start);
        // SAFETY: the range lies within the stack, on which nothing runs.
        if unsafe { libc::madvise(start as *mut _, end - kept - start, libc::MADV_DONTNEED) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the same.
        unsafe { ptr::write_bytes((end - kept) as *mut u8, 0, kept) };
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: it was mapped when this was made, and nobody has it any more.
        unsafe { libc::munmap(self.base as *mut _, self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 256 * 1024;

    fn stack() -> Box<dyn StackMemory> {
        FiberStacks.new_stack(SIZE, false).unwrap()
    }

    fn fill(stack: &dyn StackMemory) {
        let range = stack.range();
        // SAFETY: the stack is mapped, and nothing runs on it.
        unsafe { ptr::write_bytes(range.start as *mut u8, 7, range.len()) };
    }

    fn is_empty(stack: &dyn StackMemory) -> bool {
        let range = stack.range();
        // SAFETY: the same.
        let bytes = unsafe { std::slice::from_raw_parts(range.start as *const u8, range.len()) };
        bytes.iter().all(|byte| *byte == 0)
    }

    #[test]
    fn a_stack_that_is_lent_again_is_empty() {
        keep_on_this_thread();
        let first = stack();
        fill(&*first);
        let range = first.range();
        drop(first);
        let again = stack();
        assert_eq!(again.range(), range, "it was not kept");
        assert!(is_empty(&*again));
    }

    #[test]
    fn a_thread_keeps_one_and_only_if_it_said_so() {
        let keeps = || STACK.with_borrow(|here| here.stack.is_some());
        drop(stack());
        assert!(!keeps());
        keep_on_this_thread();
        let two = (stack(), stack());
        assert_ne!(two.0.range(), two.1.range());
        drop(two);
        assert!(keeps());
    }

    #[test]
    fn there_is_a_guard_below_and_the_stack_is_aligned() {
        let stack = stack();
        let (range, guard) = (stack.range(), stack.guard_range());
        assert_eq!((range.len(), range.start % page_size()), (SIZE, 0));
        assert_eq!((guard.end as usize, stack.top() as usize), (range.start, range.end));
        assert_eq!(guard.end as usize - guard.start as usize, page_size());
    }
}
