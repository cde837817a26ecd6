//! The plugin, in Rust: a library of type cdylib. It has no main; the app calls what it exports. How text crosses is in bytes.rs.
mod bytes;

bytes::export!(shout);

/// Makes ASCII letters large and adds a mark.
fn shout(text: &str) -> String {
    text.to_ascii_uppercase() + "!"
}

/// What a plugin should not do.
#[no_mangle]
pub extern "C" fn spin() {
    loop {}
}
