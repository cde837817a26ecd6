//! The one error that crosses every layer: a code that JavaScript can branch on and a sentence for a person.

use crate::ended::Ended;
use crate::printable;
use crate::signature::ValueType;
use crate::value::{Arg, HostRef, Value};
use std::fmt;
use std::sync::Arc;

/// What went wrong, by the numbers that `runtime:wasm` documents (5000 to 5011).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ErrorCode {
    /// The bytes are not a valid module, or are over the size limit.
    Compile = 5000,
    /// A missing or mistyped import, a trapping start function, no room for another instance.
    Instantiate = 5001,
    /// A trap, a non-zero WASI exit, a throwing host function, an instance stopped during the call.
    Call = 5002,
    /// No such export, or one of another kind.
    ExportNotFound = 5003,
    /// Unknown or dropped module id.
    InvalidModuleHandle = 5004,
    /// Unknown, dropped or dead instance id.
    InvalidInstanceHandle = 5005,
    /// No memory, out of bounds, growth refused.
    Memory = 5006,
    /// Wrong number or type of arguments.
    Type = 5007,
    /// A module file cannot be read.
    Io = 5008,
    /// The capability check failed.
    PermissionDenied = 5009,
    /// An unusable WASI configuration.
    Wasi = 5010,
    /// An execution limit was reached: fuel, time or processor time.
    FuelExhausted = 5011,
}

impl ErrorCode {
    /// Every code with its name, in order.
    pub const ALL: [ErrorCode; 12] = [
        ErrorCode::Compile,
        ErrorCode::Instantiate,
        ErrorCode::Call,
        ErrorCode::ExportNotFound,
        ErrorCode::InvalidModuleHandle,
        ErrorCode::InvalidInstanceHandle,
        ErrorCode::Memory,
        ErrorCode::Type,
        ErrorCode::Io,
        ErrorCode::PermissionDenied,
        ErrorCode::Wasi,
        ErrorCode::FuelExhausted,
    ];

    /// The name that JavaScript sees as `error.name`.
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::Compile => "CompileError",
            ErrorCode::Instantiate => "InstantiateError",
            ErrorCode::Call => "CallError",
            ErrorCode::ExportNotFound => "ExportNotFound",
            ErrorCode::InvalidModuleHandle => "InvalidModuleHandle",
            ErrorCode::InvalidInstanceHandle => "InvalidInstanceHandle",
            ErrorCode::Memory => "MemoryError",
            ErrorCode::Type => "TypeError",
            ErrorCode::Io => "IoError",
            ErrorCode::PermissionDenied => "PermissionDenied",
            ErrorCode::Wasi => "WasiError",
            ErrorCode::FuelExhausted => "FuelExhausted",
        }
    }
}

/// An error of `runtime:wasm`. Its `Display` is `[code] message`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WasmError {
    /// The documented number.
    pub code: ErrorCode,
    /// What happened, naming the module, export, parameter or path at fault. Without the `[code] ` prefix. Of bounded length, and
    /// nothing in it is more than text: see [`printable`].
    pub message: String,
    /// For a trap: its kind, such as `"unreachable"` or `"stack overflow"`.
    pub trap: Option<&'static str>,
    /// For a trap: the guest's stack, innermost first, `name (file:line:column)` where the module has DWARF.
    pub guest_stack: Vec<String>,
    /// For a WASI exit: the guest's exit code.
    pub exit_code: Option<i32>,
    /// For a host function that threw: what it threw.
    pub cause: Option<HostRef>,
    /// The call that failed, with its arguments as the guest got them.
    pub call: Option<Box<FailedCall>>,
    /// The imported function that failed, where it was one.
    pub import: Option<Box<FailedImport>>,
    /// For 5011: which limit it was.
    pub limit: Option<ReachedLimit>,
    /// For 5005: how the instance has ended, where that is still known.
    pub ended: Option<Box<Ended>>,
    /// The error below this one, as [`Error::source`](std::error::Error::source) gives it: what a host function of a Rust program returned, or
    /// what the system said.
    pub source: Option<ErrorSource>,
}

/// An error below another one. Clones are equal, and nothing else is.
#[derive(Clone, Debug)]
pub struct ErrorSource(Arc<Box<dyn std::error::Error + Send + Sync>>);

