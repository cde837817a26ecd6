//! `wasi:random`: wasmtime-wasi's numbers, in pieces between which a stop is looked for, and not more than the host has memory for.

use super::guest::Preview2;
use super::stop::unless_stopped;
use crate::limits::RANDOM_BYTES_MAX;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};
use wasmtime_wasi::random::WasiRandomCtx;

/// Bytes between two looks for a stop.
const BYTES_AT_ONCE: u64 = 64 * 1024;

impl Preview2 {
    fn bytes(&mut self, length: u64, some: impl Fn(&mut WasiRandomCtx, u64) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        if length > RANDOM_BYTES_MAX {
            bail!("a list of {length} random bytes is too long: {RANDOM_BYTES_MAX} are the most");
        }
        let mut bytes = Vec::with_capacity(length as usize);
        while let left @ 1.. = length - bytes.len() as u64 {
            unless_stopped(&self.actor)?;
            bytes.extend(some(self.random(), left.min(BYTES_AT_ONCE))?);
        }
        Ok(bytes)
    }
}

impl random::Host for Preview2 {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.bytes(length, random::Host::get_random_bytes)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.random().get_random_u64()
    }
}

impl insecure::Host for Preview2 {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.bytes(length, insecure::Host::get_insecure_random_bytes)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.random().get_insecure_random_u64()
    }
}

impl insecure_seed::Host for Preview2 {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        self.random().insecure_seed()
    }
}
