//! The handle of an actor: what everybody but the worker holds.

use super::cell::control::{Control, Status, StopReason};
use super::cell::mailbox::{Mailbox, SendError};
use super::protocol::limits::Limits;
use super::protocol::message::{Command, Outcome, Request, Withdrawal, withdrawable_reply};
use super::request::Running;
use super::stats::{Counters, InstanceStats};
use super::thread::OsThread;
use crate::ended::Ended;
use crate::engine::{Engines, Page};
use crate::printable;
use crate::signature::Export;
use crate::sync::watch;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

/// An instance, as seen from outside its thread.
pub struct Actor {
    pub(super) id: u64,
    name: Arc<str>,
    pub(super) label: Arc<str>,
    module: u64,
    /// What its module exports.
    pub(super) exports: Arc<[Export]>,
    limits: Limits,
    started: SystemTime,
    pub(crate) counters: Counters,
    /// What it is called among all that print on the host's streams, once it does; the same after a restart.
    pub(crate) printing_as: OnceLock<u64>,
    pub(crate) control: Control<Running>,
    pub(crate) mailbox: Mailbox<Request>,
    pub(crate) thread: Arc<OsThread>,
    pub(super) engines: Arc<Engines>,
    pub(super) gone: watch::Sender<bool>,
    /// Called once, by whoever stops the actor: takes the id out of the registry, which may remember how it has ended.
    pub(super) unregister: Box<dyn Fn(Ended) + Send + Sync>,
}

impl Actor {
    /// A handle without a thread; see [`spawn`](super::spawn). `module` is the id of its module, with what that exports;
    /// `page` is what its code looks at, if it does.
    pub fn new(
        id: u64,
        name: Arc<str>,
        module: (u64, Arc<[Export]>),
        limits: &Limits,
        (engines, page): (Arc<Engines>, Page),
        unregister: impl Fn(Ended) + Send + Sync + 'static,
    ) -> Self {
        Actor {
            id,
            label: printable::name(&name).into(),
            name,
            module: module.0,
            exports: module.1,
            limits: limits.clone(),
            started: SystemTime::now(),
            counters: Counters::default(),
            printing_as: OnceLock::new(),
            control: Control::with_page(page),
            mailbox: Mailbox::new(limits.mailbox),
            thread: Arc::default(),
            engines,
            gone: watch::Sender::new(false),
            unregister: Box::new(unregister),
        }
    }

    /// Its id, never used twice in a process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its name, as messages and the log show it.
    pub fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// What its module exports.
    pub fn exports(&self) -> &Arc<[Export]> {
        &self.exports
    }

    /// The bounds that it was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where it stands in its life.
    pub fn status(&self) -> Status {
        self.control.status()
    }

    /// Its thread.
    pub fn thread(&self) -> &OsThread {
        &self.thread
    }

    /// Why it ended, if it has.
    pub fn reason(&self) -> Option<StopReason> {
        self.control.reason()
    }

    /// Asks and waits for the answer. The request is in the mailbox, or in line for it, once this has been polled.
    ///
    /// # Errors
    /// 5005 if the actor has ended or ends before it answers; else what the request comes to.
    pub async fn ask(&self, command: Command) -> Outcome {
        self.ask_unless(command, None).await
    }

    /// The same for a request that can be taken back as long as it has not begun; it is then 5005.
    ///
    /// # Errors
    /// As for [`Actor::ask`].
    pub async fn ask_unless(&self, command: Command, withdrawal: Option<Withdrawal>) -> Outcome {
        let (reply, pending) = withdrawable_reply(withdrawal);
        let request = Request { command, reply };
        let taken = match self.mailbox.try_send(request) {
            Err(SendError::Full(request)) => self.mailbox.send(request).await,
            taken => taken,
        };
        if taken.is_err() {
            return Err(self.gone_error());
        }
        pending.outcome(|| self.gone_error()).await
    }

    /// How it is doing. Takes no part of its thread, so it answers while a guest runs on.
    pub fn stats(&self) -> InstanceStats {
        let counters = &self.counters;
        let work = self.control.running(|running| running.work.clone());
        InstanceStats {
            id: self.id,
            name: self.name.clone(),
            module: self.module,
            started: self.started,
            state: self.status(),
            busy_for: work.is_some().then(|| self.thread.busy_for()),
            doing: work.map(|work| work.what()),
            mailbox_depth: self.mailbox.depth(),
            mailbox_limit: self.limits.mailbox,
            calls: counters.calls.get(),
            host_calls: counters.host_calls.get(),
            failed: counters.failures.by_code().sum(),
            last_error: counters.failures.last(),
            cpu: self.thread.cpu_time(),
            fuel_used: self.limits.fuel.is_some().then(|| counters.fuel_used()),
            memory_bytes: counters.memory_bytes.get(),
            memory_limit: self.limits.memory_bytes,
            restart_count: counters.restarts_by_reason().values().sum(),
            restarts: counters.restarts(),
        }
    }

    /// How many requests wait to be read.
    pub fn mailbox_depth(&self) -> usize {
        self.mailbox.depth()
    }
}
