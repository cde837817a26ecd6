//! Looking for an answer for a moment before the event loop goes on: to wake the loop up costs more than most requests take.
//!
//! Only for a request that is the only one under way, and never for longer than a few tens of microseconds.

use crate::spin::Spin;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const LOOK_FOR: Duration = Duration::from_micros(20);

/// The requests of one environment that are under way, and whether looking for their answers has paid.
pub(super) struct UnderWay {
    count: Cell<usize>,
    spin: RefCell<Spin>,
}

impl Default for UnderWay {
    fn default() -> Self {
        UnderWay { count: Cell::new(0), spin: RefCell::new(Spin::new(LOOK_FOR)) }
    }
}

impl UnderWay {
    /// A request is under way from here on.
    pub(super) fn begin(&self) {
        self.count.set(self.count.get() + 1);
    }

    /// It is not any more.
    pub(super) fn end(&self) {
        self.count.set(self.count.get() - 1);
    }

    /// Is one?
    pub(super) fn has_some(&self) -> bool {
        self.count.get() > 0
    }

    /// Looks for the answer to a request that has just been sent, if it is the only one.
    pub(super) fn look_for(&self, ready: impl FnMut() -> bool) {
        if self.count.get() == 1 {
            self.spin.borrow_mut().until(ready);
        }
    }
}

/// Counts a request until it is answered or dropped.
struct Counted(Rc<UnderWay>);

impl Counted {
    fn new(under_way: Rc<UnderWay>) -> Self {
        under_way.begin();
        Counted(under_way)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl UnderWay {
    /// Awaits a request. The first time that it is polled, which sends it, the answer is looked for.
    pub(super) async fn soon<T>(self: &Rc<Self>, request: impl Future<Output = T>) -> T {
        let counted = Counted::new(self.clone());
        // Polled many times within one turn of the event loop, which tokio would make an end of.
        let mut request = pin!(tokio::task::unconstrained(request));
        let mut is_first = true;
        poll_fn(|context| {
            let mut outcome = request.as_mut().poll(context);
            if std::mem::take(&mut is_first) && outcome.is_pending() {
                counted.0.look_for(|| {
                    outcome = request.as_mut().poll(context);
                    outcome.is_ready()
                });
            }
            outcome
        })
        .await
    }
}
