//! The mailbox: a bounded, fair, first-in first-out queue of requests, read by one worker.
//!
//! A full mailbox makes the sender wait, in order, without blocking its thread. Closing takes out what nobody has read, so
//! that every request is answered: dropping a request answers it with "the instance is gone". Checked by loom.

use crate::sync::{
    AtomicBool, Ordering, Receiver, RecvTimeoutError, Semaphore, Sender, TryRecvError, TrySendError, mutant, queue,
};
use std::time::Duration;

/// A worker that has had nothing to do for so long does not expect anything soon.
const REST_AFTER: Duration = Duration::from_millis(200);

/// Why a request was not taken; it is handed back.
#[derive(Debug, PartialEq, Eq)]
pub enum SendError<T> {
    /// The mailbox is as full as it may be.
    Full(T),
    /// The instance is ending or has ended.
    Closed(T),
}

/// A bounded queue between any number of senders and one worker.
pub struct Mailbox<T> {
    sender: Sender<Envelope<T>>,
    receiver: Receiver<Envelope<T>>,
    /// One permit for each free place.
    places: Semaphore,
    /// Held by the one sender whose turn it is, until its request is in: those that wait queue here, first come, first served.
    /// The places alone would not keep their order, which would be that in which they are polled.
    turn: Semaphore,
    closed: AtomicBool,
    capacity: usize,
}

enum Envelope<T> {
    Request(T),
    /// Carries nothing: it makes a worker that waits look at the mailbox again.
    Wake,
}

