//! The event loop of one environment: futures that run on its thread, and the one threadsafe function by which other threads ask for a turn.

use crate::environment::Environment;
use napi::sys::{
    self, Status, ThreadsafeFunctionCallMode, ThreadsafeFunctionReleaseMode, napi_env, napi_threadsafe_function,
    napi_value,
};
use runtime_wasm::session::EventLoop;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Something that runs to its end on the loop's thread.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()>>>;

/// Names a piece of work.
pub(crate) type TaskId = u32;

/// The loop's side of it.
pub(crate) struct Loop {
    env: napi_env,
    bell: Arc<Bell>,
    tasks: RefCell<HashMap<TaskId, Task>>,
    last: Cell<TaskId>,
    /// The reasons for the loop to go on.
    held: Cell<usize>,
}

struct Task {
    /// None while it is polled.
    work: Option<Work>,
    waker: Arc<TaskWaker>,
    holds: bool,
}

/// What any thread rings for a turn.
pub(crate) struct Bell {
    /// None once the environment has ended.
    function: Mutex<Option<Function>>,
    /// A turn has been asked for and has not begun.
    has_rung: AtomicBool,
    /// Replies have come that JavaScript has not been given.
    replies: AtomicBool,
    woken: Mutex<Vec<TaskId>>,
}

struct Function(napi_threadsafe_function);

// SAFETY: this is what a threadsafe function is for.
unsafe impl Send for Function {}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing here panics while it holds one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Bell {
    fn ring(&self) {
        if self.has_rung.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(function) = &*locked(&self.function) {
            // SAFETY: it is released only with the lock held, and taken away then.
            unsafe {
                sys::napi_call_threadsafe_function(function.0, null_mut(), ThreadsafeFunctionCallMode::nonblocking)
            };
        }
    }

    /// Replies have come.
    pub(crate) fn ring_for_replies(&self) {
        self.replies.store(true, Ordering::Release);
        self.ring();
    }
}

/// Wakes one piece of work.
struct TaskWaker {
    id: TaskId,
    bell: Arc<Bell>,
    is_woken: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            locked(&self.bell.woken).push(self.id);
            self.bell.ring();
        }
    }
}

