//! The functions of the addon: for each op of `src/ops` one of the same name, which converts values and leaves the rest to the session.

use crate::environment::{Environment, Slot};
use crate::read::{Any, Read, View};
use napi::sys::{self, napi_callback_info, napi_env, napi_value};
use runtime_wasm::printable;
use runtime_wasm::session::encoding::{Args, Encode, Js, JsResult, Names, Others, calls};
use runtime_wasm::session::{CallBounds, Given, InstanceOptions};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::rc::Rc;

/// Most arguments that any of them takes.
const MOST: usize = 8;

/// One of them: given the environment and its arguments.
pub(crate) type Op = fn(&Rc<Environment>, &[napi_value; MOST]) -> JsResult<napi_value>;

/// Reads the arguments, one after the other.
struct Arguments<'a> {
    environment: &'a Environment,
    left: std::slice::Iter<'a, napi_value>,
}

impl Arguments<'_> {
    fn next<T: Read>(&mut self) -> JsResult<T> {
        let value = self.left.next().copied().unwrap_or(null_mut());
        T::read(&mut self.environment.engine(), &value)
    }
}

/// What is done at once gives its value, and what takes time a promise.
macro_rules! now {
    ($environment:ident, $this:ident, $body:block) => {{
        let $this = $environment;
        $body.encode(&mut $environment.engine())
    }};
}

macro_rules! later {
    ($environment:ident, $session:ident, $body:block) => {{
        let $session = $environment.session.clone();
        Ok($environment.promise(async move { $body }))
    }};
}

/// What gives its value by itself.
macro_rules! value {
    ($environment:ident, $this:ident, $body:block) => {{
        let $this = $environment;
        $body
    }};
}

