//! Compilation: on threads of its own, as many as it is given, while its caller waits.
//!
//! Each has a pool to itself, since the jobs of a pool are done in no fair order: a small module would wait for all functions of a
//! large one. Whose turn it is, and how many threads there are, is for the registry to say.

use super::parser_text::parser_text;
use super::{Code, Engines, Metering, file_kind, hostile};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::COMPILE_STACK_BYTES;
use crate::{panics, scheduling};
use bytes::Bytes;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::oneshot;

/// What a compilation may run on.
pub struct Threads {
    /// How many threads.
    pub count: usize,
    /// What is held for it until it has ended, also if nobody waits for it any more.
    pub held: Box<dyn Any + Send>,
}

/// Why there is no code.
pub(super) enum Failure {
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
pub(super) struct Job {
    pub engines: Arc<Engines>,
    pub metering: Metering,
    /// For messages.
    pub name: String,
    pub bytes: Bytes,
}

/// Compiles, and hands the code to `finish` on the thread that compiled: what takes long is done there. A job whose caller has gone
/// before it begins is not begun.
pub(super) async fn compile<T: Send + 'static>(
    job: Job,
    threads: Threads,
    finish: impl FnOnce(Code, Job) -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    let name = job.name.clone();
    let failed = |what: &str| WasmError::new(ErrorCode::Compile, format!("cannot compile {name}: {what}"));
    let pool = pool(&name, threads.count).map_err(|error| {
        Failure::Passing(failed(&format!(
            "no thread to compile on: {error}; the limits are `ulimit -u` and kernel.threads-max"
        )))
    })?;
    let (sender, receiver) = oneshot::channel();
    pool.spawn(move || {
        let _held = threads.held;
        if sender.is_closed() {
            return;
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| Ok(finish(job.compile()?, job))));
        // Dropped here if nobody wants it any more.
        let _ = sender.send(compiled);
    });
    match receiver.await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) => Err(Failure::OfModule(failed("the compiler failed on it"))),
        Err(_) => Err(Failure::Passing(failed("its thread was lost"))),
    }
}

/// Threads for work on a module, whose panics are contained.
pub(super) fn pool(name: &str, threads: usize) -> std::result::Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    let stack = COMPILE_STACK_BYTES;
    #[cfg(test)]
    let stack = super::faults::stack_bytes(name, stack);
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
        .build()
}

impl Job {
    fn compile(&self) -> std::result::Result<Code, Failure> {
        let Job { engines, metering, name, bytes } = self;
        let span = tracing::info_span!("compile", module = name, bytes = bytes.len(), outcome = tracing::field::Empty);
        let _entered = span.enter();
        #[cfg(test)]
        super::faults::compiling(name);
        let engine = engines.get(*metering).map_err(Failure::Passing)?;
        let compiled = compile_with(engine, name, bytes);
        span.record("outcome", compiled.as_ref().map_or_else(|error| error.code.name(), |_| "ok"));
        compiled.map_err(Failure::OfModule)
    }
}

fn compile_with(engine: &wasmtime::Engine, name: &str, bytes: &[u8]) -> Result<Code> {
    file_kind::check(name, bytes)?;
    hostile::check(bytes)
        .map_err(|problem| WasmError::new(ErrorCode::Compile, format!("{name} is not compiled: {problem}")))?;
    wasmtime::Module::from_binary(engine, bytes).map_err(|error| {
        WasmError::new(ErrorCode::Compile, format!("{name} is not a valid WebAssembly module: {}", parser_text(error)))
    })
}