impl Loop {
    /// For the environment, which `turn` finds by the pointer.
    ///
    /// # Errors
    /// If the environment makes no threadsafe function: it ends.
    pub(crate) fn new(env: napi_env, environment: Weak<Environment>) -> napi::Result<Loop> {
        let mut function = null_mut();
        let context = Box::into_raw(Box::new(environment));
        let mut name = null_mut();
        let text = "runtime-wasm";
        // SAFETY: called within a call from this environment; the context is freed by `finalize`.
        let status = unsafe {
            sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut name);
            sys::napi_create_threadsafe_function(
                env,
                null_mut(),
                null_mut(),
                name,
                0,
                1,
                context.cast(),
                Some(finalize),
                context.cast(),
                Some(turn),
                &mut function,
            )
        };
        if status != Status::napi_ok {
            // SAFETY: nobody else has it.
            drop(unsafe { Box::from_raw(context) });
            return Err(napi::Error::from_status(napi::Status::from(status)));
        }
        // SAFETY: it has just been made. Until there is work it keeps no process alive.
        unsafe { sys::napi_unref_threadsafe_function(env, function) };
        Ok(Loop::of(env, Some(Function(function))))
    }

    /// One without an environment, in which nothing goes on.
    pub(crate) fn ended(env: napi_env) -> Loop {
        Loop::of(env, None)
    }

    fn of(env: napi_env, function: Option<Function>) -> Loop {
        let bell = Bell {
            function: Mutex::new(function),
            has_rung: AtomicBool::new(false),
            replies: AtomicBool::new(false),
            woken: Mutex::default(),
        };
        Loop { env, bell: Arc::new(bell), tasks: RefCell::default(), last: Cell::new(0), held: Cell::new(0) }
    }

    /// There is one more reason for the loop to go on.
    pub(crate) fn hold(&self) {
        if self.held.replace(self.held.get() + 1) == 0 {
            self.with_function(|function| unsafe { sys::napi_ref_threadsafe_function(self.env, function) });
        }
    }

    /// There is one less.
    pub(crate) fn let_go(&self) {
        self.held.set(self.held.get() - 1);
        if self.held.get() == 0 {
            self.with_function(|function| unsafe { sys::napi_unref_threadsafe_function(self.env, function) });
        }
    }

    fn with_function(&self, act: impl FnOnce(napi_threadsafe_function) -> i32) {
        if let Some(function) = &*locked(&self.bell.function) {
            act(function.0);
        }
    }

    /// Runs something to its end, beginning now. While it runs the loop goes on, unless [`Loop::set_holds`] says otherwise.
    pub(crate) fn spawn(&self, work: Work) -> TaskId {
        let mut tasks = self.tasks.borrow_mut();
        let mut id = self.last.get();
        loop {
            id = id.wrapping_add(1);
            if !tasks.contains_key(&id) {
                break;
            }
        }
        self.last.set(id);
        let waker = Arc::new(TaskWaker { id, bell: self.bell.clone(), is_woken: AtomicBool::new(false) });
        tasks.insert(id, Task { work: Some(work), waker, holds: true });
        drop(tasks);
        self.hold();
        self.poll(id);
        id
    }

    /// Is there a reason for the loop to go on?
    pub(crate) fn is_held(&self) -> bool {
        self.held.get() > 0
    }

    /// Is this piece of work not over?
    pub(crate) fn has(&self, id: TaskId) -> bool {
        self.tasks.borrow().contains_key(&id)
    }

    /// Is any other one?
    pub(crate) fn has_work_beside(&self, one: Option<TaskId>) -> bool {
        self.tasks.borrow().keys().any(|id| Some(*id) != one)
    }

    /// Does this piece of work keep the loop going?
    pub(crate) fn set_holds(&self, id: TaskId, holds: bool) {
        let changed = match self.tasks.borrow_mut().get_mut(&id) {
            Some(task) => std::mem::replace(&mut task.holds, holds) != holds,
            None => false,
        };
        match (changed, holds) {
            (true, true) => self.hold(),
            (true, false) => self.let_go(),
            (false, _) => {}
        }
    }

    fn poll(&self, id: TaskId) {
        let found = self.tasks.borrow_mut().get_mut(&id).and_then(|task| Some((task.work.take()?, task.waker.clone())));
        let Some((mut work, waker)) = found else { return };
        // What wakes it from here on, wakes it once more.
        waker.is_woken.store(false, Ordering::Release);
        let outcome = work.as_mut().poll(&mut Context::from_waker(&Waker::from(waker)));
        let mut tasks = self.tasks.borrow_mut();
        match (outcome, tasks.get_mut(&id)) {
            (Poll::Pending, Some(task)) => task.work = Some(work),
            _ => {
                let holds = tasks.remove(&id).is_some_and(|task| task.holds);
                drop(tasks);
                if holds {
                    self.let_go();
                }
            }
        }
    }

    /// One turn: what has been woken goes on.
    fn turn(&self) {
        let woken = std::mem::take(&mut *locked(&self.bell.woken));
        for id in woken {
            self.poll(id);
        }
    }

    /// The environment ends: no work goes on, and nobody is woken any more.
    pub(crate) fn end(&self) {
        let function = locked(&self.bell.function).take();
        if let Some(function) = function {
            // SAFETY: nobody has it any more.
            unsafe { sys::napi_release_threadsafe_function(function.0, ThreadsafeFunctionReleaseMode::abort) };
        }
        let tasks = std::mem::take(&mut *self.tasks.borrow_mut());
        drop(tasks);
    }
}

/// What Node-API calls on the loop's thread once the bell has rung.
unsafe extern "C" fn turn(env: napi_env, _: napi_value, context: *mut c_void, _: *mut c_void) {
    // While an environment is torn down, what has been rung comes without it, and after `finalize`: there is no context any more.
    if env.is_null() {
        return;
    }
    // SAFETY: made by `Loop::new`, and freed by `finalize` only, after which there is no environment.
    let environment = unsafe { &*context.cast::<Weak<Environment>>() };
    let Some(environment) = environment.upgrade() else { return };
    // A panic must not cross into C.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let event_loop = environment.event_loop();
        // What comes from here on rings for the next turn.
        event_loop.bell.has_rung.store(false, Ordering::Release);
        if event_loop.bell.replies.swap(false, Ordering::AcqRel) {
            environment.deliver();
        }
        event_loop.turn();
    }));
}

/// Nobody calls it any more.
unsafe extern "C" fn finalize(_: napi_env, context: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `Loop::new`, and this is called once.
    drop(unsafe { Box::from_raw(context.cast::<Weak<Environment>>()) });
}

/// The event loop as a session sees it.
pub(crate) struct Turns(pub(crate) Rc<Loop>);

impl EventLoop for Turns {
    fn bell(&self) -> Arc<dyn Fn() + Send + Sync> {
        let bell = self.0.bell.clone();
        Arc::new(move || bell.ring_for_replies())
    }

    fn hold(&self) {
        self.0.hold();
    }

    fn let_go(&self) {
        self.0.let_go();
    }

    fn spawn(&self, work: Work) {
        self.0.spawn(work);
    }
}
