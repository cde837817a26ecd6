//! What is compiled, and how it may fail.

use crate::engine::cache::{Cache, Key};
use crate::engine::parser_text::parser_text;
use crate::engine::types::Sha256;
use crate::engine::{Code, Engines, Kind, Metering, file_kind, hostile, looks};
use crate::error::{ErrorCode, WasmError};
use crate::interface::NO_WASI_0_3;
use crate::limits::COMPILE_STACK_BYTES;
use crate::{panics, scheduling};
use bytes::Bytes;
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;
use tracing::Span;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What a compilation may run on.
pub struct Threads {
    /// How many threads.
    pub count: usize,
    /// What is held for it until it has ended, also if nobody waits for it any more.
    pub held: Box<dyn Any + Send>,
}

/// Why there is no code.
pub(crate) enum Failure {
    /// It is the module's fault, and stays so.
    OfModule(WasmError),
    /// It may work the next time.
    Passing(WasmError),
}

impl From<Failure> for WasmError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::OfModule(error) | Failure::Passing(error) => error,
        }
    }
}

/// What is compiled, and for which engine.
pub(crate) struct Job {
    pub engines: Arc<Engines>,
    pub metering: Metering,
    /// For messages.
    pub name: String,
    pub bytes: Bytes,
    /// Their hash.
    pub sha256: Sha256,
}

impl Job {
    /// The engine that it is compiled for.
    pub(super) fn engine(&self) -> std::result::Result<&Engine, Failure> {
        self.engines.for_kind(self.metering, Kind::of(&self.bytes)).map_err(Failure::Passing)
    }

    pub(crate) fn failed(&self, why: &str) -> WasmError {
        WasmError::new(ErrorCode::Compile, format!("cannot compile {}: {why}", self.name))
    }

    pub(super) fn no_thread(&self, error: &rayon::ThreadPoolBuildError) -> Failure {
        let limits = "the limits are `ulimit -u` and kernel.threads-max";
        Failure::Passing(self.failed(&format!("no thread to compile on: {error}; {limits}")))
    }

    pub(super) fn span(&self) -> Span {
        tracing::info_span!("compile", module = self.name, bytes = self.bytes.len(), outcome = tracing::field::Empty)
    }

    pub(super) fn record(&self, span: &Span, compiled: &std::result::Result<Code, Failure>) {
        match compiled {
            Ok(_) => {}
            Err(Failure::OfModule(error) | Failure::Passing(error)) => drop(span.record("outcome", error.code.name())),
        }
    }

    /// The code: from the cache, or else as `make` has it.
    pub(super) fn code(
        &self,
        make: impl FnOnce(&Key, Option<&Cache>) -> std::result::Result<Code, Failure>,
    ) -> std::result::Result<Code, Failure> {
        let engine = self.engine()?;
        let key = Key::new(&self.sha256, Kind::of(&self.bytes), engine);
        let cache = self.engines.cache.as_ref();
        let kept = cache.and_then(|cache| cache.get(engine, &key));
        let (outcome, code) = match kept {
            Some(code) => ("cached", code),
            None => ("ok", make(&key, cache)?),
        };
        Span::current().record("outcome", outcome);
        Ok(code)
    }

    /// Compiles on the threads that this is called on.
    pub(super) fn compile(&self, key: &Key, cache: Option<&Cache>) -> std::result::Result<Code, Failure> {
        #[cfg(test)]
        crate::engine::faults::compiling(&self.name);
        let code = compile_with(&self.engines, self.metering, &self.name, &self.bytes)?;
        if let Some(cache) = cache {
            cache.put(key, &code);
        }
        Ok(code)
    }
}

/// Threads for work on a module, whose panics are contained.
pub(crate) fn pool(name: &str, threads: usize) -> std::result::Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    workers(name, threads).build()
}

/// Such threads, to be made.
pub(super) fn workers(name: &str, threads: usize) -> rayon::ThreadPoolBuilder {
    let stack = COMPILE_STACK_BYTES;
    #[cfg(test)]
    let stack = crate::engine::faults::stack_bytes(name, stack);
    #[cfg(not(test))]
    let _ = name;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .stack_size(stack)
        .start_handler(|_| {
            panics::contain_on_this_thread();
            scheduling::plain_this_thread();
        })
        .thread_name(|_| "wasm-compile".to_owned())
}

/// Does it have what came to components with that? It is the parser that says so.
fn is_of_wasi_0_3(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("requires the component model async")
}

/// Compiles for one of the engines, on the threads that this is called on.
pub(super) fn compile_with(
    engines: &Engines,
    metering: Metering,
    name: &str,
    bytes: &[u8],
) -> std::result::Result<Code, Failure> {
    let kind = Kind::of(bytes);
    let engine = engines.for_kind(metering, kind).map_err(Failure::Passing)?;
    let of_module = |text: String| Failure::OfModule(WasmError::new(ErrorCode::Compile, format!("{name} {text}")));
    let what = kind.name();
    let invalid = |error| of_module(format!("is not a valid WebAssembly {what}: {}", parser_text(error)));
    file_kind::check(name, bytes).map_err(Failure::OfModule)?;
    if kind == Kind::Component {
        hostile::check_component(bytes).map_err(|problem| of_module(format!("is not compiled: {problem}")))?;
        let made = Component::from_binary(engine, bytes);
        return Ok(Code::of_component(made.map_err(|error| match is_of_wasi_0_3(&error) {
            true => of_module(format!("is not compiled: {NO_WASI_0_3}")),
            false => invalid(error),
        })?));
    }
    hostile::check(bytes).map_err(|problem| of_module(format!("is not compiled: {problem}")))?;
    let rewritten = if engines.has_looks(metering) {
        // As it is, since what is added must not be within its reach; and with the features that guests have.
        let of_guests = engines.get(Metering::Metered).map_err(Failure::Passing)?;
        wasmtime::Module::validate(of_guests, bytes).map_err(invalid)?;
        looks::rewrite(bytes).map_err(|problem| of_module(format!("is not compiled: {problem}")))?
    } else {
        None
    };
    let (bytes, offsets) = match rewritten {
        None => (Cow::Borrowed(bytes), None),
        Some(looks::Rewritten { bytes, offsets }) => (Cow::Owned(bytes), Some(offsets)),
    };
    Ok(Code::of_module(wasmtime::Module::from_binary(engine, &bytes).map_err(invalid)?, offsets))
}
