//! Compilation in a process of its own: its memory and its time are bounded, it ends at once where nobody wants it any more, and a crash of
//! the compiler ends nothing else.
//!
//! The process is this program once more ([`compile_child`](super::child)). It is given the module as its input and writes code as
//! its output, in the form that the [cache](crate::engine::cache) keeps; so what it has written is checked as an entry of the cache is.

use super::child::{NO_MEMORY, NO_OUTPUT, OF_MODULE, PASSING, arguments};
use super::job::{Failure, Job};
use super::settings::{CompileNews, CompileProcess, CompileWatch};
use crate::engine::Code;
use crate::engine::cache::{Cache, Key, load};
use crate::error::{ErrorCode, WasmError};
use crate::printable;
use crate::size;
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Bytes of what such a process says that are read.
const SAID_BYTES_MAX: u64 = 16 * 1024;

/// From here on a compilation takes long.
const LONG: Duration = Duration::from_secs(1);
const BETWEEN_NEWS: Duration = Duration::from_millis(250);

/// Ends a compilation from another thread.
#[derive(Default)]
pub(super) struct Killer(Mutex<Target>);

#[derive(Default)]
enum Target {
    #[default]
    NotStarted,
    Running(OwnedFd),
    Over,
}

impl Killer {
    /// The process is this one. False if nobody wants it any more.
    fn aim(&self, process: OwnedFd) -> bool {
        let mut target = self.0.lock();
        let wanted = !matches!(*target, Target::Over);
        if wanted {
            *target = Target::Running(process);
        }
        wanted
    }

    /// Ends the process, if it runs, and keeps it from starting.
    pub(super) fn kill(&self) {
        if let Target::Running(process) = std::mem::replace(&mut *self.0.lock(), Target::Over) {
            // One that has ended meanwhile is none: the descriptor names no other.
            let _ = pidfd_send_signal(&process, Signal::KILL);
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(*self.0.lock(), Target::Over)
    }
}

/// A process that is waited for, whatever happens.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl CompileProcess {
    /// Compiles on so many threads; blocks. `None` where that cannot be done here: there is no process to be had, or no file for its code.
    pub(super) fn compile(
        &self,
        job: &Job,
        key: &Key,
        cache: Option<&Cache>,
        threads: usize,
        killer: &Killer,
    ) -> Result<Option<Code>, Failure> {
        let engine = job.engine()?;
        let files = in_memory("wasm-code").and_then(|output| Ok((output, in_memory("wasm-compile-error")?)));
        let ran = files
            .and_then(|(output, errors)| Ok((self.run(job, threads, (&output, &errors), killer)?, output, errors)));
        let (end, output, mut errors) = match ran {
            Ok(ran) => ran,
            Err(error) => {
                tracing::info!(%error, "no process to compile in");
                return Ok(None);
            }
        };
        if let Some(problem) = self.problem(&end, &mut errors) {
            let error = WasmError::new(ErrorCode::Compile, format!("{} {problem}", job.name));
            return match end {
                End::Exited(status) if status.code() == Some(NO_OUTPUT) => Ok(None),
                End::Exited(status) if status.code() == Some(PASSING) => Err(Failure::Passing(error)),
                End::Unwanted => Err(Failure::Passing(error)),
                _ => Err(Failure::OfModule(error)),
            };
        }
        // From the cache, if that can have it: what is mapped from there is shared by all processes.
        let kept = cache.and_then(|cache| cache.keep(key, &output)).and_then(|cache| cache.get(engine, key));
        let code = kept.map_or_else(|| load(&output, engine, key), Ok).map_err(|problem| {
            Failure::Passing(job.failed(&format!("what the compiler has written is not usable: {problem}")))
        })?;
        Ok(Some(code))
    }

