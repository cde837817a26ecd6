//! How the operating system shares the processor among threads: a short slice for those that must answer, a lower
//! priority for those that run on.
//!
//! A slice is what a thread may use up at a time (EEVDF, Linux 6.12 and later); one with a short slice gets its turn sooner
//! when it wakes up. Asking for it needs no privilege, and older kernels ignore it. All of this is best effort: where the
//! system refuses, everything works as before, only not as promptly.

use std::io;
use std::mem::size_of;
use std::time::Duration;

/// The slice of a thread that must answer, in nanoseconds.
const PROMPT_SLICE_NANOS: u64 = 100_000;
/// The slice of a thread that runs on. Longer than the system's own: a thread that must answer then has to wait for one of these
/// a tenth as often, and each comes to its turn, where it finds out that it is stopped, only little later.
const DEMOTED_SLICE_NANOS: u64 = 3_000_000;
/// Leaves the slice to the system.
const DEFAULT_SLICE: u64 = 0;

/// `struct sched_attr` of the system call, in its first version.
#[repr(C)]
#[derive(Default, PartialEq, Eq)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    slice: u64,
    deadline: u64,
    period: u64,
}

/// Marks the calling thread as one that must answer: the event loop's, for instance. Best effort.
pub fn prompt_this_thread() {
    // 0 is the calling thread.
    let _ = prompt(0);
}

/// The calling thread is one that must answer, until this is dropped: then it is scheduled as it was before. For a thread that is
/// somebody else's. Best effort.
pub struct PromptForNow {
    before: Option<Attributes>,
}

impl PromptForNow {
    /// From here on.
    #[allow(clippy::new_without_default, reason = "making one does something to the thread")]
    pub fn new() -> Self {
        let before = share_of_this_thread().ok().map(|Share(attributes)| attributes);
        prompt_this_thread();
        PromptForNow { before }
    }
}

impl Drop for PromptForNow {
    fn drop(&mut self) {
        if let Some(Attributes { nice, slice, .. }) = &self.before {
            // The slice that the system has given by itself is asked for by naming none.
            let slice = if *slice == PROMPT_SLICE_NANOS { *slice } else { DEFAULT_SLICE };
            let _ = set(0, *nice, slice);
        }
    }
}

/// Takes from the calling thread what it inherited from a prompt one, before it works at length.
pub(crate) fn plain_this_thread() {
    let _ = set(0, base_nice(), DEFAULT_SLICE);
}

/// Gives a thread of this process a short slice and the process's own priority.
pub(crate) fn prompt(thread: i32) -> io::Result<()> {
    set(thread, base_nice(), PROMPT_SLICE_NANOS)
}

/// Puts a thread of this process behind others: this nice value, or the process's own if that is higher.
pub(crate) fn demote(thread: i32, nice: i32) -> io::Result<()> {
    set(thread, nice.max(base_nice()), DEMOTED_SLICE_NANOS)
}

/// The nice value that this process was started with: that of its first thread, which is never demoted.
fn base_nice() -> i32 {
    rustix::process::getpriority_process(Some(rustix::process::getpid())).unwrap_or(0)
}

fn set(thread: i32, nice: i32, slice: u64) -> io::Result<()> {
    // The first version has 48 bytes, which a u32 holds.
    let attributes = Attributes { size: size_of::<Attributes>() as u32, nice, slice, ..Attributes::default() };
    // SAFETY: the attributes are valid for reads and say how long they are; the call keeps no reference to them.
    let failed = unsafe { libc::syscall(libc::SYS_sched_setattr, thread, &raw const attributes, 0) };
    if failed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How the calling thread is scheduled: its policy, priority and slice.
#[derive(PartialEq, Eq)]
pub(crate) struct Share(Attributes);

/// See [`Share`].
pub(crate) fn share_of_this_thread() -> io::Result<Share> {
    let mut attributes = Attributes::default();
    // SAFETY: the attributes are valid for writes of as many bytes as the call is told of.
    let failed = unsafe {
        libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size_of::<Attributes>() as libc::c_uint, 0)
    };
    if failed == 0 { Ok(Share(attributes)) } else { Err(io::Error::last_os_error()) }
}

/// The calling thread's id, by which Linux and the functions here name it. Never 0.
pub(crate) fn this_thread() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// The processor time of a thread of this process. `None` if there is no such thread (any more).
pub(crate) fn cpu_time_of(thread: i32) -> Option<Duration> {
    // How Linux makes the clock of a thread: its id inverted, "of a thread" (4), "as scheduled" (2).
    let clock = (!thread << 3) | 4 | 2;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writes; an unknown clock is an error, not undefined.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut time) };
    if failed != 0 {
        return None;
    }
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// Starts a thread that must answer and does little: one of those that see to the actors.
pub(crate) fn start_prompt_thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = std::thread::Builder::new().name(name.to_owned()).stack_size(128 * 1024);
    builder.spawn(move || {
        prompt_this_thread();
        body();
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_be_made_prompt_and_be_demoted() {
        std::thread::spawn(|| {
            let thread = this_thread();
            prompt(thread).unwrap();
            demote(thread, 19).unwrap();
            let nice = rustix::process::getpriority_process(Some(rustix::thread::gettid()));
            assert_eq!(nice, Ok(19));
        })
        .join()
        .unwrap();
    }
}
