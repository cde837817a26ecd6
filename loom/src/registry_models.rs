//! The registry: ids, removal against removal, admission, shutdown.

use super::admission::{Alive, Permit};
use super::instances::Instances;
use super::table::Table;
use crate::actor::config::InstanceConfig;
use crate::actor::spawn;
use crate::actor::{Reaper, Watch};
use crate::actor_models::made;
use crate::check;
use loom::thread;
use std::sync::Arc;
use std::time::Instant;

/// Claim: of two removals one gets the value, and after that nobody does.
#[test]
fn one_of_two_removals_wins() {
    check(|| {
        let table = Arc::new(Table::default());
        let id = table.reserve();
        table.put(id, "actor");
        let other = thread::spawn({
            let table = table.clone();
            move || table.remove(id).is_some()
        });
        let mine = table.remove(id).is_some();
        assert!(mine != other.join().unwrap(), "both removed it, or neither");
        assert_eq!((table.get(id), table.len()), (None, 0));
    });
}

/// Claim: ids are never given twice, whoever reserves them.
#[test]
fn ids_are_never_reused() {
    check(|| {
        let table: Arc<Table<()>> = Arc::new(Table::default());
        let other = thread::spawn({
            let table = table.clone();
            move || table.reserve()
        });
        let first = table.reserve();
        table.put(first, ());
        table.remove(first);
        let second = table.reserve();
        let theirs = other.join().unwrap();
        assert!(first != second && first != theirs && second != theirs, "an id was given twice");
    });
}

/// Claim: admission never lets in more than its bound.
#[test]
fn admission_keeps_its_bound() {
    check(|| {
        let alive: Arc<Alive> = Arc::default();
        let other = thread::spawn({
            let alive = alive.clone();
            move || alive.enter(1).ok()
        });
        let mine = alive.enter(1).ok();
        let theirs = other.join().unwrap();
        assert!(mine.is_some() != theirs.is_some(), "over the bound, or nobody was let in");
        assert_eq!(alive.count(), 1);
    });
}

/// Claim: a place comes back whoever drops it, whoever enters meanwhile and whoever is refused.
#[test]
fn admission_leaks_no_place() {
    check(|| {
        let alive: Arc<Alive> = Arc::default();
        let threads = [(); 2].map(|()| {
            let alive = alive.clone();
            thread::spawn(move || drop(alive.enter(1)))
        });
        drop(alive.enter(1));
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(alive.count() == 0, "a place leaked");
        assert!(alive.enter(1).is_ok());
    });
}

/// Claim: a shutdown that waits for the last instance ends when that one does.
#[test]
fn shutdown_ends() {
    check(|| {
        let alive: Arc<Alive> = Arc::default();
        let places: Vec<Permit> = (0..2).filter_map(|_| alive.enter(2).ok()).collect();
        let threads: Vec<_> = places.into_iter().map(|place| thread::spawn(move || drop(place))).collect();
        alive.close();
        // Never returns, and loom reports a deadlock, if nobody tells it of the last one.
        assert_eq!(alive.wait_for_none(Instant::now()), 0);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Claim: an instance that is being made while the runtime shuts down is refused, or found by the shutdown, or finds out
/// by itself; it never lives on.
#[test]
fn shutdown_misses_nobody() {
    check(|| {
        let instances = Arc::new(Instances::default());
        let maker = thread::spawn({
            let instances = instances.clone();
            move || {
                let Ok(place) = instances.alive.enter(1) else { return };
                let start = made(InstanceConfig::default(), Watch::default(), instances.unregister());
                instances.register(&start.actor);
                drop(spawn(start, (), || drop(place)));
            }
        });
        instances.stop_all();
        // Never returns, and loom reports a deadlock, if one lives on.
        assert_eq!(instances.alive.wait_for_none(Instant::now()), 0);
        maker.join().unwrap();
        assert!(instances.by_id.is_empty(), "one was let in, and lives on");
    });
}
