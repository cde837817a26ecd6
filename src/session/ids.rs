//! Numbers from JavaScript as ids and amounts.

use crate::error::{ErrorCode, Result, WasmError};
use crate::registry::{InstanceId, ModuleId};
use std::time::Duration;

/// A number from JavaScript as an instance's id. What is no id names nothing, and is said as it was given.
pub(super) fn instance_id(number: f64) -> Result<InstanceId> {
    id(number).map(InstanceId).ok_or_else(|| WasmError::no_instance(as_written(number)))
}

/// The same for a module's id.
pub(super) fn module_id(number: f64) -> Result<ModuleId> {
    id(number).map(ModuleId).ok_or_else(|| WasmError::no_module(as_written(number)))
}

/// Ids are positive integers. They are counted one by one, so none is beyond what a number counts exactly.
fn id(number: f64) -> Option<u64> {
    const LAST: f64 = ((1_u64 << 53) - 1) as f64;
    (number.trunc() == number && (1.0..=LAST).contains(&number)).then_some(number as u64)
}

/// A number as JavaScript writes it.
fn as_written(number: f64) -> String {
    match number {
        _ if number.is_infinite() => if number > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        _ if number == 0.0 => "0".into(),
        _ if number.abs() >= 1e21 || number.abs() < 1e-6 => {
            format!("{number:e}").replace("e", "e+").replace("e+-", "e-")
        }
        _ => number.to_string(),
    }
}

/// Integers from JavaScript as amounts of what they are named after.
///
/// # Errors
/// 5006 for a negative one.
pub(super) fn amounts<const N: usize>(numbers: [(&str, f64); N]) -> Result<[u64; N]> {
    for (what, number) in numbers {
        if number < 0.0 {
            return Err(WasmError::new(ErrorCode::Memory, format!("{what} is negative: {}", as_written(number))));
        }
    }
    // Saturates: beyond 64 bits is beyond every memory.
    Ok(numbers.map(|(_, number)| number as u64))
}

/// Decimal digits as an amount. Beyond 64 bits is as good as all of them.
pub(super) fn amount(digits: &str) -> u64 {
    digits.parse().unwrap_or(u64::MAX)
}

/// Milliseconds from JavaScript as a limit of time. What is too short to count is the shortest time there is, for no limit must
/// turn into none; what is too long to count is the longest.
pub(super) fn time(ms: f64) -> Duration {
    const SHORTEST: Duration = Duration::from_nanos(1);
    if ms > 0.0 {
        Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX).max(SHORTEST)
    } else {
        // JavaScript lets nothing of that kind through: not zero, no negative number, and none that is no number.
        SHORTEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_positive_integer_and_anything_else_is_named_as_it_was_given() {
        assert_eq!(instance_id(1.0).unwrap(), InstanceId(1));
        assert_eq!(module_id(9_007_199_254_740_991.0).unwrap(), ModuleId((1 << 53) - 1));
        let odd = [
            (-1.0, "-1"),
            (1.5, "1.5"),
            (0.0, "0"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e300, "1e+300"),
            (-2.5e21, "-2.5e+21"),
            (1e-7, "1e-7"),
        ];
        for (number, written) in odd {
            let (instance, module) = (instance_id(number).unwrap_err(), module_id(number).unwrap_err());
            assert!(instance.message.starts_with(&format!("there is no instance {written}: ")), "{instance}");
            assert!(module.message.starts_with(&format!("there is no module {written}: ")), "{module}");
        }
    }

    #[test]
    fn no_time_is_so_short_or_so_long_that_it_is_none() {
        for ms in [5e-324, f64::MIN_POSITIVE, 1e-300, 1e-7, 4.9e-7, 1e-6, 0.0, -0.0, -1.0, f64::NAN] {
            assert_eq!(time(ms), Duration::from_nanos(1), "{ms}");
        }
        assert_eq!([0.25, 1.0, 1.5].map(time), [250, 1000, 1500].map(Duration::from_micros));
        assert_eq!([1e30, f64::MAX, f64::INFINITY].map(time), [Duration::MAX; 3]);
    }
}
