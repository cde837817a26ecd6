//! A plugin in Rust: a library of type cdylib. It has no main; the app calls what it exports.
mod bytes;

bytes::export!(shout, reverse);

// A function of the app's.
#[link(wasm_import_module = "env")]
extern "C" {
    #[link_name = "log"]
    fn host_log(text: *const u8, length: usize);
}

/// Text in, text out: makes ASCII letters large and adds a mark.
fn shout(text: &str) -> String {
    let loud = text.to_ascii_uppercase() + "!";
    println!("shouting {} bytes", loud.len());
    // SAFETY: The text is there until the app has read it.
    unsafe { host_log(text.as_ptr(), text.len()) };
    loud
}

/// Bytes in, bytes out: turns them round.
fn reverse(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// Panics where b is 0, which traps. Built with -g, the error names this file and the line.
#[no_mangle]
pub extern "C" fn divide(a: i32, b: i32) -> i32 {
    a / b
}
