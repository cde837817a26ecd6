//! From wasmtime's errors to ours: which limit, which trap, whose stack.

use super::imports::HostFailure;
use super::{Context, StoppedByHost};
use crate::error::{ErrorCode, WasmError};
use wasmtime::{FrameInfo, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// Frames of a guest's stack that an error carries.
const FRAMES_MAX: usize = 64;

/// The exit code, where a call ended in `proc_exit`.
pub(super) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<I32Exit>().map(|exit| exit.0)
}

/// Describes an error that ended `what`.
pub(super) fn describe(store: &mut Context<'_>, what: &str, error: wasmtime::Error) -> WasmError {
    if let Some(code) = exit_code(&error) {
        let mut exited = WasmError::new(ErrorCode::Call, format!("{what} exited with code {code}"));
        exited.exit_code = Some(code);
        return exited;
    }
    let name = store.data().actor.name().clone();
    if error.is::<StoppedByHost>() {
        return WasmError::new(ErrorCode::Call, format!("{what} ended: the instance \"{name}\" has been stopped"));
    }
    if let Some(HostFailure::Refused(refused)) = error.downcast_ref::<HostFailure>() {
        let mut refused = refused.clone();
        refused.message = format!("{what} failed: {}", refused.message);
        return refused;
    }
    let trap = error.downcast_ref::<Trap>().copied();
    let guest_stack = error.downcast_ref::<WasmBacktrace>().map(guest_stack).unwrap_or_default();
    let mut described = match trap {
        Some(Trap::OutOfFuel) => {
            let given = store.data().fuel_given.unwrap_or(0);
            let used = given.saturating_sub(store.get_fuel().unwrap_or(0));
            let text = format!("{what} spent the fuel of the instance \"{name}\": {used} of {given} used");
            WasmError::new(ErrorCode::FuelExhausted, text)
        }
        Some(trap) => WasmError::new(ErrorCode::Call, format!("{what} trapped: {}", trap_name(trap))),
        None => WasmError::new(ErrorCode::Call, format!("{what} failed: {}", root_cause(&error))),
    };
    described.trap = trap.filter(|trap| *trap != Trap::OutOfFuel).map(trap_name);
    described.guest_stack = guest_stack;
    if let Some(HostFailure::Threw { value, .. }) = error.downcast_ref::<HostFailure>() {
        described.cause = Some(value.clone());
    }
    described
}

/// The error below wasmtime's context of "error while executing at wasm backtrace".
fn root_cause(error: &wasmtime::Error) -> String {
    error.root_cause().to_string()
}

/// The names that the contract uses for traps; for the rest, wasmtime's description.
fn trap_name(trap: Trap) -> &'static str {
    match trap {
        Trap::UnreachableCodeReached => "unreachable",
        Trap::MemoryOutOfBounds => "memory out of bounds",
        Trap::HeapMisaligned => "unaligned atomic",
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

fn guest_stack(backtrace: &WasmBacktrace) -> Vec<String> {
    backtrace.frames().iter().take(FRAMES_MAX).flat_map(frame_lines).collect()
}

/// One line a frame; with DWARF, one line for each function that was inlined into it.
fn frame_lines(frame: &FrameInfo) -> Vec<String> {
    let plain = match frame.func_name() {
        Some(name) => name.to_owned(),
        None => format!("function {}", frame.func_index()),
    };
    if frame.symbols().is_empty() {
        return vec![plain];
    }
    let line = |symbol: &wasmtime::FrameSymbol| {
        let name = symbol.name().unwrap_or(&plain);
        match (symbol.file(), symbol.line(), symbol.column()) {
            (Some(file), Some(line), Some(column)) => format!("{name} ({file}:{line}:{column})"),
            (Some(file), Some(line), None) => format!("{name} ({file}:{line})"),
            (Some(file), None, _) => format!("{name} ({file})"),
            _ => name.to_owned(),
        }
    };
    frame.symbols().iter().map(line).collect()
}
