//! Fuel: what an instance has, what one call may take of it, and what a trap costs.
//!
//! A guest is given its fuel in slices. Where one is spent it gives way for a moment, and before it goes on we see what is left. Where
//! it traps, wasmtime has lost what it counted since the last look: it is charged a whole slice and what the function could
//! count without a look, which is never less than what it did.

use super::state::{Context, FuelSeen, GuestState};
use crate::engine::{Extent, bulk_operation_at, cost_of_function_at};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{FUEL_SLICE_MAX, FUEL_SLICE_MIN, FUEL_SLICES};
use wasmtime::{GcHeapOutOfMemory, Store, Trap, WasmBacktrace};

/// Fills a fresh store.
pub(super) fn fill(store: &mut Store<GuestState>, fuel: u64) -> wasmtime::Result<()> {
    store.set_fuel(fuel)?;
    store.fuel_async_yield_interval(Some(slice_of(fuel)))
}

/// How much of so much fuel is spent between two looks. A trap costs that much, so where there is little it is little.
fn slice_of(fuel: u64) -> u64 {
    (fuel / FUEL_SLICES).clamp(FUEL_SLICE_MIN, FUEL_SLICE_MAX)
}

/// Puts fuel in; gives back what there is then.
///
/// # Errors
/// 5007 for an instance without metering.
pub(super) fn add(store: &mut Context<'_>, fuel: u64) -> Result<u64> {
    let given = given(store)?;
    let filled = store.get_fuel().unwrap_or(0).saturating_add(fuel);
    store.data_mut().fuel_given = Some(given.saturating_add(fuel));
    set(store, filled)?;
    Ok(filled.saturating_add(store.data().fuel_aside))
}

/// Lets statistics see what the guest has used: all that it ever had, less what it has.
pub(super) fn publish(store: &Context<'_>) {
    let GuestState { fuel_given: Some(given), fuel_aside, actor, .. } = store.data() else { return };
    let left = store.get_fuel().unwrap_or(0).saturating_add(*fuel_aside);
    actor.counters.fuel_now.set(given.saturating_sub(left));
}

/// The guest calls out: an import, or wasmtime itself, which it also does where a slice is spent and where an operation costs more
/// than that.
pub(super) fn calls_out(store: &mut Context<'_>) {
    if store.data().fuel_given.is_none() {
        return;
    }
    let has = store.get_fuel().unwrap_or(0);
    let seen = &mut store.data_mut().fuel_seen;
    if has == 0 {
        seen.spent += 1;
    }
    goes_on(store);
}

/// The guest goes on.
pub(super) fn goes_on(store: &mut Context<'_>) {
    if store.data().fuel_given.is_none() {
        return;
    }
    let has = store.get_fuel().unwrap_or(0);
    let seen = &mut store.data_mut().fuel_seen;
    if has > 0 {
        (seen.fuel, seen.spent) = (has, 0);
    } else if seen.spent == 0 {
        // It had some when it called out, and what it called has used it.
        seen.fuel = 0;
    }
    publish(store);
}

/// Cuts what there is into slices anew. To be done before each call.
pub(super) fn cut(store: &mut Context<'_>) {
    if store.data().fuel_given.is_none() {
        return;
    }
    let has = store.get_fuel().unwrap_or(0);
    let slice = slice_of(has);
    store.data_mut().fuel_seen = FuelSeen { fuel: has, spent: 0, slice };
    // Metered, and the slice is not zero: cannot fail.
    let _ = store.fuel_async_yield_interval(Some(slice));
}

/// Charges for what a trap has lost. The trap that the guest has ended by: where an operation cost more than there was, because it was
/// beyond all bounds, it is that.
pub(super) fn settle(store: &mut Context<'_>, error: &wasmtime::Error) -> Option<Trap> {
    let trap = error.downcast_ref::<Trap>().copied();
    let loses = match trap {
        // It has written down what it counted.
        Some(Trap::UnreachableCodeReached) => false,
        Some(_) => true,
        None => error.is::<GcHeapOutOfMemory<()>>(),
    };
    if !loses || store.data().fuel_given.is_none() {
        return trap;
    }
    let offset = error.downcast_ref::<WasmBacktrace>().and_then(|stack| stack.frames().first()?.module_offset());
    let module = store.data().module.clone();
    let uncounted =
        store.data().fuel_seen.slice + offset.map_or(0, |offset| cost_of_function_at(module.bytes(), offset));
    if trap != Some(Trap::OutOfFuel) {
        let has = store.get_fuel().unwrap_or(0);
        let _ = set(store, has.saturating_sub(uncounted));
        return trap;
    }
    let Some((extent, beyond)) = offset.and_then(|offset| bulk_operation_at(module.bytes(), offset)) else {
        return trap;
    };
    let state = store.data();
    let largest = match extent {
        Extent::Bytes => state.limiter.bytes(),
        Extent::Elements => state.limiter.elements(),
        Extent::NewBytes => state.limiter.bytes_max(),
        Extent::Segment => module.bytes().len() as u64,
    };
    // What it had at least, unless it has called out for nothing before. If that is enough for all that there is, then it wanted
    // more than there is.
    match state.fuel_seen.fuel.checked_sub(uncounted) {
        Some(had) if had >= largest && state.fuel_seen.spent == 1 => {
            let _ = set(store, had);
            Some(beyond)
        }
        _ => trap,
    }
}

/// The part of an instance's fuel that one call must leave alone, beside what calls around it must.
pub(super) struct Reserve(u64);

impl Reserve {
    /// Leaves the call at most `limit`.
    ///
    /// # Errors
    /// 5007 for an instance without metering.
    pub(super) fn set_aside(store: &mut Context<'_>, limit: u64) -> Result<Reserve> {
        given(store)?;
        let has = store.get_fuel().unwrap_or(0);
        let reserve = has.saturating_sub(limit);
        store.data_mut().fuel_aside += reserve;
        set(store, has - reserve)?;
        Ok(Reserve(reserve))
    }

    /// Gives it back once the call has ended. True if it kept the call from using more.
    pub(super) fn give_back(self, store: &mut Context<'_>) -> bool {
        let left = store.get_fuel().unwrap_or(0);
        store.data_mut().fuel_aside -= self.0;
        // Metered, as it was when this was set aside: cannot fail.
        let _ = set(store, left.saturating_add(self.0));
        self.0 > 0
    }
}

fn given(store: &Context<'_>) -> Result<u64> {
    store.data().fuel_given.ok_or_else(|| {
        let name = store.data().actor.label();
        let text = format!("the instance \"{name}\" is not metered: give it `limits.fuel` when it is made");
        WasmError::new(ErrorCode::Type, text)
    })
}

fn set(store: &mut Context<'_>, fuel: u64) -> Result<()> {
    store.set_fuel(fuel).map_err(|error| WasmError::new(ErrorCode::Call, format!("{error:#}")))?;
    let seen = &mut store.data_mut().fuel_seen;
    (seen.fuel, seen.spent) = (fuel, 0);
    publish(store);
    Ok(())
}