macro_rules! ops {
    ($($kind:ident $name:ident |$this:ident $(, $argument:ident: $type:ty)*| $body:block)*) => {
        /// All of them, by name.
        pub(crate) const OPS: &[(&str, Op)] = &[$((stringify!($name), $name)),*];

        $(fn $name(environment: &Rc<Environment>, args: &[napi_value; MOST]) -> JsResult<napi_value> {
            #[allow(unused_mut, unused_variables)]
            let mut given = Arguments { environment, left: args.iter() };
            $(#[allow(unused_mut)] let mut $argument: $type = given.next()?;)*
            $kind!(environment, $this, $body)
        })*
    };
}

ops! {
    now op_wasm_max_module_bytes |this| { this.session.max_module_bytes() }
    later op_wasm_compile |session, bytes: Vec<u8>, abort: i32| { session.compile(bytes, abort).await }
    later op_wasm_compile_large |session, bytes: u32, abort: i32| { session.compile_large(bytes, abort).await }
    later op_wasm_compile_file |session, path: String, sha256: String, abort: i32| { session.compile_file(path, sha256, abort).await }
    later op_wasm_drop_module |session, id: f64| { session.drop_module(id) }
    later op_wasm_inspect |session, id: f64| { session.inspect(id).await }
    later op_wasm_module_interface |session, id: f64| { session.module_interface(id).await }
    later op_wasm_module_imports |session, id: f64| { session.module_imports(id).await }

    now op_wasm_abort_handle |this| { f64::from(this.session.abort_handle()) }
    now op_wasm_close |this, handle: u32| { this.session.close(handle) }

    later op_wasm_instantiate |session, module: f64, options: InstanceOptions, stdin: Vec<u8>, kinds: Vec<u8>, values: Args, abort: i32| {
        session.instantiate(module, options, Given { stdin, kinds, values: values.0 }, abort).await
    }

    later op_wasm_call |session, id: f64, name: String, args: Args, abort: i32| { session.call(id, &name, args.0, abort).await }
    value op_wasm_send_call |this, id: f64, name: String, args: Args| {
        this.session.send_call(id, &name, args.0)?.encode(&mut this.engine())
    }
    value op_wasm_send_batch |this, id: f64, numbers: View, names: Names, others: Others| {
        this.session.send_batch(id, calls(numbers.bytes(), names, others))?.encode(&mut this.engine())
    }
    later op_wasm_call_batch |session, id: f64, numbers: Vec<u8>, names: Names, others: Others, abort: i32| {
        session.call_batch(id, calls(&numbers, names, others), abort).await
    }
    later op_wasm_call_with |session, id: f64, name: String, args: Args, timeout_ms: f64, cpu_ms: f64, fuel: String, abort: i32| {
        session.call_with(id, &name, args.0, CallBounds { timeout_ms, cpu_ms, fuel }, abort).await
    }
    value op_wasm_send_call_bytes |this, id: f64, name: String, bytes: Vec<u8>| {
        this.session.send_call_bytes(id, &name, bytes, false)?.encode(&mut this.engine())
    }
    value op_wasm_send_call_text |this, id: f64, name: String, text: String| {
        this.session.send_call_bytes(id, &name, text.into_bytes(), true)?.encode(&mut this.engine())
    }
    later op_wasm_call_bytes |session, id: f64, name: String, bytes: Vec<u8>, timeout_ms: f64, cpu_ms: f64, fuel: String, abort: i32| {
        session.call_bytes(id, &name, bytes, CallBounds { timeout_ms, cpu_ms, fuel }, abort).await
    }
    later op_wasm_call_text |session, id: f64, name: String, text: String, timeout_ms: f64, cpu_ms: f64, fuel: String, abort: i32| {
        session.call_text(id, &name, text, CallBounds { timeout_ms, cpu_ms, fuel }, abort).await
    }
    later op_wasm_call_large |session, id: f64, name: String, bytes: u32, as_text: bool, timeout_ms: f64, cpu_ms: f64, fuel: String, abort: i32| {
        session.call_large(id, &name, bytes, as_text, CallBounds { timeout_ms, cpu_ms, fuel }, abort).await
    }
    later op_wasm_call_ref |session, id: f64, number: f64, args: Args| { session.call_ref(id, number, args.0).await }
    later op_wasm_closed |session, id: f64| { session.closed(id).await }
    now op_wasm_is_alive |this, id: f64| { this.session.is_alive(id) }
    later op_wasm_global_get |session, id: f64, name: String| { session.global_get(id, name).await }
    later op_wasm_global_set |session, id: f64, name: String, values: Args| { session.global_set(id, name, values.first()).await }
    later op_wasm_exports |session, id: f64| { session.exports(id).await }
    later op_wasm_add_fuel |session, id: f64, fuel: String| { session.add_fuel(id, &fuel).await }
    later op_wasm_drop_resource |session, id: f64, number: f64| { session.drop_resource(id, number).await }
    later op_wasm_end |session, id: f64, how: String, text: String| { session.end(id, &how, text).await }

    later op_wasm_host_call |session, call: f64, instance: f64, name: String, args: Args| {
        session.call_within(call, instance, &name, args.0).await
    }
    value op_wasm_host_event |this| { Ok(this.event()) }
    now op_wasm_host_next |this| { this.session.next_event() }
    now op_wasm_host_return |this, call: f64, results: Args| { this.session.return_from(call, results.0) }
    now op_wasm_host_throw |this, call: f64, text: String, thrown: Any, wrong: bool| {
        let thrown = this.engine().keep(&thrown.0);
        this.session.throw_from(call, thrown, text, wrong)
    }
    now op_wasm_host_functions |this, maker: Any| { this.set_maker(maker.0) }

    now op_wasm_large_text |this, handle: u32| { this.session.large_text(handle) }
    now op_wasm_large_begin |this, length: f64| { f64::from(this.session.large_begin(length)) }
    now op_wasm_large_add |this, handle: u32, piece: View| { this.session.large_add(handle, piece.bytes()) }
    now op_wasm_large_add_text |this, handle: u32, piece: String| { this.session.large_add(handle, piece.as_bytes()) }
    now op_wasm_large_take |this, handle: u32, room: View| { this.session.large_take(handle, room.bytes()) }
    now op_wasm_large_take_text |this, handle: u32| { this.session.large_take_text(handle) }
    now op_wasm_large_sent |this, handle: u32| { this.session.large_sent(handle) }

    later op_wasm_memory_read |session, id: f64, offset: f64, length: f64| { session.memory_read(id, offset, length).await }
    value op_wasm_memory_read_into |this, id: f64, offset: f64, room: Any| { this.read_into(id, offset, room.0) }
    value op_wasm_send_memory_read |this, id: f64, offset: f64, length: f64| {
        this.session.send_memory_read(id, offset, length)?.encode(&mut this.engine())
    }
    value op_wasm_send_memory_write |this, id: f64, offset: f64, bytes: Vec<u8>| {
        this.session.send_memory_write(id, offset, bytes)?.encode(&mut this.engine())
    }
    now op_wasm_memory_has_room |this, id: f64, length: f64, quiet: bool| { this.session.memory_has_room(id, length, quiet) }
    later op_wasm_memory_write |session, id: f64, offset: f64, bytes: Vec<u8>| { session.memory_write(id, offset, bytes).await }
    later op_wasm_memory_write_large |session, id: f64, offset: f64, bytes: u32| { session.memory_write_large(id, offset, bytes).await }
    later op_wasm_memory_size |session, id: f64| { session.memory_size(id).await }
    later op_wasm_memory_grow |session, id: f64, pages: f64| { session.memory_grow(id, pages).await }

    now op_wasm_deliver_to |this, function: Any| { this.deliver_to(function.0) }
    now op_wasm_instance_label |this, id: f64| { this.session.instance_label(id) }
    now op_wasm_printable |_this, name: String| { printable::name(&name) }
    later op_wasm_stats |session, id: f64| { session.stats(id) }
    later op_wasm_all_stats |session| { session.all_stats() }

    later op_wasm_table_get |session, id: f64, name: String, index: f64| { session.table_get(id, name, index).await }
    later op_wasm_table_set |session, id: f64, name: String, index: f64, values: Args| {
        session.table_set(id, name, index, values.first()).await
    }
    later op_wasm_table_grow |session, id: f64, name: String, delta: f64, values: Args| {
        session.table_grow(id, name, delta, values.first()).await
    }
    later op_wasm_table_size |session, id: f64, name: String| { session.table_size(id, name).await }

    later op_wasm_stdio_read |session, handle: u32| { Ok(session.read_output(handle).await) }
    later op_wasm_stdio_write |session, handle: u32, instance: f64, bytes: Vec<u8>| { session.write_input(handle, instance, &bytes).await }
    later op_wasm_stdio_closed |session, handle: u32, instance: f64| { Err::<(), _>(session.input_closed(handle, instance).await) }
    now op_wasm_stdio_is_over |this, handle: u32| { this.session.input_is_over(handle) }

    // These two are for npm/src/port.cjs: which work is behind the promise that was made last, and whether it keeps the process alive.
    now task |this| { f64::from(this.last_task()) }
    now holds |this, task: u32, holds: bool| { this.event_loop().set_holds(task, holds) }
    // And these for npm/src/host.cjs, when a host is closed.
    now stop |this| { this.stop() as f64 }
    now close |this| { this.close() }
}

/// An op and the environment that it is for; what JavaScript holds of it is a function.
struct Bound {
    slot: Rc<Slot>,
    op: Op,
}

/// The object of all functions, for one environment.
pub(crate) fn bind(env: napi_env, environment: &Environment, slot: &Rc<Slot>) -> napi_value {
    let object = environment.engine().object();
    for (name, op) in OPS {
        let bound = Box::into_raw(Box::new(Bound { slot: slot.clone(), op: *op }));
        let mut function = null_mut();
        // SAFETY: called within a call from this environment; `bound` is freed when the function has been collected.
        unsafe {
            sys::napi_create_function(
                env,
                name.as_ptr().cast(),
                name.len() as isize,
                Some(invoke),
                bound.cast(),
                &mut function,
            );
            sys::napi_add_finalizer(env, function, bound.cast(), Some(forget), null_mut(), null_mut());
        }
        environment.engine().set(&object, name, function);
    }
    object
}

unsafe extern "C" fn forget(_: napi_env, bound: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `bind`, and the function that had it is gone.
    drop(unsafe { Box::from_raw(bound.cast::<Bound>()) });
}

unsafe extern "C" fn invoke(env: napi_env, info: napi_callback_info) -> napi_value {
    let (mut count, mut args, mut data) = (MOST, [null_mut(); MOST], null_mut());
    // SAFETY: as Node-API gives them; what is not given is `undefined`.
    unsafe { sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), null_mut(), &mut data) };
    // SAFETY: made by `bind`, and as long as the function is called it is not collected.
    let bound = unsafe { &*data.cast::<Bound>() };
    // A panic must not cross into C.
    let called = catch_unwind(AssertUnwindSafe(|| bound.slot.get().map(|environment| (bound.op)(&environment, &args))));
    let why = match called {
        Ok(Some(Ok(value))) => return value,
        Ok(Some(Err(unfit))) => unfit.0,
        Ok(None) => "this host has been closed".to_owned(),
        Err(_) => "a bug in the addon: it panicked".to_owned(),
    };
    let why = why.replace('\0', " ") + "\0";
    // SAFETY: as above, and the text ends with a zero.
    unsafe { sys::napi_throw_type_error(env, null_mut(), why.as_ptr().cast()) };
    null_mut()
}
