//! The core dump that a trap leaves, where they are wanted.

use super::state::Context;
use crate::actor::budget::Held;
use crate::engine::{Code, dump_without_looks};
use crate::limits::{CORE_DUMP_COPIES, CORE_DUMP_MEMORY_MAX};
use std::io;
use std::sync::Arc;
use wasmtime::{FrameInfo, HeapType, ValType, WasmCoreDump};

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
    if store.data().component.is_some() {
        return Err(io::Error::other("it is a component, of which wasmtime's core dumps hold nothing"));
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
    let (actor, code) = (store.data().actor.clone(), store.data().code.clone());
    // All memories are read, and so is the page that the guest looks at: a stop may be on its way.
    let kept = actor.control.page().keep();
    let bytes = dump.serialize(&mut *store, actor.name());
    drop(kept);
    if !code.looks() {
        return Ok(Serialized { bytes, _room: room });
    }
    let offsets: Vec<usize> = dump.frames().iter().map(|frame| original_offset_in_function(&code, frame)).collect();
    let bytes = dump_without_looks(&bytes, &offsets).map_err(io::Error::other)?;
    Ok(Serialized { bytes, _room: room })
}

/// Where a frame is within its function, as that was given.
fn original_offset_in_function(code: &Code, frame: &FrameInfo) -> usize {
    let (Some(offset), Some(within)) = (frame.module_offset(), frame.func_offset()) else { return 0 };
    code.original(offset).saturating_sub(code.original(offset.saturating_sub(within)))
}
