//! The limits of time of one request: on the time that passes, and on the processor time of the guest's thread.
//!
//! The second is kept by looks at the thread's clock. A thread uses no more processor time than time passes, so the first look comes when the
//! limit could be used up, and each other when what is left could be: never too early, and late by no more than a pause. A guest that
//! waits uses nothing, so the pauses grow while nothing is used, or thousands that wait would keep a processor busy.

use crate::actor::blueprint::Services;
use crate::actor::cell::control::{Clock, RequestNumber, StopReason};
use crate::actor::handle::Actor;
use crate::engine::Token;
use crate::sync::Mutex;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the guest's thread may take to say where the guest was, once a limit is reached. Then the request is answered without.
const STACK_PATIENCE: Duration = if cfg!(runtime_wasm_loom) { Duration::ZERO } else { Duration::from_millis(20) };
/// The pause between two looks at the processor's clock, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long a request may take, and what follows when it takes longer.
#[derive(Clone, Copy, Default)]
pub(crate) struct TimeLimits {
    pub(crate) wall: Option<Duration>,
    pub(crate) cpu: Option<Duration>,
    /// The instance is then restarted rather than ended.
    pub(crate) restarts: bool,
}

impl TimeLimits {
    /// Watches a request that begins now, until the result is dropped. For its thread.
    pub(crate) fn watch(self, actor: &Arc<Actor>, services: &Arc<Services>, request: RequestNumber) -> Armed {
        let mut armed = Armed::default();
        if let Err(error) = self.arm(&mut armed, actor, services, request) {
            // Without a watch the limit cannot be kept: better no run than an unlimited one.
            tracing::error!(%error, "no thread for the deadlines");
            actor.stop(StopReason::Failed);
        }
        armed
    }

    fn arm(
        self,
        armed: &mut Armed,
        actor: &Arc<Actor>,
        services: &Arc<Services>,
        request: RequestNumber,
    ) -> io::Result<()> {
        let watched = |limit, of| Watched {
            actor: actor.clone(),
            services: services.clone(),
            request,
            reason: StopReason::TimedOut { limit, of },
            restarts: self.restarts,
        };
        // Beyond what the clock can count is no limit.
        if let Some((limit, at)) = self.wall.and_then(|limit| Some((limit, Instant::now().checked_add(limit)?))) {
            let watched = watched(limit, Clock::Wall);
            let token = services.deadlines.arm(at, move || watched.expire())?;
            armed.wall = Some((services.clone(), token));
        }
        if let Some(limit) = self.cpu {
            let began = actor.thread.cpu_time();
            let state = Mutex::new(Looks { armed: None, over: false, used: Duration::ZERO, pause: FIRST_PAUSE });
            let cpu = Arc::new(CpuWatch { watched: watched(limit, Clock::Cpu), limit, began, state });
            armed.cpu = Some(cpu.clone());
            cpu.look_again(limit)?;
        }
        Ok(())
    }
}

/// What is armed for a request; dropped when that has ended.
#[derive(Default)]
pub(crate) struct Armed {
    wall: Option<(Arc<Services>, Token)>,
    cpu: Option<Arc<CpuWatch>>,
}

impl Drop for Armed {
    fn drop(&mut self) {
        if let Some((services, token)) = self.wall.take() {
            services.deadlines.disarm(token);
        }
        if let Some(cpu) = self.cpu.take() {
            cpu.end();
        }
    }
}

/// A request that has a limit of time.
struct Watched {
    actor: Arc<Actor>,
    services: Arc<Services>,
    request: RequestNumber,
    reason: StopReason,
    restarts: bool,
}

impl Watched {
    /// The limit is reached.
    fn expire(&self) {
        let Watched { actor, services, request, .. } = self;
        let request = *request;
        if !actor.expire(request, &self.reason, self.restarts) {
            return;
        }
        let late = actor.clone();
        let answer = move || late.answer_expired(request);
        if services.deadlines.arm(Instant::now() + STACK_PATIENCE, answer).is_err() {
            actor.answer_expired(request);
        }
    }
}

/// The limit on processor time.
struct CpuWatch {
    watched: Watched,
    limit: Duration,
    /// What the thread had used before.
    began: Duration,
    state: Mutex<Looks>,
}

struct Looks {
    armed: Option<Token>,
    over: bool,
    /// What the request had used at the last look.
    used: Duration,
    pause: Duration,
}

impl CpuWatch {
    fn look(self: Arc<Self>) {
        let used = self.watched.actor.thread.cpu_time().saturating_sub(self.began);
        if used >= self.limit {
            return self.watched.expire();
        }
        let pause = self.state.lock().next_pause(used);
        if let Err(error) = self.look_again(pause.max(self.limit - used)) {
            tracing::error!(%error, "no thread for the deadlines");
            self.watched.actor.stop(StopReason::Failed);
        }
    }

    fn look_again(self: &Arc<Self>, after: Duration) -> io::Result<()> {
        let Some(at) = Instant::now().checked_add(after) else { return Ok(()) };
        let mut state = self.state.lock();
        if !state.over {
            let this = self.clone();
            state.armed = Some(self.watched.services.deadlines.arm(at, move || this.look())?);
        }
        Ok(())
    }

    /// The request has ended.
    fn end(&self) {
        let mut state = self.state.lock();
        state.over = true;
        if let Some(token) = state.armed.take() {
            self.watched.services.deadlines.disarm(token);
        }
    }
}

impl Looks {
    /// How long to wait at least before the next look: longer each time, while nothing is used.
    fn next_pause(&mut self, used: Duration) -> Duration {
        let is_idle = used.saturating_sub(self.used) < FIRST_PAUSE / 10;
        self.pause = if is_idle { (self.pause * 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
        self.used = used;
        self.pause
    }
}

#[cfg(all(test, not(runtime_wasm_loom)))]
mod tests {
    use super::*;

    #[test]
    fn looks_are_rare_while_nothing_is_used() {
        let mut looks = Looks { armed: None, over: false, used: Duration::ZERO, pause: FIRST_PAUSE };
        let pauses = (0..10).map(|_| looks.next_pause(Duration::ZERO)).collect::<Vec<_>>();
        assert_eq!((pauses[0], pauses[9]), (2 * FIRST_PAUSE, LONGEST_PAUSE));
        assert_eq!(looks.next_pause(Duration::from_millis(3)), FIRST_PAUSE);
    }
}