impl<T> Mailbox<T> {
    /// A mailbox with room for `capacity` requests (at least one).
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        // One place more than there are permits, so that a wake-up always fits beside a full load of requests.
        let (sender, receiver) = queue(capacity + 1);
        let (places, turn) = (Semaphore::new(capacity), Semaphore::new(1));
        Mailbox { sender, receiver, places, turn, closed: AtomicBool::new(false), capacity }
    }

    /// Puts a request in if there is room and nobody waits before it.
    pub fn try_send(&self, request: T) -> Result<(), SendError<T>> {
        let turn = self.turn.try_acquire();
        match turn.and_then(|turn| Ok((turn, self.places.try_acquire()?))) {
            Ok((_turn, place)) => {
                if !mutant!("a_place_is_not_taken") {
                    place.forget();
                }
                self.put(request)
            }
            Err(_) if self.is_closed() => Err(SendError::Closed(request)),
            Err(_) => Err(SendError::Full(request)),
        }
    }

    /// Puts a request in, after those that wait already. The error is always [`SendError::Closed`].
    pub async fn send(&self, request: T) -> Result<(), SendError<T>> {
        let Ok(turn) = self.turn.acquire().await else { return Err(SendError::Closed(request)) };
        let _turn = Some(turn).filter(|_| !mutant!("a_turn_is_over_too_early"));
        match self.places.acquire().await {
            Ok(place) => place.forget(),
            Err(_) => return Err(SendError::Closed(request)),
        }
        self.put(request)
    }

    fn put(&self, request: T) -> Result<(), SendError<T>> {
        match self.sender.try_send(Envelope::Request(request)) {
            Ok(()) => {}
            // A permit was held, so only a close can have taken the place: by filling it with its wake-up.
            Err(TrySendError::Full(envelope) | TrySendError::Disconnected(envelope)) => match envelope {
                Envelope::Request(request) => return Err(SendError::Closed(request)),
                Envelope::Wake => unreachable!("a request was sent"),
            },
        }
        // Either the closer, which sets the flag and then drains, saw the request, or this sees the flag.
        if self.is_closed() && !mutant!("a_sender_does_not_look_again") {
            self.drain();
        }
        Ok(())
    }

    /// Waits for the next request. `None` once the mailbox is closed. For the worker's thread only: it blocks. When nothing has come for a
    /// while, it calls `rest`, once.
    pub fn receive(&self, rest: impl FnOnce()) -> Option<T> {
        let mut rest = Some(rest);
        loop {
            if self.is_closed() {
                return None;
            }
            let received = match rest {
                Some(_) => self.receiver.recv_timeout(REST_AFTER),
                None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match received {
                Ok(Envelope::Request(request)) => {
                    self.places.add_permits(1);
                    return Some(request);
                }
                Ok(Envelope::Wake) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(rest) = rest.take() {
                        rest();
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Would [`receive`](Self::receive) return at once?
    pub fn has_news(&self) -> bool {
        !self.receiver.is_empty() || self.is_closed()
    }

    /// Takes out what waits, in order, and leaves the mailbox open.
    pub fn clear(&self, mut each: impl FnMut(T)) {
        // At most what fits, or senders in a hurry could keep this from ending. A wake-up is only there if it is closing.
        for _ in 0..self.capacity {
            match self.receiver.try_recv() {
                Ok(Envelope::Request(request)) => {
                    if !mutant!("a_cleared_place_is_lost") {
                        self.places.add_permits(1);
                    }
                    each(request);
                }
                Ok(Envelope::Wake) => {
                    let _ = self.sender.try_send(Envelope::Wake);
                    break;
                }
                Err(_) => break,
            }
        }
    }

    /// Closes: later sends fail, waiting senders fail, and what was not read is dropped.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.turn.close();
        if !mutant!("close_leaves_the_line") {
            self.places.close();
        }
        self.drain();
        // If this finds no room, requests were put in meanwhile and the worker is not asleep.
        if !mutant!("close_wakes_nobody") {
            let _ = self.sender.try_send(Envelope::Wake);
        }
    }

    fn drain(&self) {
        let mut took_wake = false;
        loop {
            match self.receiver.try_recv() {
                Ok(Envelope::Request(request)) => drop(request),
                Ok(Envelope::Wake) => took_wake = true,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        if took_wake {
            // The worker may still need it.
            let _ = self.sender.try_send(Envelope::Wake);
        }
    }

    /// Has [`close`](Self::close) been called?
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// How many requests wait to be read, at this moment.
    pub fn depth(&self) -> usize {
        self.capacity.saturating_sub(self.places.available_permits())
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_long_rests_once_and_is_given_what_comes_then() {
        let mailbox = std::sync::Arc::new(Mailbox::new(1));
        let (resting, rested) = std::sync::mpsc::channel();
        let waiting = {
            let mailbox = mailbox.clone();
            std::thread::spawn(move || mailbox.receive(move || resting.send(()).unwrap()))
        };
        rested.recv().unwrap();
        assert_eq!(mailbox.try_send(7), Ok(()));
        assert_eq!((waiting.join().unwrap(), rested.recv().is_err()), (Some(7), true));
    }

    #[test]
    fn a_full_mailbox_hands_the_request_back() {
        let mailbox = Mailbox::new(2);
        mailbox.try_send(1).unwrap();
        mailbox.try_send(2).unwrap();
        assert_eq!(mailbox.try_send(3), Err(SendError::Full(3)));
        assert_eq!((mailbox.depth(), mailbox.receive(|| ())), (2, Some(1)));
        mailbox.try_send(4).unwrap();
        assert_eq!((mailbox.receive(|| ()), mailbox.receive(|| ())), (Some(2), Some(4)));
    }

    #[test]
    fn closing_drops_what_waits_and_wakes_the_worker() {
        let mailbox = std::sync::Arc::new(Mailbox::new(1));
        let worker = std::thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.receive(|| ())
        });
        mailbox.close();
        assert_eq!(worker.join().unwrap(), None);
        assert_eq!(mailbox.try_send(1), Err(SendError::Closed(1)));
    }

    #[test]
    fn clearing_takes_out_what_waits_and_goes_on() {
        let mailbox = Mailbox::new(2);
        mailbox.try_send(1).unwrap();
        mailbox.try_send(2).unwrap();
        let mut cleared = Vec::new();
        mailbox.clear(|request| cleared.push(request));
        assert_eq!((cleared, mailbox.depth()), (vec![1, 2], 0));
        mailbox.try_send(3).unwrap();
        mailbox.try_send(4).unwrap();
        assert_eq!((mailbox.receive(|| ()), mailbox.receive(|| ())), (Some(3), Some(4)));
    }

    #[tokio::test]
    async fn a_waiting_sender_goes_before_a_later_one() {
        let mailbox = Mailbox::new(1);
        mailbox.try_send(1).unwrap();
        let mut waiting = Box::pin(mailbox.send(2));
        assert!(futures_poll(&mut waiting).is_none());
        assert_eq!(mailbox.receive(|| ()), Some(1));
        assert_eq!(mailbox.try_send(3), Err(SendError::Full(3)));
        waiting.await.unwrap();
        assert_eq!(mailbox.receive(|| ()), Some(2));
    }

    #[tokio::test]
    async fn waiting_senders_keep_their_order_whoever_is_polled_first() {
        let mailbox = Mailbox::new(2);
        mailbox.try_send(1).unwrap();
        mailbox.try_send(2).unwrap();
        let (mut third, mut fourth) = (Box::pin(mailbox.send(3)), Box::pin(mailbox.send(4)));
        assert!(futures_poll(&mut third).is_none() && futures_poll(&mut fourth).is_none());
        assert_eq!((mailbox.receive(|| ()), mailbox.receive(|| ())), (Some(1), Some(2)));
        assert!(futures_poll(&mut fourth).is_none(), "it has overtaken the third");
        assert_eq!(mailbox.try_send(5), Err(SendError::Full(5)));
        third.await.unwrap();
        fourth.await.unwrap();
        assert_eq!((mailbox.receive(|| ()), mailbox.receive(|| ())), (Some(3), Some(4)));
    }

    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut cx) {
            std::task::Poll::Ready(out) => Some(out),
            std::task::Poll::Pending => None,
        }
    }
}
