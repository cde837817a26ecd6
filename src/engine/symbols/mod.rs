//! Lines of source code for a guest's stack, from the DWARF of its module.
//!
//! Debug sections are a guest's bytes like any others: a hundred kilobytes can ask for minutes of work and gigabytes. So they are
//! read off the guest's thread, unit by unit as they are needed, once a module, and within a budget ([`budget`]); beyond it
//! a stack has names without lines. Whoever waits for a stack's lines is let go as soon as that takes longer than an error may be late.

mod budget;
mod entries;
mod functions;
mod index;
mod lines;
mod sections;
mod source_location;
mod table;
#[cfg(test)]
mod tests;

pub use source_location::{SourceLocation, SourceLocations};

use crate::limits::{SYMBOL_STACK_BYTES, SYMBOL_STEPS_MAX};
use crate::{panics, scheduling};
use budget::{Budget, Known, STEP_BYTES, Unknown};
use bytes::Bytes;
use parking_lot::Mutex;
use sections::Sections;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use table::Table;
use tokio::sync::oneshot;

/// What it costs to know of an instruction, beside what is known.
const KNOWN_BYTES: usize = 128;

/// What a module's debug sections say of its instructions.
pub struct Symbols(Arc<Shared>);

struct Shared {
    bytes: Bytes,
    /// Does nobody wait for what takes long?
    prompt: bool,
    known: Mutex<HashMap<usize, SourceLocations>>,
    /// Nothing is to be found out any more: there are no debug sections, or the budget is spent.
    closed: AtomicBool,
    queue: Mutex<Queue>,
}

/// Who waits for the thread that reads.
#[derive(Default)]
struct Queue {
    stacks: VecDeque<Stack>,
    /// Taken by the thread while it reads.
    table: Option<Box<Table>>,
    reading: bool,
    /// The thread is at something long: nobody waits for that.
    late: bool,
}

struct Stack {
    offsets: Vec<usize>,
    ready: oneshot::Sender<()>,
}

impl Default for Symbols {
    /// Those of no module.
    fn default() -> Self {
        Symbols::new(Bytes::new(), true)
    }
}

impl Symbols {
    /// Those of a valid module of these bytes. Nothing is read before it is asked for. With `prompt`, nobody waits for what takes
    /// long, only for what is known soon.
    pub(super) fn new(bytes: Bytes, prompt: bool) -> Self {
        let (known, closed, queue) = (Mutex::default(), AtomicBool::new(false), Mutex::default());
        Symbols(Arc::new(Shared { bytes, prompt, known, closed, queue }))
    }

    /// What is known, or soon found out, of the instructions at these offsets of the module.
    pub async fn places(&self, offsets: Vec<usize>) -> HashMap<usize, SourceLocations> {
        let found = self.0.found(&offsets);
        if offsets.iter().all(|offset| found.contains_key(offset)) {
            return found;
        }
        match Shared::enqueue(&self.0, offsets.clone()) {
            // What is not answered is not known.
            Some(ready) => drop(ready.await),
            None => return found,
        }
        self.0.found(&offsets)
    }
}

impl Shared {
    fn found(&self, offsets: &[usize]) -> HashMap<usize, SourceLocations> {
        let known = self.known.lock();
        offsets.iter().filter_map(|offset| Some((*offset, known.get(offset)?.clone()))).collect()
    }

    /// Has a stack looked up, if that is worth waiting for.
    fn enqueue(this: &Arc<Shared>, offsets: Vec<usize>) -> Option<oneshot::Receiver<()>> {
        let mut queue = this.queue.lock();
        if queue.late || this.closed.load(Ordering::Relaxed) {
            return None;
        }
        if !queue.reading {
            let shared = this.clone();
            let thread = std::thread::Builder::new().name("wasm-symbols".to_owned()).stack_size(SYMBOL_STACK_BYTES);
            // Where there is no thread to be had, there are no lines this time.
            thread
                .spawn(move || {
                    panics::contain_on_this_thread();
                    shared.read();
                })
                .ok()?;
            queue.reading = true;
        }
        let (sender, ready) = oneshot::channel();
        queue.stacks.push_back(Stack { offsets, ready: sender });
        Some(ready)
    }

    /// What the thread does: looks up one stack after the other, until there is none.
    fn read(self: Arc<Shared>) {
        scheduling::plain_this_thread();
        let mut waited_for = true;
        loop {
            let (offsets, mut table) = {
                let mut queue = self.queue.lock();
                queue.late = false;
                let Some(stack) = queue.stacks.front() else {
                    queue.reading = false;
                    return;
                };
                (stack.offsets.clone(), queue.table.take())
            };
            // A panic here is a bug in how a hostile section is read, and no reason to try again.
            let look = AssertUnwindSafe(|| self.look_up(&mut table, &offsets, waited_for));
            if catch_unwind(look).unwrap_or(Err(Unknown::Over)).is_err() {
                self.closed.store(true, Ordering::Relaxed);
            }
            let mut queue = self.queue.lock();
            queue.table = table.filter(|_| !self.closed.load(Ordering::Relaxed));
            waited_for = queue.late;
            if let Some(stack) = queue.stacks.pop_front() {
                // Its guest may have been stopped meanwhile.
                let _ = stack.ready.send(());
            }
        }
    }

    /// Looks up what is not known of one stack. The error says that there is no point in going on with any.
    fn look_up(self: &Arc<Shared>, table: &mut Option<Box<Table>>, offsets: &[usize], begins: bool) -> Known<()> {
        let table = match table {
            Some(table) => table,
            none => {
                let mut budget = self.budget();
                let sections = Sections::find(&self.bytes, &mut budget)?.ok_or(Unknown::Over)?;
                none.insert(Box::new(Table::new(sections, budget)))
            }
        };
        if begins {
            table.budget.begin();
        }
        for offset in offsets {
            if self.known.lock().contains_key(offset) {
                continue;
            }
            let places: SourceLocations = match table.look(&self.bytes)?.places(*offset) {
                Ok(places) => places.into(),
                Err(_) => Arc::default(),
            };
            let texts = places.iter().flat_map(|place| [&place.function, &place.file]).flatten().map(String::len);
            let texts: usize = texts.sum();
            table.budget.steps(texts / STEP_BYTES)?;
            table.budget.bytes(KNOWN_BYTES + size_of_val(&*places) + texts)?;
            self.known.lock().insert(*offset, places);
        }
        Ok(())
    }

    /// The budget of the module. Once something takes long, all who wait are let go.
    fn budget(self: &Arc<Shared>) -> Budget {
        let shared = Arc::downgrade(self);
        Budget::new(SYMBOL_STEPS_MAX, move || {
            if let Some(shared) = shared.upgrade().filter(|shared| shared.prompt) {
                let mut queue = shared.queue.lock();
                queue.late = true;
                queue.stacks.clear();
            }
        })
    }
}
