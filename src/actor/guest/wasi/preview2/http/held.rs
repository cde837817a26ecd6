//! How much of HTTP's a component holds: each of these may keep some kilobytes of the host's, which the table of all resources does not know.

use crate::limits::HTTP_RESOURCES_MAX;
use std::collections::HashSet;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{Result, bail};
use wasmtime_wasi_http::p2::body::{HostFutureTrailers, HostIncomingBody, HostOutgoingBody};
use wasmtime_wasi_http::p2::types::{
    HostFutureIncomingResponse, HostIncomingResponse, HostOutgoingRequest, HostOutgoingResponse,
};
use wasmtime_wasi_http::{FieldMap, RequestOptions};

/// The numbers that were given to such; some of them may be given back by now.
#[derive(Default)]
pub(super) struct Held(HashSet<u32>);

impl Held {
    /// Sees that there is room for one more.
    ///
    /// # Errors
    /// A trap if not.
    pub(super) fn room(&mut self, table: &ResourceTable) -> Result<()> {
        if self.0.len() >= HTTP_RESOURCES_MAX {
            self.0.retain(|number| is_held(table, *number));
        }
        if self.0.len() >= HTTP_RESOURCES_MAX {
            bail!(
                "the component holds {HTTP_RESOURCES_MAX} headers, requests, responses and bodies of HTTP, which are the most"
            );
        }
        Ok(())
    }

    /// Counts what a function has handed out, if it has.
    pub(super) fn keep(&mut self, made: &impl Made) {
        self.0.extend(made.number());
    }
}

fn is_held(table: &ResourceTable, number: u32) -> bool {
    fn is<T: Send + 'static>(table: &ResourceTable, number: u32) -> bool {
        table.get(&Resource::<T>::new_borrow(number)).is_ok()
    }
    is::<FieldMap>(table, number)
        || is::<HostOutgoingRequest>(table, number)
        || is::<HostOutgoingBody>(table, number)
        || is::<HostFutureIncomingResponse>(table, number)
        || is::<HostIncomingResponse>(table, number)
        || is::<HostIncomingBody>(table, number)
        || is::<HostFutureTrailers>(table, number)
        || is::<HostOutgoingResponse>(table, number)
        || is::<RequestOptions>(table, number)
}

/// What a function answers, perhaps with a resource in it.
pub(super) trait Made {
    fn number(&self) -> Option<u32>;
}

impl<T: 'static> Made for Resource<T> {
    fn number(&self) -> Option<u32> {
        Some(self.rep())
    }
}

impl<T: Made> Made for Option<T> {
    fn number(&self) -> Option<u32> {
        self.as_ref()?.number()
    }
}

impl<T: Made, E> Made for std::result::Result<T, E> {
    fn number(&self) -> Option<u32> {
        self.as_ref().ok()?.number()
    }
}