    /// Runs the process to its end.
    fn run(&self, job: &Job, threads: usize, (output, errors): (&File, &File), killer: &Killer) -> io::Result<End> {
        let mut input = in_memory("wasm-module")?;
        input.write_all(&job.bytes)?;
        input.rewind()?;
        let mut command = Command::new(&self.program);
        command
            .args(arguments(job.engines.interruption, job.metering, threads, self.memory_bytes, self.time, &job.name))
            .env_clear();
        command.stdin(input).stdout(output.try_clone()?).stderr(errors.try_clone()?);
        let mut running = Running(command.spawn()?);
        let process = pidfd_open(pid_of(&running.0)?, PidfdFlags::empty())?;
        if !killer.aim(process.try_clone()?) {
            return Ok(End::Unwanted);
        }
        if !self.ends_in_time(&process, job)? {
            return Ok(End::TooLate);
        }
        let status = running.0.wait()?;
        Ok(if killer.is_over() { End::Unwanted } else { End::Exited(status) })
    }

    /// Waits until the process has ended, and tells of that where it takes long. False if it takes too long.
    fn ends_in_time(&self, process: &OwnedFd, job: &Job) -> io::Result<bool> {
        let Some(watch) = &self.watch else { return ends_within(process, self.time) };
        let begun = Instant::now();
        if ends_within(process, self.time.min(LONG))? {
            return Ok(true);
        }
        let _over = TellOver(watch);
        loop {
            let elapsed = begun.elapsed();
            let Some(left) = self.time.checked_sub(elapsed) else { return Ok(false) };
            watch.tell(CompileNews::GoesOn { name: &job.name, bytes: job.bytes.len(), elapsed });
            if ends_within(process, left.min(BETWEEN_NEWS))? {
                return Ok(true);
            }
        }
    }

    /// What is wrong, if anything is.
    fn problem(&self, end: &End, errors: &mut File) -> Option<String> {
        let memory = size::text(self.memory_bytes);
        let status = match end {
            End::Exited(status) if status.success() => return None,
            End::Exited(status) => status,
            End::Unwanted => return Some("is not compiled: nobody wants it any more".to_owned()),
            End::TooLate => {
                let limit = self.time.as_millis();
                return Some(format!("is not compiled: it takes longer than {limit} ms (max_compile_ms)"));
            }
        };
        let mut said = Vec::new();
        let _ = errors.rewind().and_then(|()| errors.take(SAID_BYTES_MAX).read_to_end(&mut said));
        let said = printable::message(String::from_utf8_lossy(&said).trim().to_owned());
        let no_memory = || format!("is not compiled: it takes more than {memory} of memory (max_compile_memory)");
        Some(match (status.code(), status.signal()) {
            (Some(OF_MODULE | PASSING | NO_OUTPUT), _) => said,
            (Some(NO_MEMORY), _) => no_memory(),
            // How Rust ends where there is no memory.
            (_, Some(libc::SIGABRT)) if said.contains("memory allocation of ") => no_memory(),
            (_, Some(libc::SIGXCPU)) => {
                format!(
                    "is not compiled: it takes more processor time than max_compile_ms permits, {} ms",
                    self.time.as_millis()
                )
            }
            (_, Some(signal)) => format!("is not compiled: the compiler failed on it, by signal {signal}"),
            (code, None) => format!("is not compiled: the compiler failed on it, with code {}", code.unwrap_or(-1)),
        })
    }
}

/// Tells that a compilation is over, also where waiting for it has failed.
struct TellOver<'a>(&'a CompileWatch);

impl Drop for TellOver<'_> {
    fn drop(&mut self) {
        self.0.tell(CompileNews::Over);
    }
}

/// How a process has ended.
enum End {
    Exited(ExitStatus),
    TooLate,
    Unwanted,
}

fn in_memory(name: &str) -> io::Result<File> {
    Ok(memfd_create(name, MemfdFlags::CLOEXEC)?.into())
}

fn pid_of(child: &Child) -> io::Result<Pid> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| io::Error::other("a process without a number"))
}

/// Waits until the process has ended. False if that takes too long.
fn ends_within(process: &OwnedFd, time: Duration) -> io::Result<bool> {
    let until = Instant::now() + time;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        match poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
