//! The mailbox: senders against closing, and the worker against both.

use crate::actor::mailbox::{Mailbox, SendError};
use crate::check;
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::future::{Future, poll_fn};
use std::task::{Context, Poll, Waker};

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
            move || while mailbox.receive(|| ()).is_some() {}
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

/// Claim: those that wait for room get in in the order in which they came, whoever is polled first.
#[test]
fn waiting_senders_keep_their_order() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(2));
        for request in [1, 2] {
            mailbox.try_send(request).unwrap();
        }
        let worker = thread::spawn({
            let mailbox = mailbox.clone();
            move || [(); 4].map(|()| mailbox.receive(|| ()).unwrap())
        });
        let mut waiting = [3, 4].map(|request| Box::pin(mailbox.send(request)));
        let (mut sent, mut order) = ([false; 2], [0, 1]);
        block_on(poll_fn(|cx| {
            for index in order {
                sent[index] = sent[index] || waiting[index].as_mut().poll(cx).is_ready();
            }
            // In the order of the calls once; from then on the later one first.
            order = [1, 0];
            if sent == [true; 2] { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!(worker.join().unwrap(), [1, 2, 3, 4], "one has overtaken another");
    });
}

/// Claim: closing ends all that wait for room, the first in line and those behind it, and each request is ended once.
#[test]
fn closing_ends_waiting_senders() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(1));
        let ended = Arc::new(AtomicUsize::new(0));
        mailbox.try_send(Counted(ended.clone())).ok().unwrap();
        let senders = [(); 2].map(|()| {
            let (mailbox, ended) = (mailbox.clone(), ended.clone());
            // Never returns, and loom reports a deadlock, if it is forgotten.
            thread::spawn(move || drop(block_on(mailbox.send(Counted(ended)))))
        });
        mailbox.close();
        for sender in senders {
            sender.join().unwrap();
        }
        let count = ended.load(Ordering::SeqCst);
        assert!(count == 3, "3 requests were ended {count} times");
    });
}

/// Claim: who gives up waiting leaves no gap, not even when its turn has just come: the next in line gets in.
#[test]
fn a_sender_that_gives_up_leaves_no_gap() {
    check(|| {
        let mailbox = Arc::new(Mailbox::new(1));
        mailbox.try_send(1).unwrap();
        let worker = thread::spawn({
            let mailbox = mailbox.clone();
            move || [mailbox.receive(|| ()), mailbox.receive(|| ())]
        });
        let (mut fickle, mut patient) = (Box::pin(mailbox.send(2)), Box::pin(mailbox.send(3)));
        let mut cx = Context::from_waker(Waker::noop());
        let sent = fickle.as_mut().poll(&mut cx).is_ready();
        let next = patient.as_mut().poll(&mut cx);
        drop(fickle);
        if next.is_pending() {
            // Never returns, and loom reports a deadlock, if the line has a gap.
            block_on(async {
                if sent {
                    // Two are before it, and the worker takes two.
                    return;
                }
                patient.await.unwrap();
            });
        }
        assert_eq!(worker.join().unwrap(), [Some(1), Some(if sent { 2 } else { 3 })]);
    });
}
