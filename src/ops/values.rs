//! JavaScript values that guests hold, and functions of guests that JavaScript holds.

use crate::actor::host_call::HostEvents;
use crate::value::{FuncValue, HostRef};
use deno_core::v8::{self, Local, PinScope};
use deno_core::{JsRuntime, OpState};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The values that this JavaScript runtime keeps for guests.
pub(super) struct HostValues {
    events: HostEvents,
    kept: HashMap<u64, v8::Global<v8::Value>>,
    /// `(instance, number) => function`, set by js/imports.js.
    pub(super) make_function: Option<v8::Global<v8::Function>>,
}

/// The values of the JavaScript runtime that this scope belongs to.
fn values(scope: &mut PinScope<'_, '_>) -> Rc<RefCell<HostValues>> {
    HostValues::of(&JsRuntime::op_state_from(scope))
}

impl HostValues {
    /// For the state of a JavaScript runtime. What is let go is heard of by the receiver of these events.
    pub(super) fn new(events: HostEvents) -> Rc<RefCell<HostValues>> {
        Rc::new(RefCell::new(HostValues { events, kept: HashMap::new(), make_function: None }))
    }

    pub(super) fn of(state: &Rc<RefCell<OpState>>) -> Rc<RefCell<HostValues>> {
        state.borrow().borrow::<Rc<RefCell<HostValues>>>().clone()
    }

    /// Keeps a value until the last holder of its stand-in has let go.
    pub(super) fn keep(&mut self, isolate: &v8::Isolate, value: Local<v8::Value>) -> HostRef {
        let kept = self.events.keep();
        if let Some(id) = kept.id_for(self.events.keeper()) {
            self.kept.insert(id, v8::Global::new(isolate, value));
        }
        kept
    }

    pub(super) fn release(&mut self, id: u64) {
        self.kept.remove(&id);
    }
}

pub(super) fn keep<'a>(scope: &mut PinScope<'a, '_>, value: Local<'a, v8::Value>) -> HostRef {
    values(scope).borrow_mut().keep(scope, value)
}

/// The value that is kept: the very one. None where another JavaScript runtime keeps it, which shares this one's host.
pub(super) fn kept<'a>(scope: &mut PinScope<'a, '_>, kept: &HostRef) -> Option<Local<'a, v8::Value>> {
    let values = values(scope);
    let value = {
        let values = values.borrow();
        kept.id_for(values.events.keeper()).and_then(|id| values.kept.get(&id).cloned())
    };
    value.map(|value| Local::new(scope, value))
}

/// The JavaScript function for a guest's; null where nobody makes one.
pub(super) fn function<'a>(scope: &mut PinScope<'a, '_>, func: FuncValue) -> Local<'a, v8::Value> {
    let maker = values(scope).borrow().make_function.clone();
    let made = maker.and_then(|maker| {
        let maker = Local::new(scope, maker);
        let args = [func.instance as f64, func.number as f64].map(|n| v8::Number::new(scope, n).into());
        let receiver = v8::undefined(scope).into();
        maker.call(scope, receiver, &args)
    });
    made.unwrap_or_else(|| v8::null(scope).into())
}
