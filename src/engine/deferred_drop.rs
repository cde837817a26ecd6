//! Where large things go that nobody needs any more. To give the memory of a module back takes the system milliseconds, and the
//! thread that lets go of it last may be one that must answer.

use crossbeam_channel::{Sender, unbounded};
use parking_lot::Mutex;
use std::any::Any;

/// What takes longer to drop than to hand over.
type Discarded = Box<dyn Any + Send>;

/// Drops things on a thread of its own, which the first of them starts. It ends with this.
#[derive(Default)]
pub struct DeferredDrop(Mutex<Option<Sender<Discarded>>>);

impl DeferredDrop {
    /// Drops `discarded` soon, or here and now where the machine has no thread to give.
    pub(super) fn take(&self, discarded: impl Any + Send) {
        let mut thread = self.0.lock();
        if thread.is_none() {
            // Unbounded, but it holds nothing that was not there before.
            let (sender, coming) = unbounded::<Discarded>();
            let started = std::thread::Builder::new().name("wasm-drop".to_owned()).stack_size(128 * 1024);
            if started.spawn(move || coming.into_iter().for_each(drop)).is_ok() {
                *thread = Some(sender);
            }
        }
        if let Some(sender) = &*thread {
            let _ = sender.send(Box::new(discarded));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread::ThreadId;

    struct Tell(mpsc::Sender<ThreadId>);

    impl Drop for Tell {
        fn drop(&mut self) {
            self.0.send(std::thread::current().id()).unwrap();
        }
    }

    #[test]
    fn what_is_thrown_away_is_dropped_elsewhere() {
        let (sender, dropped) = mpsc::channel();
        let deferred_drop = DeferredDrop::default();
        deferred_drop.take(Tell(sender.clone()));
        deferred_drop.take(Tell(sender));
        let (first, second) = (dropped.recv().unwrap(), dropped.recv().unwrap());
        assert_eq!(first, second);
        assert_ne!(first, std::thread::current().id());
    }
}
