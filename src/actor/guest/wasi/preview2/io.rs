//! `wasi:io/poll` and `wasi:io/error`: what waits, and what tells of failures.

use super::guest::Preview2;
use super::stop::while_running;
use crate::limits::POLL_SUBSCRIPTIONS_MAX;
use wasmtime::component::Resource;
use wasmtime::{Result, bail};
use wasmtime_wasi::p2::bindings::io::{error, poll};
use wasmtime_wasi::p2::{DynPollable, IoError};

impl poll::Host for Preview2 {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        if pollables.len() > POLL_SUBSCRIPTIONS_MAX as usize {
            bail!("{} are too many to poll at once: {POLL_SUBSCRIPTIONS_MAX} are the most", pollables.len());
        }
        while_running(&self.actor, poll::Host::poll(&mut self.table, pollables)).await?
    }
}

impl poll::HostPollable for Preview2 {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        poll::HostPollable::ready(&mut self.table, pollable).await
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        while_running(&self.actor, poll::HostPollable::block(&mut self.table, pollable)).await?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        poll::HostPollable::drop(&mut self.table, pollable)
    }
}

impl error::Host for Preview2 {}

impl error::HostError for Preview2 {
    fn to_debug_string(&mut self, error: Resource<IoError>) -> Result<String> {
        // Not what `Debug` would say, which may be a stack of the host's.
        Ok(self.table.get(&error)?.to_string())
    }

    fn drop(&mut self, error: Resource<IoError>) -> Result<()> {
        self.table.delete(error)?;
        Ok(())
    }
}
