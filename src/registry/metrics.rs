//! A snapshot as text for Prometheus. docs/watching.md lists the metrics.
//!
//! How many series there are is bounded, whatever guests do: the values of labels are words of ours, but for ids and names of instances,
//! which are cut, escaped, and told of so many instances only.

use super::snapshot::Snapshot;
use crate::actor::InstanceStats;
use crate::actor::control::{Status, StopReason};
use crate::printable;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};

/// The most instances that have series of their own: the ones made first, so that those who have some keep them.
const INSTANCES_MAX: usize = 200;
/// The most characters of an instance's name.
const NAME_CHARS_MAX: usize = 64;
/// See [`Restart`](crate::actor::Restart).
const RESTART_REASONS: [&str; 4] = ["trap", "timeout", "fuel", "start"];
const PREFIX: &str = "runtime_wasm_";

impl Snapshot {
    /// All of it in Prometheus's text format, version 0.0.4: what a scraper gets as `text/plain; version=0.0.4`.
    pub fn to_prometheus(&self) -> String {
        let mut text = Text::default();
        self.add_build(&mut text);
        self.add_gauges(&mut text);
        self.add_totals(&mut text);
        self.add_instances(&mut text);
        text.0
    }

    fn add_build(&self, text: &mut Text) {
        text.family("build_info", "gauge", "1, with the version of runtime-wasm as a label.");
        text.sample("build_info", &label("version", env!("CARGO_PKG_VERSION")), 1);
        text.one("uptime_seconds", "gauge", "Seconds since the runtime was made.", self.uptime.as_secs_f64());
    }

    fn add_gauges(&self, text: &mut Text) {
        text.family("instances", "gauge", "Instances that are there, by state.");
        for state in Status::ALL {
            let count = self.instances.iter().filter(|instance| instance.state == state).count();
            text.sample("instances", &label("state", state.name()), count);
        }
        text.one("instances_limit", "gauge", "Instances that may be there at once.", self.max_instances);
        let waiting: usize = self.instances.iter().map(|instance| instance.mailbox_depth).sum();
        text.one("mailbox_requests", "gauge", "Requests that wait in all mailboxes.", waiting);
        text.one("memory_bytes", "gauge", "Bytes of all memories and tables of all instances.", self.memory_bytes);
        text.one("memory_limit_bytes", "gauge", "Bytes that these may have.", self.max_memory_bytes);
        text.one("modules", "gauge", "Compiled modules that can be instantiated.", self.modules.len());
    }

    fn add_totals(&self, text: &mut Text) {
        let totals = &self.totals;
        text.one("instances_started_total", "counter", "Instances that were made, or begun to be.", totals.started);
        text.by_reason(
            "instances_ended_total",
            "Instances that are gone, by how they ended.",
            &StopReason::NAMES,
            &totals.ended,
        );
        text.by_reason(
            "restarts_total",
            "Restarts of instances, by what made them necessary.",
            &RESTART_REASONS,
            &totals.restarts,
        );
        text.one("calls_total", "counter", "Exports called, also by batches.", totals.calls);
        text.one("host_calls_total", "counter", "Calls that guests made of their imports.", totals.host_calls);
        text.family("failed_requests_total", "counter", "Requests to instances that failed, by the name of the error.");
        for (code, count) in totals.failed.iter() {
            text.sample("failed_requests_total", &label("error", code.name()), count);
        }
        text.one("cpu_seconds_total", "counter", "Processor time of all instances.", totals.cpu.as_secs_f64());
        text.one("fuel_used_total", "counter", "Fuel used by instances that are metered.", totals.fuel_used);
    }

    fn add_instances(&self, text: &mut Text) {
        let shown = &self.instances[..self.instances.len().min(INSTANCES_MAX)];
        let labels: Vec<String> = shown.iter().map(labels).collect();
        for (name, kind, help, value) in PER_INSTANCE {
            text.family(name, kind, help);
            for (instance, labels) in shown.iter().zip(&labels) {
                if let Some(value) = value(instance) {
                    text.sample(name, labels, value);
                }
            }
        }
        let left_out = self.instances.len() - shown.len();
        text.one(
            "instances_without_series",
            "gauge",
            "Instances beyond those that have series of their own.",
            left_out,
        );
    }
}

