//! The plugin, in Rust: a library of type cdylib. It has no main; the app calls what it exports.
use std::mem::ManuallyDrop;
use std::slice;

// Text crosses as bytes in this memory: the app asks for room, writes, calls, reads and gives the room back.
#[no_mangle]
pub extern "C" fn alloc(size: usize) -> *mut u8 {
    ManuallyDrop::new(vec![0; size].into_boxed_slice()).as_mut_ptr()
}

/// # Safety
/// What `alloc` or `shout` gave, and its size.
#[no_mangle]
pub unsafe extern "C" fn release(at: *mut u8, size: usize) {
    drop(Box::from_raw(slice::from_raw_parts_mut(at, size)));
}

/// Makes ASCII letters large and adds a mark. The place of the new text is in the upper half of the result, its length in the lower.
///
/// # Safety
/// There are `length` bytes at `text`.
#[no_mangle]
pub unsafe extern "C" fn shout(text: *const u8, length: usize) -> u64 {
    let mut loud = slice::from_raw_parts(text, length).to_ascii_uppercase();
    loud.push(b'!');
    let loud = ManuallyDrop::new(loud.into_boxed_slice());
    (loud.as_ptr() as u64) << 32 | loud.len() as u64
}

/// What a plugin should not do.
#[no_mangle]
pub extern "C" fn spin() {
    loop {}
}
