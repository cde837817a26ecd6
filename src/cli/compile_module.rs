//! What a process does that was started by another one of this program, to compile a module.

use super::compile_line::compile_line;
use crate::registry::{COMPILE_MODULE, CompileProcess, compile_module};
use std::env;
use std::path::PathBuf;

/// This program, to be started once more. `None` where the system does not show it: then modules are compiled on threads.
pub(super) fn this_program() -> Option<PathBuf> {
    // The link leads to what runs now, also after another file has taken its place.
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { Some(link) } else { env::current_exe().ok() }
}

/// To compile in this program, with a line on a terminal for what takes long.
pub(super) fn in_this_program() -> Option<CompileProcess> {
    let program = this_program()?;
    Some(CompileProcess { watch: compile_line(), ..CompileProcess::new(program) })
}

/// Does that, if it is what the process was started for; gives the code to exit with.
pub(super) fn if_asked() -> Option<i32> {
    let mut words = env::args_os().skip(1);
    (words.next()? == COMPILE_MODULE).then(|| compile_module(words.collect()))
}
