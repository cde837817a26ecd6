//! Compilation: elsewhere, while its caller waits. On threads of its own, as many as it is given; or in a process of its own, where the program
//! can be started once more for that (`process`, and `child` for what that one does).
//!
//! Each has a pool of threads to itself, since the jobs of a pool are done in no fair order: a small module would wait for all functions of a
//! large one. Whose turn it is, and how many threads there are, is for the registry to say.

mod child;
mod job;
mod process;
mod settings;

pub use child::{COMPILE_MODULE, compile_module};
pub use job::Threads;
pub(super) use job::{Failure, Job, pool};
pub use settings::{CompileNews, CompileProcess, CompileWatch};

use super::Code;
use crate::blocking;
use process::Killer;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Compiles, and hands the code to `finish` on a thread that may take its time. A job whose caller has gone before it begins is not begun; one that
/// runs in a process of its own is ended.
pub(super) async fn compile<T: Send + 'static>(
    job: Job,
    threads: Threads,
    finish: impl FnOnce(Code, &Job) -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    match job.engines.compile_process.clone() {
        Some(process) => in_a_process(process, job, threads, finish).await,
        None => on_threads(job, threads, finish).await,
    }
}

/// Ends a compilation that nobody waits for.
struct KillOnDrop(Arc<Killer>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.kill();
    }
}

async fn in_a_process<T: Send + 'static>(
    process: CompileProcess,
    job: Job,
    threads: Threads,
    finish: impl FnOnce(Code, &Job) -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    let killer = Arc::new(Killer::default());
    let _unwanted = KillOnDrop(killer.clone());
    let (span, no_thread) = (job.span(), job.failed("no thread for it"));
    let compiled = blocking::run(move || {
        let _held = threads.held;
        let _entered = span.enter();
        let compiled = job.code(|key, cache| match process.compile(&job, key, cache, threads.count, &killer)? {
            Some(code) => Ok(code),
            None => pool(&job.name, threads.count)
                .map_err(|error| job.no_thread(&error))?
                .install(|| job.compile(key, cache)),
        });
        job.record(&span, &compiled);
        compiled.map(|code| finish(code, &job))
    });
    compiled.await.unwrap_or_else(|error| {
        let text = format!("{}: {error}", no_thread.message);
        Err(Failure::Passing(no_thread.saying(text)))
    })
}

async fn on_threads<T: Send + 'static>(
    job: Job,
    threads: Threads,
    finish: impl FnOnce(Code, &Job) -> T + Send + 'static,
) -> std::result::Result<T, Failure> {
    let pool = pool(&job.name, threads.count).map_err(|error| job.no_thread(&error))?;
    let (sender, receiver) = oneshot::channel();
    let (failed, lost) = (job.failed("the compiler failed on it"), job.failed("its thread was lost"));
    pool.spawn(move || {
        let _held = threads.held;
        if sender.is_closed() {
            return;
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| {
            let span = job.span();
            let _entered = span.enter();
            let compiled = job.code(|key, cache| job.compile(key, cache));
            job.record(&span, &compiled);
            compiled.map(|code| finish(code, &job))
        }));
        // Dropped here if nobody wants it any more.
        let _ = sender.send(compiled);
    });
    match receiver.await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) => Err(Failure::OfModule(failed)),
        Err(_) => Err(Failure::Passing(lost)),
    }
}
