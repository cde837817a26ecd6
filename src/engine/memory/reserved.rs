//! A guest's own memory, made as wasmtime makes one by itself.

use super::mapping::{Access, Mapping, system_page_bytes};
use std::io;
use std::ptr;
use wasmtime::LinearMemory;

/// What is reserved beyond what a memory has that has been moved, or that was larger than the reservation from the start: wasmtime's default.
const RESERVED_FOR_GROWTH: usize = 2 << 30;

/// Guard, memory, reservation, guard.
#[derive(Debug)]
pub(super) struct Reserved {
    mapping: Mapping,
    guard: usize,
    size: usize,
    capacity: usize,
}

impl Reserved {
    /// A memory of zeros. Up to `reserved` bytes it grows without being moved.
    pub(super) fn new(size: usize, reserved: usize, guard: usize) -> io::Result<Self> {
        let capacity = if size <= reserved { Some(reserved) } else { size.checked_add(RESERVED_FOR_GROWTH) };
        Self::with_capacity(size, capacity, guard)
    }

    fn with_capacity(size: usize, capacity: Option<usize>, guard: usize) -> io::Result<Self> {
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let whole = |bytes: usize| bytes.checked_next_multiple_of(system_page_bytes()).ok_or_else(too_large);
        let (capacity, guard) = (whole(capacity.ok_or_else(too_large)?)?, whole(guard)?);
        let bytes = guard.checked_mul(2).and_then(|guards| capacity.checked_add(guards)).ok_or_else(too_large)?;
        let mut made = Reserved { mapping: Mapping::new(bytes.max(system_page_bytes()))?, guard, size: 0, capacity };
        made.open(size)?;
        Ok(made)
    }

    /// Lets so many bytes be used, which are within what is reserved.
    fn open(&mut self, size: usize) -> io::Result<()> {
        let page = system_page_bytes();
        let [from, to] = [self.size, size].map(|bytes| self.guard + bytes.next_multiple_of(page));
        if to > from {
            self.mapping.protect(from..to, Access::ReadWrite)?;
        }
        self.size = size;
        Ok(())
    }
}

// SAFETY: what is reserved and guarded is as `new_memory` was asked for, and what can be used is `byte_size`, up to whole pages.
unsafe impl LinearMemory for Reserved {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size <= self.capacity {
            return Ok(self.open(size)?);
        }
        let moved = Self::with_capacity(size, size.checked_add(RESERVED_FOR_GROWTH), self.guard)?;
        // SAFETY: both are mappings of at least so many bytes that can be used, and one of them is new.
        unsafe { ptr::copy_nonoverlapping(self.as_ptr(), moved.as_ptr(), self.size) };
        *self = moved;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        (self.mapping.start() + self.guard) as *mut u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(memory: &Reserved) -> &[u8] {
        // SAFETY: these can be used, and nobody writes to them.
        unsafe { std::slice::from_raw_parts(memory.as_ptr(), memory.byte_size()) }
    }

    #[test]
    fn a_memory_grows_in_its_place_and_then_moves_with_what_is_in_it() {
        let mut memory = Reserved::new(1 << 16, 1 << 20, 1 << 16).unwrap();
        let place = memory.as_ptr();
        // SAFETY: within the memory.
        unsafe { place.add(65_535).write(7) };
        memory.grow_to(1 << 20).unwrap();
        assert_eq!((memory.as_ptr(), memory.byte_size(), bytes(&memory)[65_535]), (place, 1 << 20, 7));
        memory.grow_to((1 << 20) + (1 << 16)).unwrap();
        assert!(memory.byte_capacity() > RESERVED_FOR_GROWTH && bytes(&memory)[65_535] == 7);
        assert_eq!(bytes(&memory).iter().filter(|byte| **byte != 0).count(), 1);
        let large = Reserved::new(1 << 21, 1 << 20, 0).unwrap();
        assert!(large.byte_capacity() >= (1 << 21) + RESERVED_FOR_GROWTH);
        assert!(Reserved::new(usize::MAX, 1 << 20, 0).is_err());
        assert!(memory.grow_to(usize::MAX - 5).is_err() && bytes(&memory)[65_535] == 7);
    }
}
