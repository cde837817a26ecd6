//! From wasmtime's errors to ours: which limit, which trap, whose stack.

use super::ending::{HostFailure, StoppedByHost};
use super::state::Context;
use super::{core_dump, fuel};
use crate::engine::{Code, SourceLocation, exported_names, imported_function_called_at};
use crate::error::{ErrorCode, FailedImport, ReachedLimit, WasmError};
use crate::limits::{STACK_LINES_MAX, SYMBOL_TEXT_BYTES_MAX};
use crate::printable;
use std::collections::HashMap;
use std::fmt::{self, Write};
use wasmtime::{FrameInfo, GcHeapOutOfMemory, ThrownException, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// The exit code, where a call ended in `proc_exit`.
pub(super) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<I32Exit>().map(|exit| exit.0)
}

/// Describes an error that ended `what`.
pub(super) async fn describe(store: &mut Context<'_>, what: &str, error: wasmtime::Error) -> WasmError {
    if let Some(code) = exit_code(&error) {
        let mut exited = WasmError::new(ErrorCode::Call, format!("{what} exited with code {code}"));
        exited.exit_code = Some(code);
        return exited;
    }
    let name = store.data().actor.label().clone();
    if error.is::<StoppedByHost>() || store.data().actor.control.is_stopped() {
        let text = format!("{what} ended: the instance \"{name}\" has been stopped");
        return WasmError {
            guest_stack: stack_of_stopped(store, &error).await,
            ..WasmError::new(ErrorCode::Call, text)
        };
    }
    let trap = fuel::settle(store, &error);
    let backtrace = error.downcast_ref::<WasmBacktrace>();
    let guest_stack = match backtrace {
        Some(backtrace) => guest_stack(store, backtrace).await,
        None => Vec::new(),
    };
    let failure = error.downcast_ref::<HostFailure>();
    let import = match failure {
        Some(failure) => Some(failure.import.clone()),
        None => backtrace.and_then(|backtrace| failed_import(store, trap, backtrace)),
    };
    let named = trap.map(trap_name).or_else(|| like_a_trap(&error));
    let mut described = match (named, failure) {
        (_, Some(failure)) => failure.error.clone().saying(format!("{what} failed: {}", failure.error.message)),
        _ if trap == Some(Trap::OutOfFuel) => {
            let given = store.data().fuel_given.unwrap_or(0);
            let used = given.saturating_sub(store.get_fuel().unwrap_or(0));
            let text = format!("{what} spent the fuel of the instance \"{name}\": {used} of {given} used");
            WasmError::limit(ReachedLimit::Fuel, text)
        }
        (Some(named), _) => WasmError::new(ErrorCode::Call, format!("{what} trapped: {named}")),
        (None, _) => {
            let place = import.as_ref().map(|import| format!(" in the import {import}")).unwrap_or_default();
            WasmError::new(ErrorCode::Call, format!("{what} failed{place}: {}", root_cause(&error)))
        }
    };
    described.trap = named.filter(|_| trap != Some(Trap::OutOfFuel));
    described.guest_stack = guest_stack;
    described.import = import.map(Box::new);
    core_dump::save(store, &error);
    described
}

/// Where a guest was that a limit of time has stopped. Of others nobody will see it, and to look up a stack may take its time.
async fn stack_of_stopped(store: &mut Context<'_>, error: &wasmtime::Error) -> Vec<String> {
    if !store.data().actor.control.awaits_the_guest() {
        return Vec::new();
    }
    // Of calls inside each other the innermost ends first, and has the frames of all.
    if store.data().stopped_at.is_empty()
        && let Some(backtrace) = error.downcast_ref::<WasmBacktrace>()
    {
        store.data_mut().stopped_at = guest_stack(store, backtrace).await;
    }
    store.data().stopped_at.clone()
}

/// The function of WASI that failed: the import that the innermost frame was calling, if it did so by name. (Host functions say
/// which they are.) A call traps by itself only where a limit is reached.
fn failed_import(store: &Context<'_>, trap: Option<Trap>, backtrace: &WasmBacktrace) -> Option<FailedImport> {
    if let Some(Trap::OutOfFuel | Trap::StackOverflow | Trap::Interrupt) = trap {
        return None;
    }
    let offset = original_offset(&store.data().code, backtrace.frames().first()?)?;
    let (module, name) = imported_function_called_at(store.data().module.bytes(), offset)?;
    Some(FailedImport::new(&module, &name))
}

/// The error below wasmtime's context of "error while executing at wasm backtrace".
fn root_cause(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}

/// What a guest can end by beside a trap.
fn like_a_trap(error: &wasmtime::Error) -> Option<&'static str> {
    if error.is::<ThrownException>() {
        return Some("uncaught exception");
    }
    error.is::<GcHeapOutOfMemory<()>>().then_some("heap out of memory")
}

