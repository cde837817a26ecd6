//! The memory of a guest, read and written from outside. Every bound is checked before anything is allocated.

use super::instance::instance;
use crate::actor::guest::state::Context;
use crate::actor::protocol::loan::Lent;
use crate::error::{ErrorCode, Result, WasmError};
use wasmtime::{Extern, Memory};

/// 64 KiB, the unit of `memory.size` and `memory.grow`, whatever the page size a memory declares.
const PAGE_BYTES: u64 = 65_536;

/// The export `memory`, or else the first exported memory, or else the first that is imported.
fn memory(store: &mut Context<'_>) -> Result<Memory> {
    // One that is imported is there before the instance is, for what a start function calls.
    let state = store.data();
    if let Some(memory) = state.module.imported_memory().and_then(|index| state.core.fresh.memories.get(index)) {
        return Ok(*memory);
    }
    let instance = instance(store)?;
    if let Some(memory) = instance.get_memory(&mut *store, "memory") {
        return Ok(memory);
    }
    let first = instance.exports(&mut *store).find_map(|export| match export.into_extern() {
        Extern::Memory(memory) => Some(memory),
        _ => None,
    });
    first.ok_or_else(|| memory_error(format!("{} exports no memory", store.data().module.name())))
}

/// All of it.
pub(super) fn whole<'a>(store: &'a mut Context<'_>) -> Result<&'a mut [u8]> {
    Ok(memory(store)?.data_mut(&mut *store))
}

pub(super) fn read(store: &mut Context<'_>, offset: u64, length: u64) -> Result<Vec<u8>> {
    let data = memory(store)?.data(&*store);
    let range = range(offset, length, data.len())?;
    Ok(data[range].to_vec())
}

/// The same, straight to where there is room for them.
pub(super) fn read_into(store: &mut Context<'_>, offset: u64, room: &Lent) -> Result<()> {
    let data = memory(store)?.data(&*store);
    let range = range(offset, room.len() as u64, data.len())?;
    room.fill(&data[range]);
    Ok(())
}

pub(super) fn write(store: &mut Context<'_>, offset: u64, bytes: &[u8]) -> Result<()> {
    let data = memory(store)?.data_mut(&mut *store);
    let range = range(offset, bytes.len() as u64, data.len())?;
    data[range].copy_from_slice(bytes);
    Ok(())
}

pub(super) fn size(store: &mut Context<'_>) -> Result<u64> {
    Ok(memory(store)?.data_size(&*store) as u64 / PAGE_BYTES)
}

pub(super) async fn grow(store: &mut Context<'_>, pages: u64) -> Result<u64> {
    let before = size(store)?;
    let memory = memory(store)?;
    let unit = memory.page_size(&*store);
    store.data_mut().limiter.take_refusal();
    let delta = pages.checked_mul(PAGE_BYTES).map(|bytes| bytes / unit);
    if let Some(delta) = delta
        && memory.grow_async(&mut *store, delta).await.is_ok()
    {
        return Ok(before);
    }
    let maximum = memory.ty(&*store).maximum();
    let bounds = store.data_mut().limiter.bounds(maximum);
    Err(memory_error(format!("the memory cannot grow by {pages} pages: it has {before}{bounds}")))
}

fn range(offset: u64, length: u64, size: usize) -> Result<std::ops::Range<usize>> {
    let end = offset.checked_add(length).filter(|end| *end <= size as u64);
    match end {
        // Both fit: neither is beyond `size`, which is a usize.
        Some(end) => Ok(offset as usize..end as usize),
        None => Err(memory_error(format!("{length} bytes at offset {offset} reach beyond the memory's {size} bytes"))),
    }
}

fn memory_error(text: String) -> WasmError {
    WasmError::new(ErrorCode::Memory, text)
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_end_at_the_memorys_end_and_never_wrap() {
        assert_eq!(range(10, 0, 10), Ok(10..10));
        assert_eq!(range(0, 10, 10), Ok(0..10));
        for (offset, length) in [(11, 0), (10, 1), (u64::MAX, 2), (1, u64::MAX)] {
            assert!(range(offset, length, 10).is_err(), "{offset} {length}");
        }
    }
}
