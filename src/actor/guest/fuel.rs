//! Fuel: what an instance has, and what one call may take of it.

use super::Context;
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
    Ok(filled)
}

/// All that the instance ever had, less what it has.
pub(super) fn used(store: &Context<'_>) -> Option<u64> {
    let given = store.data().fuel_given?;
    Some(given.saturating_sub(store.get_fuel().unwrap_or(0)))
}

/// The part of an instance's fuel that one call must leave alone.
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
        Ok(Reserve(reserve))
    }

    /// Gives it back once the call has ended. True if it kept the call from using more.
    pub(super) fn give_back(self, store: &mut Context<'_>) -> bool {
        let left = store.get_fuel().unwrap_or(0);
        // Metered, as it was when this was set aside: cannot fail.
        let _ = store.set_fuel(left.saturating_add(self.0));
        self.0 > 0
    }
}

fn given(store: &Context<'_>) -> Result<u64> {
    store.data().fuel_given.ok_or_else(|| {
        let name = store.data().actor.name();
        let text = format!("the instance \"{name}\" is not metered: give it `limits.fuel` when it is made");
        WasmError::new(ErrorCode::Type, text)
    })
}

fn set(store: &mut Context<'_>, fuel: u64) -> Result<()> {
    store.set_fuel(fuel).map_err(|error| WasmError::new(ErrorCode::Call, format!("{error:#}")))
}
