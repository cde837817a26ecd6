//! The core dump that a trap leaves, where they are wanted.

use super::state::Context;
use crate::actor::budget::Held;
use crate::limits::{CORE_DUMP_COPIES, CORE_DUMP_MEMORY_MAX};
use std::io;
use std::sync::Arc;
use wasmtime::{HeapType, ValType, WasmCoreDump};

/// Writes the core dump. A guest that was stopped has none to show.
pub(super) fn save(store: &mut Context<'_>, error: &wasmtime::Error) {
    let state = store.data();
    let (engines, actor) = (state.engines.clone(), Arc::clone(&state.actor));
    if let (Some(dumps), Some(dump)) = (engines.core_dumps(), error.downcast_ref::<WasmCoreDump>())
        && !actor.control.is_stopped()
    {
        dumps.save(actor.name(), actor.id(), || serialized(store, dump));
    }
}

/// A dump, and what it takes of the memory of all guests meanwhile.
struct Serialized {
    bytes: Vec<u8>,
    _room: Held,
}

impl AsRef<[u8]> for Serialized {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn serialized(store: &mut Context<'_>, dump: &WasmCoreDump) -> io::Result<Serialized> {
    if store.data().code.looks() {
        return Err(io::Error::other("none is written yet where `interruption` is \"protection\""));
    }
    let limiter = &store.data().limiter;
    let (has, shared) = (limiter.bytes(), limiter.shared());
    if has > CORE_DUMP_MEMORY_MAX {
        let text =
            format!("the guest has {has} bytes of memory, and none is written of more than {CORE_DUMP_MEMORY_MAX}");
        return Err(io::Error::other(text));
    }
    let room = shared.hold(has * CORE_DUMP_COPIES, has).ok_or_else(|| {
        let why = shared.refusal();
        io::Error::other(format!("it takes {CORE_DUMP_COPIES} times the {has} bytes that the guest has, and {why}"))
    })?;
    // wasmtime panics where a global holds a reference of another kind.
    let kinds = dump.globals().iter().map(|global| global.ty(&*store).content().clone());
    let unwritable = |ty: ValType| match ty {
        ValType::Ref(ty) => !matches!(ty.heap_type().top(), HeapType::Extern | HeapType::Func | HeapType::Any),
        _ => false,
    };
    if kinds.into_iter().any(unwritable) {
        return Err(io::Error::other("one of its globals is of a type that a core dump cannot hold"));
    }
    let name = store.data().actor.name().clone();
    Ok(Serialized { bytes: dump.serialize(&mut *store, &name), _room: room })
}
