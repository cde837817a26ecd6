//! Replies that come in bunches: those who reply against the receiver.

use crate::actor::message::{Answer, ticketed_reply};
use crate::actor::replies::Replies;
use crate::check;
use loom::sync::{Arc, Notify};
use loom::thread;

/// Claim: a receiver that waits hears of every reply, also of that of a request that was dropped.
#[test]
fn a_receiver_hears_of_every_reply() {
    check(|| {
        let woken = Arc::new(Notify::new());
        let replies = std::sync::Arc::new(Replies::new({
            let woken = woken.clone();
            move || woken.notify()
        }));
        let answered = ticketed_reply(&replies, 0);
        let dropped = ticketed_reply(&replies, 1);
        let others = [thread::spawn(move || answered.send(Ok(Answer::Done))), thread::spawn(move || drop(dropped))];
        let mut heard = Vec::new();
        loop {
            heard.extend(replies.take().into_iter().map(|(ticket, reply)| (ticket, reply.is_some())));
            if heard.len() == 2 {
                break;
            }
            if replies.wait() {
                woken.wait();
            }
        }
        heard.sort_unstable();
        assert_eq!(heard, [(0, true), (1, false)]);
        for other in others {
            other.join().unwrap();
        }
    });
}
