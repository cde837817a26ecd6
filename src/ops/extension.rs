//! The list of the ops, and what they share.

use super::{
    compile, handles, imports, instance, instantiate, large, memory, observe, replies, scripts, stdio, table, values,
};
use crate::session::{Session, WasmHost};
use std::borrow::Cow;

deno_core::extension!(
    runtime_wasm,
    ops = [
        compile::op_wasm_compile,
        compile::op_wasm_compile_file,
        compile::op_wasm_compile_large,
        compile::op_wasm_drop_module,
        compile::op_wasm_inspect,
        compile::op_wasm_max_module_bytes,
        compile::op_wasm_module_imports,
        compile::op_wasm_module_interface,
        handles::op_wasm_abort_handle,
        handles::op_wasm_close,
        instantiate::op_wasm_instantiate,
        instance::op_wasm_call,
        instance::op_wasm_send_call,
        instance::op_wasm_send_batch,
        instance::op_wasm_call_with,
        instance::op_wasm_send_call_bytes,
        instance::op_wasm_send_call_text,
        instance::op_wasm_call_bytes,
        instance::op_wasm_call_text,
        instance::op_wasm_call_large,
        instance::op_wasm_call_batch,
        instance::op_wasm_closed,
        instance::op_wasm_is_alive,
        instance::op_wasm_global_get,
        instance::op_wasm_global_set,
        instance::op_wasm_exports,
        instance::op_wasm_add_fuel,
        instance::op_wasm_drop_resource,
        instance::op_wasm_end,
        instance::op_wasm_call_ref,
        imports::op_wasm_host_call,
        imports::op_wasm_host_event,
        imports::op_wasm_host_functions,
        imports::op_wasm_host_next,
        imports::op_wasm_host_return,
        imports::op_wasm_host_throw,
        large::op_wasm_large_add,
        large::op_wasm_large_add_text,
        large::op_wasm_large_begin,
        large::op_wasm_large_sent,
        large::op_wasm_large_take,
        large::op_wasm_large_take_text,
        large::op_wasm_large_text,
        large::op_wasm_large_turn,
        memory::op_wasm_memory_read,
        memory::op_wasm_memory_read_into,
        memory::op_wasm_send_memory_read,
        memory::op_wasm_send_memory_write,
        memory::op_wasm_memory_has_room,
        memory::op_wasm_memory_write,
        memory::op_wasm_memory_write_large,
        memory::op_wasm_memory_size,
        memory::op_wasm_memory_grow,
        replies::op_wasm_deliver_to,
        observe::op_wasm_instance_label,
        observe::op_wasm_printable,
        observe::op_wasm_stats,
        observe::op_wasm_all_stats,
        table::op_wasm_table_get,
        table::op_wasm_table_grow,
        table::op_wasm_table_set,
        table::op_wasm_table_size,
        stdio::op_wasm_stdio_closed,
        stdio::op_wasm_stdio_is_over,
        stdio::op_wasm_stdio_read,
        stdio::op_wasm_stdio_write,
    ],
    esm_entry_point = "ext:runtime_wasm/entry.js",
    options = { host: WasmHost },
    state = |state, options| {
        let session = Session::new(options.host);
        state.put(values::HostValues::new(session.keeper()));
        state.put(session);
    },
    docs = "Hosts WebAssembly guests; see the crate's documentation.",
);

/// The extension that provides `runtime:wasm`, for the `extensions` of a `JsRuntime`: with what a [`Runtime`](crate::Runtime) grants, which
/// several of them may share.
pub fn extension(runtime: impl Into<WasmHost>) -> deno_core::Extension {
    let mut extension = runtime_wasm::init(runtime.into());
    extension.esm_files = Cow::Borrowed(scripts::SCRIPTS);
    extension
}
