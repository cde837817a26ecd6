//! The memory of an instance.

use super::convert::Reply;
use super::host::{WasmHost, as_written, instance_id};
use super::instance::ask;
use super::large::{self, Bytes};
use super::replies::{self, Sent};
use crate::actor::message::{Answer, Command};
use crate::error::{ErrorCode, Result, WasmError};
use deno_core::{OpState, ResourceId, op2};
use std::cell::RefCell;
use std::rc::Rc;

/// Integers from JavaScript as amounts. A negative one is 5006, once it is clear that the instance exists.
pub(super) fn amounts<const N: usize>(
    state: &Rc<RefCell<OpState>>,
    id: f64,
    numbers: [(&str, f64); N],
) -> Result<[u64; N]> {
    let amounts = amounts_of(numbers);
    if amounts.is_err() {
        WasmHost::enabled(state)?.runtime.instance(instance_id(id)?)?;
    }
    amounts
}

/// The same where the instance is known to exist.
fn amounts_of<const N: usize>(numbers: [(&str, f64); N]) -> Result<[u64; N]> {
    for (what, number) in numbers {
        if number < 0.0 {
            return Err(WasmError::new(ErrorCode::Memory, format!("{what} is negative: {}", as_written(number))));
        }
    }
    // Saturates: beyond 64 bits is beyond every memory.
    Ok(numbers.map(|(_, number)| number as u64))
}

/// Reads few bytes of an instance that does not wait for a host function: they come now, or by a ticket.
#[op2]
pub fn op_wasm_send_memory_read(state: Rc<RefCell<OpState>>, id: f64, offset: f64, length: f64) -> Sent {
    replies::send(&state, id, || {
        let [offset, length] = amounts_of([("the offset", offset), ("the length", length)])?;
        Ok(Command::MemoryRead { offset, length })
    })
}

/// Writes few bytes; likewise.
#[op2]
pub fn op_wasm_send_memory_write(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Sent {
    replies::send(&state, id, || {
        let [offset] = amounts_of([("the offset", offset)])?;
        Ok(Command::MemoryWrite { offset, bytes })
    })
}

/// Reads bytes.
#[op2]
pub async fn op_wasm_memory_read(state: Rc<RefCell<OpState>>, id: f64, offset: f64, length: f64) -> Reply<Bytes> {
    Reply(read(state, id, offset, length).await)
}

async fn read(state: Rc<RefCell<OpState>>, id: f64, offset: f64, length: f64) -> Result<Bytes> {
    let [offset, length] = amounts(&state, id, [("the offset", offset), ("the length", length)])?;
    let bytes = match ask(state.clone(), id, Command::MemoryRead { offset, length }).await? {
        Answer::Bytes(bytes) => bytes,
        _ => Vec::new(),
    };
    Ok(Bytes::new(&state, bytes))
}

/// Writes bytes.
#[op2]
pub async fn op_wasm_memory_write(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[buffer(copy)] bytes: Vec<u8>,
) -> Reply<Answer> {
    Reply(match amounts(&state, id, [("the offset", offset)]) {
        Ok([offset]) => ask(state, id, Command::MemoryWrite { offset, bytes }).await,
        Err(error) => Err(error),
    })
}

/// Can this many bytes ever fit, before anything is copied? `quiet` says that no other request is under way: a memory never shrinks, but
/// what waits before this may let it grow.
#[op2(fast)]
pub fn op_wasm_memory_has_room(state: &OpState, id: f64, length: f64, quiet: bool) -> bool {
    let actor = instance_id(id).and_then(|id| state.borrow::<WasmHost>().runtime.instance(id));
    let room = actor.map(|actor| if quiet { actor.stats().memory_bytes } else { actor.limits().memory_bytes });
    // What there is not has its own words for it.
    room.is_ok_and(|room| length <= room as f64)
}

/// Writes bytes that come in pieces, once all have come.
#[op2]
pub async fn op_wasm_memory_write_large(
    state: Rc<RefCell<OpState>>,
    id: f64,
    offset: f64,
    #[smi] bytes: ResourceId,
) -> Reply<Answer> {
    Reply(write_large(state, id, offset, bytes).await)
}

async fn write_large(state: Rc<RefCell<OpState>>, id: f64, offset: f64, bytes: ResourceId) -> Result<Answer> {
    // Dropped where the request is not sent, so that JavaScript hears that nobody wants them.
    let coming = large::coming(&state, bytes)?;
    let [offset] = amounts(&state, id, [("the offset", offset)])?;
    ask(state, id, Command::MemoryWriteLater { offset, coming }).await
}

/// The size in pages.
#[op2]
pub async fn op_wasm_memory_size(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Answer> {
    Reply(ask(state, id, Command::MemorySize).await)
}

/// Grows; the answer is the size before, in pages.
#[op2]
pub async fn op_wasm_memory_grow(state: Rc<RefCell<OpState>>, id: f64, pages: f64) -> Reply<Answer> {
    Reply(match amounts(&state, id, [("the number of pages", pages)]) {
        Ok([pages]) => ask(state, id, Command::MemoryGrow { pages }).await,
        Err(error) => Err(error),
    })
}
