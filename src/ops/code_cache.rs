//! The QuickJS engine's cache of compiled scripts, which is off.

/// What the engine looks for once, when it compiles its first script.
const OFF: &str = "V82JSC_NO_BC_CACHE";

/// Keeps the QuickJS engine from loading compiled scripts from the disk, and from leaving them there.
///
/// Left to itself it has a folder of them below `$XDG_CACHE_HOME`, `$HOME/.cache` or the folder for temporary files, and runs
/// what it finds there under a script's hash. Bytecode is not checked: whoever can write there, such as a guest with a folder above it or
/// another user where there is no `HOME`, would run code in this process. V8 has no such cache.
///
/// # Safety
/// As for [`std::env::set_var`]: call it first in `main`, while the process has one thread.
pub unsafe fn forbid_code_cache() {
    // SAFETY: the caller's promise.
    unsafe { std::env::set_var(OFF, "1") }
}
