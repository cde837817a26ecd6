//! The parts together: the registry's table, a mailbox and a control cell, as `Actor` and its worker use them.

use crate::actor::control::{Control, StopReason};
use crate::actor::mailbox::{Mailbox, SendError};
use crate::check;
use crate::registry::table::Table;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

/// A request that counts its end: dropping it answers it.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Actor {
    control: Control<Counted>,
    mailbox: Mailbox<Counted>,
}

impl Actor {
    fn new() -> Arc<Actor> {
        Arc::new(Actor { control: Control::new(), mailbox: Mailbox::new(2) })
    }

    /// As `handle.rs` does it.
    fn stop(&self) {
        if let Some(mut stopped) = self.control.stop(StopReason::Dropped) {
            drop(stopped.running.take());
            self.mailbox.close();
            stopped.wake();
        }
    }

    /// As `worker.rs` does it.
    fn work(&self) {
        while let Some(request) = self.mailbox.receive() {
            if self.control.begin(request).is_ok() {
                drop(self.control.finish());
            }
        }
        self.stop();
        drop(self.control.bury(StopReason::Dropped));
    }
}

/// Claim: sending to an actor that is being removed and stopped answers the request exactly once, though nobody works.
#[test]
fn removing_an_actor_leaves_no_request_unanswered() {
    check(|| {
        let table = Arc::new(Table::default());
        let id = table.reserve();
        let actor = Actor::new();
        table.put(id, actor.clone());
        let answers = Arc::new(AtomicUsize::new(0));
        let remover = thread::spawn({
            let table = table.clone();
            move || {
                if let Some(actor) = table.remove(id) {
                    actor.stop();
                }
            }
        });
        let request = Counted(answers.clone());
        match table.get(id) {
            Some(actor) => match actor.mailbox.try_send(request) {
                Ok(()) => {}
                Err(SendError::Full(request) | SendError::Closed(request)) => drop(request),
            },
            None => drop(request),
        }
        remover.join().unwrap();
        let count = answers.load(Ordering::SeqCst);
        assert!(count == 1, "the request was answered {count} times");
        drop(actor);
    });
}

/// Claim: with a worker at work, a sender and a stopper, the request is answered exactly once and the worker ends.
#[test]
fn worker_sender_and_stopper_answer_exactly_once() {
    check(|| {
        let actor = Actor::new();
        let answers = Arc::new(AtomicUsize::new(0));
        let worker = thread::spawn({
            let actor = actor.clone();
            // Never returns, and loom reports a deadlock, if the stop does not reach it.
            move || actor.work()
        });
        let stopper = thread::spawn({
            let actor = actor.clone();
            move || actor.stop()
        });
        drop(actor.mailbox.try_send(Counted(answers.clone())));
        worker.join().unwrap();
        stopper.join().unwrap();
        let count = answers.load(Ordering::SeqCst);
        assert!(count == 1, "the request was answered {count} times");
    });
}
