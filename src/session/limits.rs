//! The limits of an instance: what the app asks for, held against what it may ask for.
//!
//! What the manifest sets is a ceiling: who asks for more gets as much as that, and a log says so. Where it sets none, what is
//! asked for is what there is, or an error.

use super::ids::time;
use crate::actor::config::Limits;
use crate::caps::ManifestLimits;
use crate::error::{ErrorCode, Result, WasmError};
use crate::instance_limits::Limits as Wanted;
use crate::limits::{MAILBOX_MAX, TABLE_ELEMENT_BYTES};
use crate::registry::RuntimeOptions;
use serde::Deserialize;
use std::fmt::Debug;

/// Absent where the caller names no limit. Amounts that can exceed 2^53 are decimal strings.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LimitOptions {
    fuel: Option<String>,
    timeout_ms: Option<f64>,
    cpu_ms: Option<f64>,
    memory_bytes: Option<f64>,
    table_elements: Option<f64>,
    mailbox: Option<f64>,
}

impl LimitOptions {
    /// What is asked for. Amounts saturate.
    pub(super) fn wanted(&self) -> Wanted {
        // Beyond 64 bits is as good as all of them.
        let fuel = self.fuel.as_ref().map(|digits| digits.parse().unwrap_or(u64::MAX));
        let [timeout, cpu] = [self.timeout_ms, self.cpu_ms].map(|ms| ms.map(time));
        let [memory_bytes, table_elements] =
            [self.memory_bytes, self.table_elements].map(|amount| amount.map(|amount| amount as u64));
        Wanted { fuel, timeout, cpu, memory_bytes, table_elements, mailbox: self.mailbox.map(|places| places as usize) }
    }
}

/// The limits that an instance gets.
///
/// # Errors
/// 5001 for more than all guests together may have, 5007 for a mailbox that cannot be.
pub(super) fn limits(manifest: &ManifestLimits, options: &RuntimeOptions, wanted: &Wanted) -> Result<Limits> {
    let defaults = &options.limits;
    if let Some(places) = wanted.mailbox.filter(|places| !(1..=MAILBOX_MAX).contains(places)) {
        let text = format!("options.limits.mailbox must lie in 1 to {MAILBOX_MAX}, but is {places}");
        return Err(WasmError::new(ErrorCode::Type, text));
    }
    let most = options.max_memory_bytes;
    let shared = |name, unit_bytes| Shared { name, most: most / unit_bytes, of_bytes: most };
    let memory = shared("memoryBytes", 1).bound(manifest.memory_bytes, wanted.memory_bytes)?;
    let table = shared("tableElements", TABLE_ELEMENT_BYTES).bound(manifest.table_elements, wanted.table_elements)?;
    Ok(Limits {
        fuel: at_most("fuel", defaults.fuel, wanted.fuel),
        timeout: at_most("timeoutMs", defaults.timeout, wanted.timeout),
        cpu: at_most("cpuMs", defaults.cpu, wanted.cpu),
        memory_bytes: memory.unwrap_or(defaults.memory_bytes),
        table_elements: table.unwrap_or(defaults.table_elements),
        mailbox: at_most("mailbox", manifest.mailbox, wanted.mailbox).unwrap_or(defaults.mailbox),
    })
}

/// The tighter of a ceiling and what is wanted, where there is any.
fn at_most<T: Ord + Copy + Debug>(name: &str, ceiling: Option<T>, wanted: Option<T>) -> Option<T> {
    match (ceiling, wanted) {
        (Some(ceiling), Some(wanted)) if wanted > ceiling => {
            tracing::info!(limit = name, ?wanted, given = ?ceiling, "the manifest allows less than the app asks for");
            Some(ceiling)
        }
        (ceiling, wanted) => wanted.or(ceiling),
    }
}

/// A limit on something of which all guests together have no more than `max_memory`.
struct Shared {
    name: &'static str,
    most: u64,
    of_bytes: u64,
}

