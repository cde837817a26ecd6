//! Calls of the interfaces, as components make them; and programs of preview 1, as components.

mod cli;
mod files;
#[cfg(feature = "http")]
mod http;
mod outputs;
mod programs;

use super::*;
use crate::actor::guest::wasi::{Wanted, WasiGuest, context};
use crate::actor::handle::Actor;
use crate::actor::protocol::config::{Preopen, WasiConfig};
use crate::engine::{Engines, Page};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

fn actor() -> Arc<Actor> {
    let (of, engines) = ((1, Arc::default()), (Arc::new(Engines::default()), Page::default()));
    Arc::new(Actor::new(1, "guest".into(), of, &Default::default(), engines, |_| {}))
}

/// What a component has that is given this.
fn wasi(config: WasiConfig) -> WasiGuest {
    context(config, &actor(), Wanted::Preview2).unwrap().unwrap()
}

/// A folder as the guest's `/`.
fn with_folder(folder: &Path, writable: bool) -> WasiConfig {
    let dir = Arc::new(File::open(folder).unwrap().into());
    WasiConfig {
        preopens: vec![Preopen { guest_path: "/".to_owned(), dir, writable, changed: None }],
        ..WasiConfig::default()
    }
}
