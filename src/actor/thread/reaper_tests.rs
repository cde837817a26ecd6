//! What becomes of threads.

use super::*;

#[test]
fn what_panics_after_a_thread_has_ended_keeps_nothing_from_what_follows() {
    let reaper = Reaper::new().unwrap();
    let (sender, done) = unbounded();
    let builder = || Builder { name: c"test".to_owned(), stack_bytes: THREAD_STACK_BYTES };
    for number in 0..3 {
        let sender = sender.clone();
        let panics = move || Left { then: Some(Box::new(|| panic!("on purpose"))), fit: number > 0 };
        reaper.spawn(builder(), panics).unwrap();
        let then: Then = Box::new(move || sender.send(number).unwrap());
        assert!(reaper.spawn_from_there(builder(), move || Left { then: Some(then), fit: number > 1 }));
    }
    let mut told: Vec<_> = done.iter().take(3).collect();
    told.sort_unstable();
    assert_eq!(told, [0, 1, 2]);
}

/// What there is to see of the thread that this runs on.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    thread: i32,
    name: String,
    nice: i32,
    processors: usize,
    is_pipe_blocked: bool,
    has_stack: bool,
}

impl Seen {
    fn here() -> Seen {
        let name = std::fs::read_to_string("/proc/thread-self/comm").unwrap();
        Seen {
            thread: scheduling::this_thread(),
            name: name.trim_end().to_owned(),
            nice: rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap(),
            processors: rustix::thread::sched_getaffinity(None).unwrap().count() as usize,
            is_pipe_blocked: blocks_the_signal_of_pipes(None),
            has_stack: SignalStack::enter().is_some(),
        }
    }
}

/// Is SIGPIPE kept from this thread? Sets it first, if so.
fn blocks_the_signal_of_pipes(block: Option<()>) -> bool {
    // SAFETY: the sets are initialised by the calls before they are read.
    unsafe {
        let (mut set, mut now) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&raw mut set);
        if block.is_some() {
            libc::sigaddset(&raw mut set, libc::SIGPIPE);
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut now);
        libc::sigismember(&raw const now, libc::SIGPIPE) == 1
    }
}

/// Lives `life` under this name on a thread of the reaper's, and waits until nothing of it is on that thread any more.
fn lived(reaper: &Reaper, name: &str, fit: bool, life: impl FnOnce() + Send + 'static) -> Seen {
    let (sender, over) = unbounded();
    let body = move || {
        let seen = Seen::here();
        life();
        Left { then: Some(Box::new(move || sender.send(seen).unwrap())), fit }
    };
    let builder = Builder { name: CString::new(name).unwrap(), stack_bytes: THREAD_STACK_BYTES };
    reaper.spawn(builder, body).unwrap();
    over.recv().unwrap()
}

#[test]
fn a_thread_is_reused_under_another_name_and_only_in_the_condition_that_it_was_in() {
    let reaper = Reaper::new().unwrap();
    let first = lived(&reaper, "first", true, || {});
    let second = lived(&reaper, "second", true, || {});
    assert_eq!((&*first.name, &*second.name, first.thread), ("first", "second", second.thread));
    let lives: [(&str, bool, fn()); 4] = [
        ("unfit", false, || {}),
        ("demoted", true, || scheduling::demote(scheduling::this_thread(), 19).unwrap()),
        ("deaf", true, || assert!(!blocks_the_signal_of_pipes(Some(())))),
        ("bound", true, || {
            let mut one = rustix::thread::CpuSet::new();
            one.set(0);
            rustix::thread::sched_setaffinity(None, &one).unwrap();
        }),
    ];
    let mut before = second;
    for (name, fit, life) in lives {
        let spoilt = lived(&reaper, name, fit, life);
        assert_eq!(spoilt.thread, before.thread, "{name}: the one before it was to be reused");
        let next = lived(&reaper, "next", true, || {});
        // As the first of all was, but for what two threads cannot have in common.
        assert_eq!(Seen { thread: first.thread, name: "first".to_owned(), ..next }, first, "after {name}");
        before = lived(&reaper, "again", true, || {});
        if spoilt.processors > 1 || name != "bound" {
            assert_ne!(before.thread, spoilt.thread, "{name}: it is not fit for another life");
        }
    }
}

#[test]
fn no_more_threads_wait_than_may_and_none_once_nobody_can_need_them() {
    let reaper = Reaper::new().unwrap();
    let count = reaper.counting();
    let (sender, over) = unbounded();
    let lives = IDLE_THREADS_MAX + 8;
    let together = Arc::new(std::sync::Barrier::new(lives));
    for _ in 0..lives {
        let (sender, together) = (sender.clone(), together.clone());
        let builder = Builder { name: c"test".to_owned(), stack_bytes: THREAD_STACK_BYTES };
        let body = move || {
            together.wait();
            Left { then: Some(Box::new(move || sender.send(()).unwrap())), fit: true }
        };
        reaper.spawn(builder, body).unwrap();
    }
    assert_eq!(over.iter().take(lives).count(), lives);
    assert_eq!(count(), IDLE_THREADS_MAX);
    drop(reaper);
    assert_eq!(count(), 0);
    // A channel ends when the last thread that could send has.
    drop(sender);
    assert!(over.recv().is_err());
}
