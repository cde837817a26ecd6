//! Bytes that one thread lends to another to copy to, so that what goes from a guest's memory to JavaScript is copied once.

use crate::sync::Mutex;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

/// The lender's half: the bytes are lent until it is dropped.
#[derive(Debug)]
#[must_use = "the bytes are lent as long as it lives"]
pub struct Loan<'a> {
    lent: Arc<Lent>,
    bytes: PhantomData<&'a mut [u8]>,
}

impl<'a> Loan<'a> {
    /// Lends bytes.
    ///
    /// # Safety
    /// It must be dropped before `'a` ends; to forget it is not enough.
    pub unsafe fn new(bytes: &'a mut [u8]) -> Self {
        let lent = Lent { length: bytes.len(), bytes: Mutex::new(Some(Bytes(NonNull::from(bytes)))) };
        Loan { lent: Arc::new(lent), bytes: PhantomData }
    }

    /// The borrower's half.
    pub fn lent(&self) -> Arc<Lent> {
        self.lent.clone()
    }
}

impl Drop for Loan<'_> {
    /// Takes the bytes back. Waits for a copy that is under way.
    fn drop(&mut self) {
        self.lent.bytes.lock().take();
    }
}

/// The borrower's half: whoever has it may come too late.
#[derive(Debug)]
pub struct Lent {
    length: usize,
    bytes: Mutex<Option<Bytes>>,
}

#[derive(Debug)]
struct Bytes(NonNull<[u8]>);

// SAFETY: who has lent them does not touch them meanwhile, and the lock lets one thread at a time do so.
unsafe impl Send for Bytes {}

impl Lent {
    /// How many bytes they are, or were.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Are they none?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Copies as many to them, unless they have been taken back.
    pub fn fill(&self, from: &[u8]) {
        if let Some(Bytes(place)) = &mut *self.bytes.lock() {
            // SAFETY: what has been lent is there and nobody else's until it is taken back, which waits for the lock.
            unsafe { place.as_mut() }.copy_from_slice(from);
        }
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_lent_is_filled_and_what_has_been_taken_back_is_left_alone() {
        let mut bytes = [0; 3];
        // SAFETY: both are dropped here.
        let lent = unsafe { Loan::new(&mut bytes) }.lent();
        lent.fill(&[1, 2, 3]);
        assert_eq!((bytes, lent.len(), lent.is_empty()), ([0; 3], 3, false));
        // SAFETY: as above.
        let loan = unsafe { Loan::new(&mut bytes) };
        let lent = loan.lent();
        std::thread::spawn(move || lent.fill(&[4, 5, 6])).join().unwrap();
        drop(loan);
        assert_eq!(bytes, [4, 5, 6]);
    }
}
