//! A snapshot as JSON, for the page. Its texts are as they were given: the page shows them as text, and nothing else.

use crate::actor::InstanceStats;
use crate::ended::Ended;
use crate::printable;
use crate::registry::{Snapshot, Totals};
use serde_json::{Map, Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most instances that the page shows: of more, those that have used the processor most.
const INSTANCES_MAX: usize = 500;

/// The whole report.
pub(super) fn json(snapshot: &Snapshot, app: &str) -> String {
    let mut shown: Vec<&InstanceStats> = snapshot.instances.iter().collect();
    if shown.len() > INSTANCES_MAX {
        shown.sort_by_key(|instance| (std::cmp::Reverse(instance.cpu), instance.id));
        shown.truncate(INSTANCES_MAX);
    }
    let report = json!({
        "app": printable::name(app),
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "atMs": since_epoch(snapshot.at),
        "uptimeMs": millis(snapshot.uptime),
        "instances": shown.iter().map(|instance| of_instance(instance)).collect::<Vec<_>>(),
        "instanceCount": snapshot.instances.len(),
        "maxInstances": snapshot.max_instances,
        "memoryBytes": snapshot.memory_bytes,
        "maxMemoryBytes": snapshot.max_memory_bytes,
        "modules": modules(snapshot),
        "ended": snapshot.ended.iter().map(of_ended).collect::<Vec<_>>(),
        "totals": of_totals(&snapshot.totals),
    });
    report.to_string()
}

fn of_instance(of: &InstanceStats) -> Value {
    let last_error = of.last_error.as_ref().map(|error| {
        json!({
            "code": error.code as u16,
            "name": error.code.name(),
            "message": error.message,
            "atMs": since_epoch(error.at),
        })
    });
    json!({
        "id": of.id,
        "name": printable::name(&of.name),
        "module": of.module,
        "startedMs": since_epoch(of.started),
        "state": of.state.name(),
        "doing": of.doing,
        "busyMs": of.busy_for.map(millis),
        "cpuMs": millis(of.cpu),
        "memoryBytes": of.memory_bytes,
        "memoryLimit": of.memory_limit,
        "fuelUsed": of.fuel_used,
        "mailboxDepth": of.mailbox_depth,
        "mailboxLimit": of.mailbox_limit,
        "calls": of.calls,
        "hostCalls": of.host_calls,
        "failed": of.failed,
        "lastError": last_error,
        "restartCount": of.restart_count,
        "lastRestart": of.restarts.last().map(|restart| {
            json!({ "reason": restart.reason, "message": restart.message, "atMs": since_epoch(restart.at) })
        }),
    })
}

fn of_ended(of: &Ended) -> Value {
    json!({ "id": of.id, "name": of.name, "reason": of.reason, "why": of.why, "atMs": since_epoch(of.time()) })
}

fn of_totals(of: &Totals) -> Value {
    json!({
        "started": of.started,
        "calls": of.calls,
        "hostCalls": of.host_calls,
        "failed": of.failed.sum(),
        "restarts": of.restarts.values().sum::<u64>(),
        "cpuMs": millis(of.cpu),
    })
}

/// Names of the modules that the instances are of, by id. One that was dropped has none any more.
fn modules(snapshot: &Snapshot) -> Map<String, Value> {
    let named =
        snapshot.modules.iter().map(|module| (module.id.to_string(), Value::from(printable::name(&module.name))));
    named.take(INSTANCES_MAX).collect()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn since_epoch(time: SystemTime) -> f64 {
    millis(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}
