//! Turns: how many requests are under way.

use crate::limits::HTTP_CONNECTIONS_MAX;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use wasmtime_wasi_http::Error;

/// The turn of a request among those of its component, and among all.
pub(super) struct Turn {
    _own: OwnedSemaphorePermit,
    _of_all: SemaphorePermit<'static>,
}

static CONNECTIONS: Semaphore = Semaphore::const_new(HTTP_CONNECTIONS_MAX);

impl Turn {
    /// Waits for it.
    pub(super) async fn of(turns: Arc<Semaphore>) -> Result<Arc<Turn>, Error> {
        // Neither is ever closed.
        let _own = turns.acquire_owned().await.map_err(|_| Error::ConnectionLimitReached)?;
        let _of_all = CONNECTIONS.acquire().await.map_err(|_| Error::ConnectionLimitReached)?;
        Ok(Arc::new(Turn { _own, _of_all }))
    }
}
