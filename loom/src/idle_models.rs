//! Threads that wait for the next life, against those that hand one on, end them, and end them all.

use super::idle::Idle;
use crate::check;
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A thread that lives one life after another, counted, until it is told to end or is not to wait.
fn reused(idle: &Arc<Idle<usize>>, lived: &Arc<AtomicUsize>) -> thread::JoinHandle<()> {
    let (idle, lived) = (idle.clone(), lived.clone());
    thread::spawn(move || {
        while let Ok(Some(life)) = idle.wait((), |(), _| {}) {
            lived.fetch_add(life, Ordering::SeqCst);
        }
    })
}

/// Claim: what is handed to a thread that waits is lived once, by one thread, or given back; also when that is about to end.
#[test]
fn what_is_handed_on_is_lived_once() {
    check(|| {
        let (idle, lived) = (Arc::new(Idle::new(2)), Arc::<AtomicUsize>::default());
        let waiting = reused(&idle, &lived);
        let other = thread::spawn({
            let idle = idle.clone();
            move || usize::from(idle.hand(1).is_ok())
        });
        // As old as they are, they are not old enough at the first look.
        while idle.retire() {
            thread::yield_now();
        }
        let handed = usize::from(idle.hand(1).is_ok()) + other.join().unwrap();
        idle.close();
        waiting.join().unwrap();
        assert_eq!(lived.load(Ordering::SeqCst), handed, "a life was lost, or lived twice");
    });
}

/// Claim: no thread waits for ever once all are to end, whenever it came; nor do more wait than may.
#[test]
fn the_end_reaches_every_thread() {
    check(|| {
        let (idle, lived) = (Arc::new(Idle::new(1)), Arc::<AtomicUsize>::default());
        let threads = [reused(&idle, &lived), reused(&idle, &lived)];
        assert!(idle.count() <= 1);
        idle.close();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(idle.hand(1).is_err());
    });
}
