//! `poll_oneoff`: waits for clocks, and for streams that can be read or written.
//!
//! The wait ends with the call, so a stop reaches it. Files are always ready.

use super::descriptors::{Descriptor, Descriptors};
use crate::limits::POLL_SUBSCRIPTIONS_MAX;
use rustix::fs::{SeekFrom, fstat, seek};
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use wasmtime_wasi::p1::types::{
    Clockid, Errno, Error, Event, EventFdReadwrite, Eventrwflags, Eventtype, Fd, Subclockflags, Subscription,
    SubscriptionClock, SubscriptionU,
};
use wiggle::{GuestMemory, GuestPtr};

/// Later than anybody waits.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// What a guest waits for.
#[derive(Clone, Copy)]
enum Awaited {
    Time(Instant),
    Read(Fd),
    Write(Fd),
}

/// What there is when the wait is over.
struct Ready {
    at: Instant,
    streams: Vec<Fd>,
}

/// Waits for one of the subscriptions, and tells of each that is fulfilled by then. `now` is the time by a clock of the guest's.
pub(super) async fn poll_oneoff(
    memory: &mut GuestMemory<'_>,
    descriptors: &Descriptors,
    subscriptions: GuestPtr<[Subscription]>,
    events: GuestPtr<Event>,
    mut now: impl FnMut(Clockid) -> Result<u64, Error> + Send,
) -> Result<u32, Error> {
    match subscriptions.len() {
        0 => return Err(Errno::Inval.into()),
        1..=POLL_SUBSCRIPTIONS_MAX => {}
        _ => return Err(Errno::Nomem.into()),
    }
    let mut wishes = Vec::with_capacity(subscriptions.len() as usize);
    for subscription in subscriptions.iter() {
        let Subscription { userdata, u } = memory.read(subscription?)?;
        wishes.push((userdata, awaited(u, descriptors, &mut now)?));
    }
    let ready = wait(&wishes, descriptors).await;
    let mut count = 0;
    for (userdata, awaited) in wishes {
        if let Some((type_, fd_readwrite)) = event(awaited, &ready, descriptors) {
            let event = Event { userdata, error: Errno::Success, type_, fd_readwrite };
            memory.write(events.add(count)?, event)?;
            count += 1;
        }
    }
    Ok(count)
}

fn awaited(
    subscription: SubscriptionU,
    descriptors: &Descriptors,
    now: &mut impl FnMut(Clockid) -> Result<u64, Error>,
) -> Result<Awaited, Error> {
    match subscription {
        SubscriptionU::Clock(clock) => time(&clock, now).map(Awaited::Time),
        SubscriptionU::FdRead(read) => match descriptors.get(read.file_descriptor)? {
            Descriptor::Input(_) | Descriptor::File(_) => Ok(Awaited::Read(read.file_descriptor)),
            _ => Err(Errno::Badf.into()),
        },
        SubscriptionU::FdWrite(write) => match descriptors.get(write.file_descriptor)? {
            Descriptor::Output(_) | Descriptor::File(_) => Ok(Awaited::Write(write.file_descriptor)),
            _ => Err(Errno::Badf.into()),
        },
    }
}

fn time(clock: &SubscriptionClock, now: &mut impl FnMut(Clockid) -> Result<u64, Error>) -> Result<Instant, Error> {
    if !matches!(clock.id, Clockid::Realtime | Clockid::Monotonic) {
        return Err(Errno::Inval.into());
    }
    let is_a_point = clock.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
    let span = if is_a_point { clock.timeout.saturating_sub(now(clock.id)?) } else { clock.timeout };
    Ok(Instant::now() + Duration::from_nanos(span).min(FAR))
}

/// Waits until one of the wishes comes true.
async fn wait(wishes: &[(u64, Awaited)], descriptors: &Descriptors) -> Ready {
    let mut streams = Vec::<(Fd, Pin<Box<dyn Future<Output = ()> + Send + '_>>)>::new();
    let (mut first, mut has_file) = (None, false);
    for (_, awaited) in wishes {
        match *awaited {
            Awaited::Time(at) => first = Some(first.map_or(at, |first: Instant| first.min(at))),
            Awaited::Read(fd) | Awaited::Write(fd) if streams.iter().any(|(known, _)| same(*known, fd)) => {}
            Awaited::Read(fd) | Awaited::Write(fd) => match descriptors.get(fd) {
                Ok(Descriptor::Input(input)) => streams.push((fd, Box::pin(input.ready()))),
                Ok(Descriptor::Output(output)) => streams.push((fd, Box::pin(output.ready()))),
                _ => has_file = true,
            },
        }
    }
    let mut timer = pin!(async {
        match first {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    });
    let ready = poll_fn(|context: &mut Context<'_>| {
        let is_ready = |(_, stream): &mut (Fd, Pin<Box<dyn Future<Output = ()> + Send + '_>>)| {
            stream.as_mut().poll(context).is_ready()
        };
        let ready: Vec<Fd> = streams.extract_if(.., is_ready).map(|(fd, _)| fd).collect();
        let over = has_file || !ready.is_empty() || timer.as_mut().poll(context).is_ready();
        if over { Poll::Ready(ready) } else { Poll::Pending }
    });
    Ready { streams: ready.await, at: Instant::now() }
}

fn same(one: Fd, other: Fd) -> bool {
    u32::from(one) == u32::from(other)
}

/// What there is to tell of a wish, if it has come true.
fn event(awaited: Awaited, ready: &Ready, descriptors: &Descriptors) -> Option<(Eventtype, EventFdReadwrite)> {
    let (fd, kind) = match awaited {
        Awaited::Time(at) if at <= ready.at => {
            return Some((Eventtype::Clock, EventFdReadwrite { nbytes: 0, flags: Eventrwflags::empty() }));
        }
        Awaited::Time(_) => return None,
        Awaited::Read(fd) => (fd, Eventtype::FdRead),
        Awaited::Write(fd) => (fd, Eventtype::FdWrite),
    };
    let mut flags = Eventrwflags::empty();
    match descriptors.get(fd) {
        Ok(Descriptor::File(file)) => {
            let left = || {
                let place = seek(&file.file, SeekFrom::Current(0)).ok()?;
                Some((fstat(&file.file).ok()?.st_size as u64).saturating_sub(place))
            };
            flags.set(Eventrwflags::FD_READWRITE_HANGUP, kind == Eventtype::FdRead && left() == Some(0));
        }
        _ if !ready.streams.iter().any(|stream| same(*stream, fd)) => return None,
        _ => {}
    }
    Some((kind, EventFdReadwrite { nbytes: 1, flags }))
}
