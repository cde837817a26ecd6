//! Fuel: what an instance has, and what one call may take of it.

use super::{Context, GuestState};
use crate::error::{ErrorCode, Result, WasmError};

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
        set(store, has - reserve)?;
        store.data_mut().fuel_aside += reserve;
        Ok(Reserve(reserve))
    }

    /// Gives it back once the call has ended. True if it kept the call from using more.
    pub(super) fn give_back(self, store: &mut Context<'_>) -> bool {
        let left = store.get_fuel().unwrap_or(0);
        store.data_mut().fuel_aside -= self.0;
        // Metered, as it was when this was set aside: cannot fail.
        let _ = store.set_fuel(left.saturating_add(self.0));
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
    store.set_fuel(fuel).map_err(|error| WasmError::new(ErrorCode::Call, format!("{error:#}")))
}
