//! The channels: crossbeam's queue, and tokio's `oneshot`, `watch` and unbounded `mpsc`. All are values under one lock, with those that
//! wait for them.

use super::Mutex;
use super::wakers::Wakers;
use std::collections::VecDeque;
use std::sync::Arc;

/// A channel that refuses what is beyond its capacity: a sender that relied on more room would be found out. Both halves live as
/// long as the mailbox, so disconnection does not arise.
struct Channel<T> {
    queue: loom::sync::Mutex<VecDeque<T>>,
    filled: loom::sync::Condvar,
    capacity: usize,
}

pub struct Sender<T>(Arc<Channel<T>>);
pub struct Receiver<T>(Arc<Channel<T>>);

#[derive(Debug)]
pub enum TrySendError<T> {
    Full(T),
    Disconnected(T),
}

#[derive(Debug)]
pub enum RecvTimeoutError {
    Timeout,
    Disconnected,
}

#[derive(Debug)]
pub enum TryRecvError {
    Empty,
    Disconnected,
}

pub fn queue<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let queue = loom::sync::Mutex::new(VecDeque::new());
    let channel = Arc::new(Channel { queue, filled: loom::sync::Condvar::new(), capacity });
    (Sender(channel.clone()), Receiver(channel))
}

impl<T> Sender<T> {
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut queue = self.0.queue.lock().unwrap();
        if queue.len() == self.0.capacity {
            return Err(TrySendError::Full(item));
        }
        queue.push_back(item);
        self.0.filled.notify_one();
        Ok(())
    }
}

impl<T> Receiver<T> {
    pub fn is_empty(&self) -> bool {
        self.0.queue.lock().unwrap().is_empty()
    }

    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.queue.lock().unwrap().pop_front().ok_or(TryRecvError::Empty)
    }

    /// There is no time in a model.
    pub fn recv_timeout(&self, _: std::time::Duration) -> Result<T, RecvTimeoutError> {
        self.recv().map_err(|()| RecvTimeoutError::Disconnected)
    }

    pub fn recv(&self) -> Result<T, ()> {
        let mut queue = self.0.queue.lock().unwrap();
        loop {
            if let Some(item) = queue.pop_front() {
                return Ok(item);
            }
            queue = self.0.filled.wait(queue).unwrap();
        }
    }
}

/// One value, once; a sender that is dropped without it is heard of, too.
pub mod oneshot {
    use super::*;
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    #[derive(Debug)]
    struct Slot<T> {
        value: Option<T>,
        sender_gone: bool,
        waiting: Wakers,
    }

    #[derive(Debug)]
    pub struct Sender<T>(Arc<Mutex<Slot<T>>>);
    #[derive(Debug)]
    pub struct Receiver<T>(Arc<Mutex<Slot<T>>>);
    #[derive(Debug)]
    pub struct RecvError;

    pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let slot = Slot { value: None, sender_gone: false, waiting: Wakers::default() };
        let slot = Arc::new(Mutex::new(slot));
        (Sender(slot.clone()), Receiver(slot))
    }

    impl<T> Sender<T> {
        /// So is this.
        pub fn is_closed(&self) -> bool {
            false
        }

        /// The receiver is taken to be there; that it has gone is an error that no caller looks at.
        pub fn send(self, value: T) -> Result<(), T> {
            self.0.lock().value = Some(value);
            Ok(())
        }
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            let mut slot = self.0.lock();
            slot.sender_gone = true;
            let waiting = slot.waiting.take();
            drop(slot);
            waiting.wake();
        }
    }

    impl<T> Future for Receiver<T> {
        type Output = Result<T, RecvError>;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            let mut slot = self.0.lock();
            match slot.value.take() {
                Some(value) => Poll::Ready(Ok(value)),
                None if slot.sender_gone => Poll::Ready(Err(RecvError)),
                None => {
                    slot.waiting.add(cx);
                    Poll::Pending
                }
            }
        }
    }
}

/// A value that is changed and looked at.
pub mod watch {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;

    struct Slot<T> {
        value: T,
        waiting: Wakers,
    }

    pub struct Sender<T>(Arc<Mutex<Slot<T>>>);
    pub struct Receiver<T>(Arc<Mutex<Slot<T>>>);
    #[derive(Debug)]
    pub struct RecvError;

    impl<T> Sender<T> {
        pub fn new(value: T) -> Self {
            Sender(Arc::new(Mutex::new(Slot { value, waiting: Wakers::default() })))
        }

        pub fn subscribe(&self) -> Receiver<T> {
            Receiver(self.0.clone())
        }

        pub fn send_replace(&self, value: T) -> T {
            let mut slot = self.0.lock();
            let before = std::mem::replace(&mut slot.value, value);
            let waiting = slot.waiting.take();
            drop(slot);
            waiting.wake();
            before
        }
    }

    impl<T> Receiver<T> {
        /// The sender is taken to live on, as the actor's does.
        pub async fn wait_for(&mut self, mut wanted: impl FnMut(&T) -> bool) -> Result<(), RecvError> {
            poll_fn(|cx| {
                let mut slot = self.0.lock();
                if wanted(&slot.value) {
                    return Poll::Ready(Ok(()));
                }
                slot.waiting.add(cx);
                Poll::Pending
            })
            .await
        }
    }
}

/// Any number of values from any number of senders.
pub mod mpsc {
    use super::*;
    use std::future::poll_fn;
    use std::task::{Context, Poll};

    #[derive(Debug)]
    struct Line<T> {
        items: VecDeque<T>,
        senders: usize,
        receiver_gone: bool,
        waiting: Wakers,
    }

    #[derive(Debug)]
    pub struct UnboundedSender<T>(Arc<Mutex<Line<T>>>);
    #[derive(Debug)]
    pub struct UnboundedReceiver<T>(Arc<Mutex<Line<T>>>);
    #[derive(Debug)]
    pub struct SendError<T>(pub T);

    pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
        let line = Line { items: VecDeque::new(), senders: 1, receiver_gone: false, waiting: Wakers::default() };
        let line = Arc::new(Mutex::new(line));
        (UnboundedSender(line.clone()), UnboundedReceiver(line))
    }

    impl<T> UnboundedSender<T> {
        pub fn send(&self, item: T) -> Result<(), SendError<T>> {
            let mut line = self.0.lock();
            if line.receiver_gone {
                return Err(SendError(item));
            }
            line.items.push_back(item);
            let waiting = line.waiting.take();
            drop(line);
            waiting.wake();
            Ok(())
        }
    }

    impl<T> Clone for UnboundedSender<T> {
        fn clone(&self) -> Self {
            self.0.lock().senders += 1;
            UnboundedSender(self.0.clone())
        }
    }

    impl<T> Drop for UnboundedSender<T> {
        fn drop(&mut self) {
            let mut line = self.0.lock();
            line.senders -= 1;
            let waiting = line.waiting.take();
            drop(line);
            waiting.wake();
        }
    }

    impl<T> UnboundedReceiver<T> {
        pub async fn recv(&mut self) -> Option<T> {
            poll_fn(|cx| self.poll_recv(cx)).await
        }

        pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
            let mut line = self.0.lock();
            match line.items.pop_front() {
                Some(item) => Poll::Ready(Some(item)),
                None if line.senders == 0 => Poll::Ready(None),
                None => {
                    line.waiting.add(cx);
                    Poll::Pending
                }
            }
        }
    }

    impl<T> Drop for UnboundedReceiver<T> {
        fn drop(&mut self) {
            let mut line = self.0.lock();
            line.receiver_gone = true;
            let items = std::mem::take(&mut line.items);
            drop(line);
            drop(items);
        }
    }
}