impl Shared {
    fn bound(&self, ceiling: Option<u64>, wanted: Option<u64>) -> Result<Option<u64>> {
        let Shared { name, most, of_bytes } = self;
        match wanted {
            Some(wanted) if ceiling.is_none() && wanted > *most => {
                let text = format!(
                    "options.limits.{name} asks for {wanted}, and all guests together may have {most} \
                     (max_memory, {of_bytes} bytes)"
                );
                Err(WasmError::new(ErrorCode::Instantiate, text))
            }
            wanted => Ok(at_most(name, ceiling, wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn options(manifest: &ManifestLimits) -> RuntimeOptions {
        let limits = Limits {
            fuel: manifest.fuel,
            memory_bytes: manifest.memory_bytes.unwrap_or(1 << 30),
            table_elements: manifest.table_elements.unwrap_or(1_000_000),
            mailbox: manifest.mailbox.unwrap_or(1024),
            ..Limits::default()
        };
        RuntimeOptions { limits, max_memory_bytes: 8 << 30, ..RuntimeOptions::default() }
    }

    #[test]
    fn what_is_asked_for_never_exceeds_the_ceiling() {
        let manifest = ManifestLimits {
            fuel: Some(100),
            memory_bytes: Some(1000),
            table_elements: Some(10),
            mailbox: Some(4),
            ..ManifestLimits::default()
        };
        let wanted = LimitOptions {
            fuel: Some("99999999999999999999999999".into()),
            timeout_ms: Some(1.5),
            cpu_ms: Some(2.5),
            memory_bytes: Some(1e300),
            table_elements: Some(3.0),
            mailbox: Some(5.0),
        };
        let expected = Limits {
            fuel: Some(100),
            timeout: Some(Duration::from_micros(1500)),
            cpu: Some(Duration::from_micros(2500)),
            memory_bytes: 1000,
            table_elements: 3,
            mailbox: 4,
        };
        assert_eq!(limits(&manifest, &options(&manifest), &wanted.wanted()), Ok(expected));
        let nothing = Wanted::default();
        assert_eq!(limits(&manifest, &options(&manifest), &nothing), Ok(options(&manifest).limits));
    }

    #[test]
    fn without_a_ceiling_it_is_what_was_asked_for_or_an_error_that_names_both() {
        let manifest = ManifestLimits::default();
        let ask = |memory_bytes, table_elements, mailbox| {
            let wanted = LimitOptions { memory_bytes, table_elements, mailbox, ..LimitOptions::default() };
            limits(&manifest, &options(&manifest), &wanted.wanted())
        };
        let four_gib = 4.0 * 1024.0 * 1024.0 * 1024.0;
        assert_eq!(ask(Some(four_gib), None, None).unwrap().memory_bytes, 4 << 30);
        assert_eq!(ask(Some(0.0), Some(0.0), None).unwrap().memory_bytes, 0);
        assert_eq!(ask(None, Some(2e6), Some(65_536.0)).unwrap().table_elements, 2_000_000);
        let most: u64 = 8 << 30;
        for (bytes, elements) in [
            (Some(2.0 * four_gib + 1.0), None),
            (Some(1e300), None),
            (None, Some(most as f64 / 16.0 + 1.0)),
            (None, Some(1.8446744073709552e19)),
        ] {
            let error = ask(bytes, elements, None).unwrap_err();
            assert_eq!(error.code, ErrorCode::Instantiate);
            assert!(error.message.contains("max_memory") && error.message.contains("8589934592 bytes"), "{error}");
        }
        for places in [0.0, 65_537.0, 2_f64.powi(31), 2_f64.powi(53), 4611686018427387904.0, 1.8446744073709552e19] {
            let error = ask(None, None, Some(places)).unwrap_err();
            assert!(error.code == ErrorCode::Type && error.message.contains("65536"), "{error}");
        }
    }
}
