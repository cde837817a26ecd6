//! What an actor is made of, and what all actors of a runtime share.

use super::budget::Budget;
use super::handle::Actor;
use super::protocol::config::InstanceConfig;
use super::thread::{Reaper, Watch};
use crate::engine::{Code, Deadlines, Engines, Module};
use crate::sync::Handle;
use std::sync::Arc;

/// What serves all actors of a runtime.
pub struct Services {
    /// The engines that guests run on.
    pub engines: Arc<Engines>,
    /// Who watches time limits.
    pub deadlines: Deadlines,
    /// Who demotes threads whose requests run on.
    pub watch: Watch,
    /// What all guests together may have of memory.
    pub memory: Arc<Budget>,
    /// Who starts threads and joins them.
    pub reaper: Reaper,
    /// Timers, and the pool for file operations.
    pub io: Handle,
}

/// What an actor is made of, the first time and each time that it is restarted.
#[derive(Clone)]
pub struct Blueprint {
    /// Where it is reached.
    pub actor: Arc<Actor>,
    /// Its module, compiled for the engine that `config.limits.fuel` asks for.
    pub code: Code,
    /// Where the module came from.
    pub module: Arc<Module>,
    /// How to make it.
    pub config: InstanceConfig,
    /// What it shares.
    pub services: Arc<Services>,
}
