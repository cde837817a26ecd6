//! `poll_oneoff`, where it only sleeps.
//!
//! Guests work on files on their own thread, so that a thread that is gone has nothing under way. wasmtime-wasi then sleeps
//! on that thread, too, where no stop can reach it: the one case, a single relative clock, is done here as a wait that ends
//! with the call. It is also the most frequent one.

use super::program::WASI_MODULE;
use crate::actor::guest::state::GuestState;
use std::time::Duration;
use wasmtime::{AsContextMut, Caller, Extern, Linker, Result};
use wasmtime_wasi::p1::types::Errno;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{WasiSnapshotPreview1, poll_oneoff};
use wiggle::GuestMemory;

/// The sizes of a subscription and of an event, and where things are in a subscription.
const SUBSCRIPTION_BYTES: usize = 48;
const EVENT_BYTES: usize = 32;
const TAG_AT: usize = 8;
const TIMEOUT_AT: usize = 24;
const FLAGS_AT: usize = 40;
/// The tag of a clock.
const CLOCK: u8 = 0;
/// The flag of a point in time, not a span.
const ABSOLUTE: u8 = 1;

/// Puts this `poll_oneoff` in the place of the plain one.
pub(crate) fn link(linker: &mut Linker<GuestState>) -> Result<()> {
    type Arguments = (i32, i32, i32, i32);
    linker.func_wrap_async(
        WASI_MODULE,
        "poll_oneoff",
        |mut caller: Caller<'_, GuestState>, arguments: Arguments| {
            Box::new(async move {
                let (subscriptions, events, count, result) = arguments;
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                    wasmtime::bail!("missing required memory export");
                };
                let fuel = caller.as_context_mut().hostcall_fuel();
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                let Some(wasi) = state.wasi_for_a_call() else { return Ok(Errno::Notsup as i32) };
                if count == 1
                    && let Some((span, event)) = relative_sleep(bytes, subscriptions as u32)
                {
                    tokio::time::sleep(span).await;
                    let written = put(bytes, events as u32, &event) && put(bytes, result as u32, &1u32.to_le_bytes());
                    return Ok(if written { Errno::Success } else { Errno::Fault } as i32);
                }
                wasi.set_hostcall_fuel(fuel);
                let memory = &mut GuestMemory::Unshared(bytes);
                poll_oneoff(wasi, memory, subscriptions, events, count, result).await
            })
        },
    )?;
    Ok(())
}

/// How long the subscription at this place sleeps, and the event that ends it, if it is a clock and a span of time.
fn relative_sleep(memory: &[u8], at: u32) -> Option<(Duration, [u8; EVENT_BYTES])> {
    let subscription = memory.get(at as usize..)?.get(..SUBSCRIPTION_BYTES)?;
    if subscription[TAG_AT] != CLOCK || subscription[FLAGS_AT] & ABSOLUTE != 0 {
        return None;
    }
    let span = u64::from_le_bytes(subscription[TIMEOUT_AT..][..8].try_into().ok()?);
    // No error, and the type of a clock: both are 0.
    let mut event = [0; EVENT_BYTES];
    event[..8].copy_from_slice(&subscription[..8]);
    Some((Duration::from_nanos(span), event))
}

fn put(memory: &mut [u8], at: u32, bytes: &[u8]) -> bool {
    let place = memory.get_mut(at as usize..).and_then(|rest| rest.get_mut(..bytes.len()));
    place.map(|place| place.copy_from_slice(bytes)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_span_of_time_is_a_sleep_and_nothing_is_read_beyond_the_memory() {
        let mut memory = vec![0; 64];
        memory[8..16].copy_from_slice(b"userdata");
        memory[8 + TIMEOUT_AT] = 5;
        let (span, event) = relative_sleep(&memory, 8).unwrap();
        assert_eq!((span, &event[..8]), (Duration::from_nanos(5), &b"userdata"[..]));
        for at in [17, 64, 65, u32::MAX] {
            assert!(relative_sleep(&memory, at).is_none(), "{at}");
        }
        memory[8 + FLAGS_AT] = ABSOLUTE;
        assert!(relative_sleep(&memory, 8).is_none());
        assert!(!put(&mut memory, 61, &[0; 4]) && put(&mut memory, 60, &[0; 4]));
    }
}