/// A metric of one instance: its name, kind, help, and value, where it has one.
type OfInstance = (&'static str, &'static str, &'static str, fn(&InstanceStats) -> Option<f64>);

const PER_INSTANCE: [OfInstance; 10] = [
    ("instance_cpu_seconds_total", "counter", "Processor time of the instance.", |of| Some(of.cpu.as_secs_f64())),
    ("instance_busy_seconds", "gauge", "Seconds that the request under way has taken so far; 0 between two.", |of| {
        Some(of.busy_for.unwrap_or_default().as_secs_f64())
    }),
    ("instance_memory_bytes", "gauge", "Bytes of all memories of the instance.", |of| Some(of.memory_bytes as f64)),
    ("instance_memory_limit_bytes", "gauge", "Bytes that these may have.", |of| Some(of.memory_limit as f64)),
    ("instance_mailbox_requests", "gauge", "Requests that wait in its mailbox.", |of| Some(of.mailbox_depth as f64)),
    ("instance_calls_total", "counter", "Exports called.", |of| Some(of.calls as f64)),
    ("instance_host_calls_total", "counter", "Calls of its imports.", |of| Some(of.host_calls as f64)),
    ("instance_failed_requests_total", "counter", "Requests that failed.", |of| Some(of.failed as f64)),
    ("instance_restarts_total", "counter", "Restarts.", |of| Some(of.restart_count as f64)),
    ("instance_fuel_used_total", "counter", "Fuel used, where it is metered.", |of| {
        of.fuel_used.map(|fuel| fuel as f64)
    }),
];

fn labels(instance: &InstanceStats) -> String {
    let name: String = printable::name(&instance.name).chars().take(NAME_CHARS_MAX).collect();
    format!("{},{}", label("id", &instance.id.to_string()), label("name", &name))
}

/// `name="value"`, escaped as the format has it.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// What stands before the samples of a metric.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {PREFIX}{name} {help}"));
        self.line(format_args!("# TYPE {PREFIX}{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        self.line(format_args!("{PREFIX}{name}{{{labels}}} {value}"));
    }

    /// A metric without labels.
    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.line(format_args!("{PREFIX}{name} {value}"));
    }

    /// A counter for each reason that there may be, also for those that have not been one so far.
    fn by_reason(&mut self, name: &str, help: &str, reasons: &[&str], counts: &BTreeMap<&'static str, u64>) {
        self.family(name, "counter", help);
        for reason in reasons {
            self.sample(name, &label("reason", reason), counts.get(*reason).unwrap_or(&0));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into a text does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Runtime, RuntimeOptions};
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    fn instance(id: u64, name: &str) -> InstanceStats {
        InstanceStats {
            id,
            name: Arc::from(name),
            module: 1,
            started: SystemTime::now(),
            state: Status::Running,
            doing: None,
            busy_for: Some(Duration::from_millis(1500)),
            mailbox_depth: 3,
            mailbox_limit: 16,
            calls: 2,
            host_calls: 1,
            failed: 0,
            last_error: None,
            cpu: Duration::from_millis(250),
            fuel_used: None,
            memory_bytes: 65_536,
            memory_limit: 1 << 20,
            restart_count: 0,
            restarts: Vec::new(),
        }
    }

    fn text(instances: Vec<InstanceStats>) -> String {
        let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
        Snapshot { instances, ..runtime.snapshot() }.to_prometheus()
    }

    #[test]
    fn a_name_is_one_value_of_a_label_whatever_is_in_it() {
        let text = text(vec![instance(7, "a\"} 1\n# TYPE forged counter\nforged 1\\")]);
        let labels = r#"{id="7",name="a\"} 1\\n# TYPE forged counter\\nforged 1\\"}"#;
        assert!(text.contains(&format!("runtime_wasm_instance_cpu_seconds_total{labels} 0.25\n")), "{text}");
        assert!(text.contains(&format!("runtime_wasm_instance_busy_seconds{labels} 1.5\n")), "{text}");
        assert!(
            !text.lines().any(|line| line.starts_with("forged") || line.contains("TYPE forged counter\n")),
            "{text}"
        );
        assert!(!text.contains("runtime_wasm_instance_fuel_used_total{"), "{text}");
        assert!(text.contains("runtime_wasm_instances{state=\"running\"} 1\n"), "{text}");
        assert!(text.contains("runtime_wasm_instances_ended_total{reason=\"timeout\"} 0\n"), "{text}");
    }

    #[test]
    fn the_series_are_bounded_and_so_are_their_names() {
        let long = "\u{1b}".repeat(5_000);
        let text = text((1..=300).map(|id| instance(id, &long)).collect());
        assert_eq!(text.matches("runtime_wasm_instance_calls_total{").count(), INSTANCES_MAX);
        assert!(text.contains("runtime_wasm_instances_without_series 100\n"), "{text}");
        assert!(text.len() < 400_000 && !text.contains('\u{1b}'), "{}", text.len());
    }
}
