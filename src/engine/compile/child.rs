//! The process that compiles one module: what it is told, and what it does.
//!
//! Its input is the module. It writes an entry of the cache to its output, or a sentence to its errors, and ends with a code that says which.

use super::job::{compile_with, workers};
use crate::engine::cache::{Key, write_to};
use crate::engine::types::sha256;
use crate::engine::{Engines, Interruption, Kind, Metering};
use crate::error::WasmError;
use crate::limits::COMPILE_STACK_BYTES;
use crate::signals::survive_the_limit_of_files;
use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

/// The module is at fault, as the errors say.
pub(super) const OF_MODULE: i32 = 65;
/// There was no memory left.
pub(super) const NO_MEMORY: i32 = 71;
/// The code cannot be written.
pub(super) const NO_OUTPUT: i32 = 74;
/// It may work another time.
pub(super) const PASSING: i32 = 75;

const METERED: &str = "metered";
const PLAIN: &str = "plain";

/// What the process is started with, after the name of the program.
pub(super) fn arguments(
    interruption: Interruption,
    metering: Metering,
    threads: usize,
    memory_bytes: u64,
    time: Duration,
    name: &str,
) -> [String; 8] {
    let metering = if metering == Metering::Metered { METERED } else { PLAIN };
    let seconds = time.as_secs().saturating_add(1).saturating_mul(threads as u64);
    [
        COMPILE_MODULE.to_owned(),
        std::process::id().to_string(),
        interruption.name().to_owned(),
        metering.to_owned(),
        threads.to_string(),
        memory_bytes.to_string(),
        seconds.to_string(),
        name.to_owned(),
    ]
}

/// The word with which a program is started to compile a module.
pub const COMPILE_MODULE: &str = "compile-module";

struct Told {
    parent: i32,
    interruption: Interruption,
    metering: Metering,
    threads: usize,
    memory_bytes: u64,
    seconds: u64,
    name: String,
}

fn read(arguments: Vec<OsString>) -> Option<Told> {
    let words: Vec<String> = arguments.into_iter().map(|word| word.into_string().ok()).collect::<Option<_>>()?;
    let [parent, interruption, metering, threads, memory_bytes, seconds, name] = words.try_into().ok()?;
    let metering = match metering.as_str() {
        METERED => Metering::Metered,
        PLAIN => Metering::Plain,
        _ => return None,
    };
    Some(Told {
        parent: parent.parse().ok()?,
        interruption: Interruption::named(&interruption)?,
        metering,
        threads: threads.parse().ok()?,
        memory_bytes: memory_bytes.parse().ok()?,
        seconds: seconds.parse().ok()?,
        name,
    })
}

/// For a program that was started with [`COMPILE_MODULE`]: compiles, as the words after that say, and returns the code to exit with.
pub fn compile_module(arguments: Vec<OsString>) -> i32 {
    close_what_is_inherited();
    let Some(told) = read(arguments) else {
        let _ = writeln!(io::stderr(), "this is for the program itself, which compiles modules with it");
        return OF_MODULE;
    };
    match compile(&told) {
        Ok(()) => 0,
        Err((code, problem)) => {
            let _ = writeln!(io::stderr(), "{problem}");
            code
        }
    }
}

/// A program may have descriptors that everything it starts inherits: what a module could reach by a bug of the compiler is not to be among them.
fn close_what_is_inherited() {
    const FIRST_BEHIND_STANDARD_STREAMS: libc::c_uint = 3;
    // SAFETY: this process has just begun, and has opened nothing itself. Where the kernel knows no such call it stays as it is.
    unsafe { libc::syscall(libc::SYS_close_range, FIRST_BEHIND_STANDARD_STREAMS, libc::c_uint::MAX, 0) };
}

fn compile(told: &Told) -> Result<(), (i32, String)> {
    let passing = |error: String| (PASSING, format!("is not compiled: {error}"));
    bind(told).map_err(|error| passing(error.to_string()))?;
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| passing(error.to_string()))?;
    let engines = Engines::default().with_interruption(told.interruption);
    let kind = Kind::of(&bytes);
    let engine = engines.for_kind(told.metering, kind).map_err(|error| passing(error.message))?;
    let compiled = on_all_threads(told, || compile_with(&engines, told.metering, &told.name, &bytes));
    let compiled = compiled.map_err(|error| {
        let limits = "the limits are max_compile_memory, `ulimit -u` and kernel.threads-max";
        passing(format!("no thread to compile on: {error}; {limits}"))
    })?;
    let code = compiled.map_err(|failure| {
        let error = WasmError::from(failure);
        let no_memory = error.message.contains("Cannot allocate memory");
        let problem = error.message.strip_prefix(&told.name).map_or(&*error.message, str::trim_start).to_owned();
        (if no_memory { NO_MEMORY } else { OF_MODULE }, problem)
    })?;
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned().map_err(|error| passing(error.to_string()))?);
    let written = write_to(&mut output, &Key::new(&sha256(&bytes), kind, engine), &code);
    written.map_err(|error| (NO_OUTPUT, format!("is not compiled: {error}")))
}

/// Does the work on a thread of its own, which hands what can be done at once to the threads of the process. Were it one of those, it would keep
/// half of the functions in two pieces that cannot be divided once begun, and the other threads would wait for the last.
fn on_all_threads<T: Send>(told: &Told, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    workers(&told.name, told.threads).build_global().map_err(io::Error::other)?;
    let thread = thread::Builder::new().stack_size(COMPILE_STACK_BYTES);
    thread::scope(|scope| {
        let work = thread.spawn_scoped(scope, work)?;
        Ok(work.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// Takes on the bounds, before anything of the module is looked at.
fn bind(told: &Told) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have gone before that.
    if getppid().map(|parent| parent.as_raw_pid()) != Some(told.parent) {
        return Err(io::Error::other("nobody wants it any more"));
    }
    let at_most = |most| Rlimit { current: Some(most), maximum: Some(most) };
    // What is written beyond the limit of files is an error, as it is for guests.
    survive_the_limit_of_files();
    setrlimit(Resource::Core, at_most(0))?;
    // What it writes to; not what it has mapped of its own program, nor what is only reserved.
    setrlimit(Resource::Data, at_most(told.memory_bytes))?;
    Ok(setrlimit(Resource::Cpu, at_most(told.seconds))?)
}
