//! The mailbox: senders against closing, and the worker against both.

use crate::actor::mailbox::{Mailbox, SendError};
use crate::check;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// A request that counts its end: dropping it answers it.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Claim: a request sent while the mailbox closes does not stay in it unanswered.
#[test]
fn nothing_stays_behind_in_a_closed_mailbox() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(2));
        let ended = Arc::new(AtomicUsize::new(0));
        let closer = thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.close()
        });
        match mailbox.try_send(Counted(ended.clone())) {
            Ok(()) => {}
            Err(SendError::Closed(request) | SendError::Full(request)) => drop(request),
        }
        closer.join().unwrap();
        let count = ended.load(Ordering::SeqCst);
        assert!(count == 1, "the request was ended {count} times");
    });
}

/// Claim: a worker that waits for a request ends when the mailbox closes, also while somebody sends.
#[test]
fn closing_ends_a_waiting_worker() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(1));
        let ended = Arc::new(AtomicUsize::new(0));
        let worker = thread::spawn({
            let mailbox = mailbox.clone();
            // Never returns, and loom reports a deadlock, if the wake-up is lost.
            move || while mailbox.receive().is_some() {}
        });
        let sender = thread::spawn({
            let (mailbox, ended) = (mailbox.clone(), ended.clone());
            move || drop(mailbox.try_send(Counted(ended)))
        });
        mailbox.close();
        worker.join().unwrap();
        sender.join().unwrap();
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    });
}

/// Claim: the mailbox never holds more than its capacity, and hands back what does not fit.
#[test]
fn capacity_is_kept() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(1));
        let other = thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.try_send(1).is_ok()
        });
        let mine = mailbox.try_send(2).is_ok();
        let theirs = other.join().unwrap();
        assert!(mine != theirs, "over capacity, or none was taken");
        assert_eq!(mailbox.depth(), 1);
    });
}
