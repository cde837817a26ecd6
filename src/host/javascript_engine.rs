//! Which JavaScript engine this is, in its own words.

/// The name and the version, such as `V8 1.2.3`.
#[cfg(feature = "quickjs")]
pub fn javascript_engine() -> String {
    use std::ffi::{CStr, c_char};

    unsafe extern "C" {
        // SAFETY: it is QuickJS's own, of every version that there is, and has no state.
        safe fn JS_GetVersion() -> *const c_char;
    }
    // SAFETY: it gives a text that is in the binary.
    let version = unsafe { CStr::from_ptr(JS_GetVersion()) };
    // deno_core shows V8's interface on it, which has another version.
    format!("QuickJS-ng {}", version.to_string_lossy())
}

/// The name and the version, such as `V8 1.2.3`.
#[cfg(feature = "v8")]
pub fn javascript_engine() -> String {
    format!("V8 {}", deno_core::v8::VERSION_STRING)
}

/// A host without an engine, which a build of the library alone may have.
#[cfg(not(any(feature = "quickjs", feature = "v8")))]
pub fn javascript_engine() -> String {
    "none".to_owned()
}
