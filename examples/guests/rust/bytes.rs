//! The plugin's half of `callBytes` and `callText`, to be copied beside a plugin: `mod bytes;` at the root of its crate, and
//! `bytes::export!(name, …)` for functions of `&str` or `&[u8]` that return a `String` or a `Vec<u8>`. docs/plugins.md says what the app
//! does with it. In edition 2024 `no_mangle` is `unsafe(no_mangle)`.
use std::alloc::Layout;
use std::{ptr, slice, str};

/// Exports functions of bytes or text under their own names.
macro_rules! export {
    ($($name:ident),+ $(,)?) => {$(
        const _: () = {
            #[no_mangle]
            unsafe extern "C" fn $name(at: *const u8, length: usize) -> u64 {
                // SAFETY: The app has written the input there.
                unsafe { $crate::bytes::call(self::$name, at, length) }
            }
        };
    )+};
}
pub(crate) use export;

/// Room for an input. Where there is none it gives 0: the app's call fails with 5006, and no function has been called.
#[no_mangle]
extern "C" fn alloc(length: usize) -> *mut u8 {
    match Layout::array::<u8>(length) {
        // SAFETY: It is a layout of some bytes.
        Ok(layout) if length > 0 => unsafe { std::alloc::alloc(layout) },
        _ => ptr::null_mut(),
    }
}

/// Takes back an input or a result: from `alloc` or `call`, with its length.
#[no_mangle]
unsafe extern "C" fn release(at: *mut u8, length: usize) {
    if length > 0 {
        // SAFETY: Both made it with this layout.
        unsafe { std::alloc::dealloc(at, Layout::from_size_align_unchecked(length, 1)) };
    }
}

/// What a function may take.
pub trait Input<'a> {
    fn of(bytes: &'a [u8]) -> Self;
}

impl<'a> Input<'a> for &'a [u8] {
    fn of(bytes: &'a [u8]) -> Self {
        bytes
    }
}

impl<'a> Input<'a> for &'a str {
    /// Panics, which traps, if it is not UTF-8. What `callText` sends is.
    fn of(bytes: &'a [u8]) -> Self {
        str::from_utf8(bytes).unwrap_or_else(|_| panic!("the input is not UTF-8"))
    }
}

/// Calls a function with its input, and gives back where the result begins, in the upper half, and how long it is, in the lower. Where there
/// is no room for the result, Rust traps by itself, and the app's call fails with 5002.
///
/// # Safety
/// There are `length` bytes at `at`, and nobody writes to them meanwhile.
pub unsafe fn call<'a, I: Input<'a>, O: Into<Vec<u8>>>(function: fn(I) -> O, at: *const u8, length: usize) -> u64 {
    // SAFETY: The caller says so. Where there are none, `at` may be 0.
    let input = if length == 0 { &[] } else { unsafe { slice::from_raw_parts(at, length) } };
    let result: Box<[u8]> = function(I::of(input)).into().into_boxed_slice();
    let length = result.len() as u64;
    // It is the app's from now on.
    (Box::into_raw(result) as *mut u8 as u64) << 32 | length
}
