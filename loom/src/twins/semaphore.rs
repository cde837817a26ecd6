//! tokio's semaphore, with its waiting line.
//!
//! Kept: a permit that comes free goes to the first in line, and is not to be had by anybody else from then on, even before that one
//! is polled again; who gives up leaves the line, and hands on a permit that it had been given; closing fails those that wait,
//! also one that has been given a permit and has not been polled since.

use super::{Mutex, mutant};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub struct Semaphore(Mutex<State>);

struct State {
    free: usize,
    closed: bool,
    line: VecDeque<(u64, Waker)>,
    /// Those that were in line and have been given a permit.
    given: Vec<u64>,
    next: u64,
}

/// Closed, or no permit.
#[derive(Debug)]
pub struct Refused;

impl Semaphore {
    pub fn new(permits: usize) -> Self {
        let (line, given) = (VecDeque::new(), Vec::new());
        Semaphore(Mutex::new(State { free: permits, closed: false, line, given, next: 0 }))
    }

    pub fn try_acquire(&self) -> Result<Permit<'_>, Refused> {
        let mut state = self.0.lock();
        if state.closed || state.free == 0 {
            return Err(Refused);
        }
        state.free -= 1;
        Ok(Permit(self))
    }

    pub fn acquire(&self) -> Acquire<'_> {
        Acquire { semaphore: self, number: None }
    }

    pub fn add_permits(&self, count: usize) {
        let mut state = self.0.lock();
        let mut woken = Vec::new();
        for _ in 0..count {
            match state.line.pop_front() {
                Some((number, waker)) => {
                    state.given.push(number);
                    woken.push(waker);
                }
                None => state.free += 1,
            }
        }
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }

    pub fn close(&self) {
        let mut state = self.0.lock();
        state.closed = true;
        let line = std::mem::take(&mut state.line);
        drop(state);
        line.into_iter().for_each(|(_, waker)| waker.wake());
    }

    pub fn available_permits(&self) -> usize {
        self.0.lock().free
    }
}

/// Given back when it is dropped.
pub struct Permit<'a>(&'a Semaphore);

impl Permit<'_> {
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// Has its place in line from the first poll on.
pub struct Acquire<'a> {
    semaphore: &'a Semaphore,
    number: Option<u64>,
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Permit<'a>, Refused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let semaphore = self.semaphore;
        let mut state = semaphore.0.lock();
        if state.closed {
            return Poll::Ready(Err(Refused));
        }
        let Some(number) = self.number else {
            if state.free > 0 {
                state.free -= 1;
                return Poll::Ready(Ok(Permit(semaphore)));
            }
            state.next += 1;
            let number = state.next;
            state.line.push_back((number, cx.waker().clone()));
            self.number = Some(number);
            return Poll::Pending;
        };
        if let Some(at) = state.given.iter().position(|given| *given == number) {
            state.given.remove(at);
            self.number = None;
            return Poll::Ready(Ok(Permit(semaphore)));
        }
        if let Some((_, waker)) = state.line.iter_mut().find(|(waiting, _)| *waiting == number) {
            waker.clone_from(cx.waker());
        }
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = self.semaphore.0.lock();
        state.line.retain(|(waiting, _)| *waiting != number);
        if let Some(at) = state.given.iter().position(|given| *given == number) {
            state.given.remove(at);
            drop(state);
            if !mutant!("who_gives_up_keeps_its_permit") {
                self.semaphore.add_permits(1);
            }
        }
    }
}