impl ErrorSource {
    /// Of any error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        ErrorSource(Arc::new(error.into()))
    }

    /// The error itself.
    pub fn get(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &**self.0
    }
}

impl PartialEq for ErrorSource {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ErrorSource {}

/// The limits of execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ReachedLimit {
    /// Wall time.
    Time,
    /// Processor time.
    Cpu,
    /// Fuel.
    Fuel,
}

impl ReachedLimit {
    /// The word that JavaScript sees as `error.limit`.
    pub fn name(self) -> &'static str {
        match self {
            ReachedLimit::Time => "time",
            ReachedLimit::Cpu => "cpu",
            ReachedLimit::Fuel => "fuel",
        }
    }
}

/// The call of an export, as an error tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FailedCall {
    /// The export, as messages name it.
    pub name: String,
    /// The first arguments, [`FailedCall::ARGS_MAX`] at most.
    pub args: Vec<Value>,
}

impl FailedCall {
    /// How many arguments are told.
    pub const ARGS_MAX: usize = 16;

    /// The call of this export with these arguments, as the guest got them or would have: those that do not fit are left out.
    #[doc(hidden)]
    pub fn told(name: &str, args: &[Arg], params: &[ValueType]) -> Self {
        let typed = args.iter().zip(params).take(Self::ARGS_MAX);
        let args = typed.filter_map(|(arg, ty)| Value::from_arg(arg, *ty).ok()).collect();
        FailedCall { name: printable::name(name), args }
    }
}

/// An imported function, by its names as messages have them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FailedImport {
    /// The import module.
    pub module: String,
    /// The name in it.
    pub name: String,
}

impl FailedImport {
    /// The function of these names.
    pub fn new(module: &str, name: &str) -> Self {
        FailedImport { module: printable::name(module), name: printable::name(name) }
    }
}

impl fmt::Display for FailedImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a component imports itself is in no interface.
        if self.module.is_empty() {
            return write!(f, "\"{}\"", self.name);
        }
        write!(f, "\"{}\" \"{}\"", self.module, self.name)
    }
}

impl WasmError {
    /// An error with a code and a sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        WasmError {
            code,
            message: printable::message(message.into()),
            trap: None,
            guest_stack: Vec::new(),
            exit_code: None,
            cause: None,
            call: None,
            import: None,
            limit: None,
            ended: None,
            source: None,
        }
    }

    /// The same error, with the one below it.
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(ErrorSource::new(source));
        self
    }

    /// 5011: this limit was reached.
    #[doc(hidden)]
    pub fn limit(limit: ReachedLimit, message: impl Into<String>) -> Self {
        WasmError { limit: Some(limit), ..Self::new(ErrorCode::FuelExhausted, message) }
    }

    /// The same error in other words.
    #[doc(hidden)]
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = printable::message(message.into());
        self
    }

    /// 5005: nothing (any more) answers to this id.
    #[doc(hidden)]
    pub fn no_instance(id: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::InvalidInstanceHandle,
            format!("there is no instance {id}: it was never made, or has ended"),
        )
    }

    /// 5005: the instance has ended, in this way.
    #[doc(hidden)]
    pub fn ended(ended: Ended) -> Self {
        let error = Self::new(ErrorCode::InvalidInstanceHandle, ended.to_string());
        WasmError { ended: Some(Box::new(ended)), ..error }
    }

    /// 5004: no module has this id.
    #[doc(hidden)]
    pub fn no_module(id: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::InvalidModuleHandle,
            format!("there is no module {id}: it was never compiled, or was dropped"),
        )
    }

    /// 5007: what `subject` names is a value that another runtime keeps, which shares the instances.
    #[doc(hidden)]
    pub fn foreign_value(subject: &str) -> Self {
        let text = format!("{subject} is a value of another JavaScript runtime, which keeps it to itself");
        Self::new(ErrorCode::Type, text)
    }
}

impl fmt::Display for WasmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code as u16, self.message)
    }
}

impl std::error::Error for WasmError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.get() as _)
    }
}

/// What every fallible operation of this crate returns.
pub type Result<T, E = WasmError> = std::result::Result<T, E>;