/// The names that the contract uses for traps; for the rest, wasmtime's description.
fn trap_name(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::MemoryOutOfBounds => "memory out of bounds",
        Trap::HeapMisaligned => "unaligned atomic",
        Trap::AtomicWaitNonSharedMemory => "expected shared memory",
        Trap::TableOutOfBounds => "table out of bounds",
        Trap::IndirectCallToNull => "indirect call to null",
        Trap::BadSignature => "indirect call type mismatch",
        Trap::IntegerOverflow => "integer overflow",
        Trap::IntegerDivisionByZero => "integer divide by zero",
        Trap::BadConversionToInteger => "invalid conversion to integer",
        Trap::StackOverflow => "stack overflow",
        Trap::Interrupt => "interrupted",
        Trap::OutOfFuel => "out of fuel",
        Trap::NullReference => "null reference",
        Trap::ArrayOutOfBounds => "array out of bounds",
        Trap::AllocationTooLarge => "allocation too large",
        Trap::CastFailure => "cast failure",
        _ => "trap",
    }
}

/// Where a frame is in its module, as that was given.
fn original_offset(code: &Code, frame: &FrameInfo) -> Option<usize> {
    frame.module_offset().map(|offset| code.original(offset))
}

async fn guest_stack(store: &mut Context<'_>, backtrace: &WasmBacktrace) -> Vec<String> {
    let (module, code) = (store.data().module.clone(), store.data().code.clone());
    let frames = &backtrace.frames()[..backtrace.frames().len().min(STACK_LINES_MAX)];
    let offsets = frames.iter().filter_map(|frame| original_offset(&code, frame)).collect();
    let places = module.symbols().places(offsets).await;
    // Without a `name` section there are still the names of what is exported.
    let nameless = frames.iter().filter(|frame| frame.func_name().is_none());
    let nameless: Vec<u32> = nameless.map(FrameInfo::func_index).collect();
    let exported = if nameless.is_empty() { HashMap::new() } else { exported_names(module.bytes(), &nameless) };
    let lines = frames.iter().flat_map(|frame| {
        let places = original_offset(&code, frame).and_then(|offset| places.get(&offset));
        frame_lines(frame, &exported, places.map(|places| &**places).unwrap_or_default())
    });
    lines.take(STACK_LINES_MAX).collect()
}

/// One line a frame; with DWARF, one line for each function that was inlined into it.
fn frame_lines(frame: &FrameInfo, exported: &HashMap<u32, String>, places: &[SourceLocation]) -> Vec<String> {
    let index = frame.func_index();
    let name = frame.func_name().or_else(|| exported.get(&index).map(String::as_str));
    let plain = name.map_or_else(|| format!("function {index}"), printable);
    if places.is_empty() {
        return vec![plain];
    }
    let line = |place: &SourceLocation| {
        let name = place.function.as_deref().map_or_else(|| plain.clone(), printable);
        let file = place.file.as_deref().map(printable);
        match (file, place.line, place.column) {
            (Some(file), Some(line), Some(column)) => format!("{name} ({file}:{line}:{column})"),
            (Some(file), Some(line), None) => format!("{name} ({file}:{line})"),
            (Some(file), None, _) => format!("{name} ({file})"),
            _ => name,
        }
    };
    places.iter().map(line).collect()
}

/// A name of the guest's own choosing: as it is in the source, if Rust's compiler made it.
fn printable(name: &str) -> String {
    // Names of C++ stay as they are: nothing bounds the work that a hostile one makes.
    let mut readable = Cut(String::new());
    match rustc_demangle::try_demangle(name) {
        // What is cut is more than is shown.
        Ok(demangled) if name.len() <= SYMBOL_TEXT_BYTES_MAX => drop(write!(readable, "{demangled:#}")),
        _ => readable.0.extend(name.chars().take(SYMBOL_TEXT_BYTES_MAX)),
    }
    printable::name(&readable.0)
}

/// Text up to a bound: whoever writes more is told to stop. A mangled name can stand for a megabyte.
struct Cut(String);

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() > SYMBOL_TEXT_BYTES_MAX { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of Rust's in which each of the types stands for two of the one before it.
    fn doubled(times: usize) -> String {
        const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let reference = |at: usize| match at {
            0 => "B_".to_owned(),
            at if at <= 62 => format!("B{}_", DIGITS[at - 1] as char),
            at => format!("B{}{}_", DIGITS[(at - 1) / 62] as char, DIGITS[(at - 1) % 62] as char),
        };
        let (mut name, mut last) = ("INvC1a1fTiiE".to_owned(), "INvC1a1f".len());
        for _ in 0..times {
            let here = name.len();
            name += &format!("T{0}{0}E", reference(last));
            last = here;
        }
        format!("_R{name}E")
    }

    #[test]
    fn a_name_that_stands_for_more_than_anybody_is_shown_is_not_written_out() {
        assert_eq!(printable(&doubled(1)), "a::f::<(isize, isize), ((isize, isize), (isize, isize))>");
        let demangled = rustc_demangle::try_demangle(&doubled(30)).unwrap().to_string();
        let mut readable = Cut(String::new());
        assert!(write!(readable, "{:#}", rustc_demangle::demangle(&doubled(30))).is_err());
        assert!(demangled.len() > 100_000 && readable.0.len() < 2 * SYMBOL_TEXT_BYTES_MAX, "{}", readable.0.len());
        assert!(printable(&doubled(30)).chars().count() <= printable::NAME_CHARS_MAX + 1);
        assert!(printable(&"x".repeat(1 << 20)).chars().count() <= printable::NAME_CHARS_MAX + 1);
    }
}
