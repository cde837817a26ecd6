//! JavaScript values that guests hold, and functions of guests that JavaScript holds.

use napi::sys::{self, Status, napi_env, napi_ref, napi_value};
use runtime_wasm::actor::host_call::HostEvents;
use runtime_wasm::value::HostRef;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr::null_mut;

/// The values that one environment keeps for guests. Each is in an array of its own: Node-API refers to objects only.
pub(crate) struct Values {
    events: HostEvents,
    kept: RefCell<HashMap<u64, napi_ref>>,
    /// `(instance, number) => function`, set by js/imports.js.
    maker: Cell<napi_ref>,
    /// Makes an object without a prototype, which Node-API cannot.
    bare: Cell<napi_ref>,
}

/// A reference that keeps its value.
pub(crate) fn refer(env: napi_env, value: napi_value) -> napi_ref {
    let mut reference = null_mut();
    // SAFETY: called within a call from this environment.
    unsafe { sys::napi_create_reference(env, value, 1, &mut reference) };
    reference
}

/// Deletes a reference, if there is one.
pub(crate) fn let_go(env: napi_env, reference: &Cell<napi_ref>) {
    let reference = reference.replace(null_mut());
    if !reference.is_null() {
        // SAFETY: called within a call from this environment, in which it was made; nobody has it any more.
        unsafe { sys::napi_delete_reference(env, reference) };
    }
}

/// What it refers to.
pub(crate) fn referred(env: napi_env, reference: napi_ref) -> Option<napi_value> {
    let mut value = null_mut();
    // SAFETY: called within a call from this environment, and the reference has not been deleted.
    let status = unsafe { sys::napi_get_reference_value(env, reference, &mut value) };
    (status == Status::napi_ok && !value.is_null()).then_some(value)
}

impl Values {
    /// What is let go is heard of by the receiver of these events.
    pub(crate) fn new(events: HostEvents, bare: napi_ref) -> Values {
        Values { events, kept: RefCell::default(), maker: Cell::new(null_mut()), bare: Cell::new(bare) }
    }

    /// A new object without a prototype.
    pub(crate) fn bare(&self, env: napi_env) -> Option<napi_value> {
        call(env, referred(env, self.bare.get())?, &[])
    }

    pub(crate) fn keep(&self, env: napi_env, value: napi_value) -> HostRef {
        let kept = self.events.keep();
        if let Some(id) = kept.id_for(self.events.keeper()) {
            let mut holder = null_mut();
            // SAFETY: called within a call from this environment.
            unsafe {
                sys::napi_create_array_with_length(env, 1, &mut holder);
                sys::napi_set_element(env, holder, 0, value);
            }
            self.kept.borrow_mut().insert(id, refer(env, holder));
        }
        kept
    }

    pub(crate) fn kept(&self, env: napi_env, kept: &HostRef) -> Option<napi_value> {
        let id = kept.id_for(self.events.keeper())?;
        let holder = referred(env, *self.kept.borrow().get(&id)?)?;
        let mut value = null_mut();
        // SAFETY: called within a call from this environment.
        let status = unsafe { sys::napi_get_element(env, holder, 0, &mut value) };
        (status == Status::napi_ok).then_some(value)
    }

    pub(crate) fn release(&self, env: napi_env, id: u64) {
        if let Some(reference) = self.kept.borrow_mut().remove(&id) {
            // SAFETY: it was made in this environment, and is not in the map any more.
            unsafe { sys::napi_delete_reference(env, reference) };
        }
    }

    /// Lets go of all that is kept, and of what is called.
    pub(crate) fn let_go(&self, env: napi_env) {
        for (_, reference) in self.kept.take() {
            let_go(env, &Cell::new(reference));
        }
        let_go(env, &self.maker);
        let_go(env, &self.bare);
    }

    /// Sets what makes a JavaScript function of a guest's.
    pub(crate) fn set_maker(&self, env: napi_env, maker: napi_value) {
        self.maker.set(refer(env, maker));
    }

    pub(crate) fn make_function(&self, env: napi_env, args: &[napi_value]) -> Option<napi_value> {
        let maker = self.maker.get();
        if maker.is_null() {
            return None;
        }
        call(env, referred(env, maker)?, args)
    }
}

/// Calls a function of our own JavaScript, which throws nothing.
pub(crate) fn call(env: napi_env, function: napi_value, args: &[napi_value]) -> Option<napi_value> {
    let (mut receiver, mut result) = (null_mut(), null_mut());
    // SAFETY: called within a call from this environment.
    let status = unsafe {
        sys::napi_get_undefined(env, &mut receiver);
        sys::napi_call_function(env, receiver, function, args.len(), args.as_ptr(), &mut result)
    };
    (status == Status::napi_ok).then_some(result)
}
