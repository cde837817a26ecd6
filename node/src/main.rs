//! `runtime-wasm-compile`: the program that the addon has modules compiled in, so that their compiling can be bounded and stopped. It is no
//! command for people.

use runtime_wasm::registry::{COMPILE_MODULE, compile_module};

fn main() {
    let mut words = std::env::args_os().skip(1);
    let code = match words.next() {
        Some(word) if word == COMPILE_MODULE => compile_module(words.collect()),
        _ => {
            eprintln!("runtime-wasm-compile is for the package runtime-wasm itself, which compiles modules with it");
            2
        }
    };
    std::process::exit(code);
}
