//! `--log` and `--log-format`: what the runtime does, on stderr.

use crate::printable;
use clap::{Args, ValueEnum};
use std::error::Error;
use std::io::{self, Write};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Levels, from the least to the most that is told.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

#[derive(Args, Debug)]
pub(super) struct Log {
    /// Log to stderr: error, warn, info, debug or trace, or a filter such as runtime_wasm::actor=debug
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// How a line of the log is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    log_format: Format,
    #[cfg(feature = "otlp")]
    #[command(flatten)]
    otlp: super::otlp::Otlp,
}

/// The log of a run. It is all written, and sent, when this goes.
#[derive(Default)]
pub(super) struct Started {
    #[cfg(feature = "otlp")]
    _sending: Option<super::otlp::Sending>,
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Log {
    /// Starts the log, if there is to be one.
    #[cfg_attr(not(feature = "otlp"), allow(unused_mut, reason = "spans go nowhere else"))]
    pub(super) fn start(&self) -> Result<Started, Box<dyn Error>> {
        let mut started = Started::default();
        let mut layers: Vec<Boxed> = self.lines()?.into_iter().collect();
        #[cfg(feature = "otlp")]
        if let Some((layer, sending)) = self.otlp.layer()? {
            layers.push(layer);
            started._sending = Some(sending);
        }
        if !layers.is_empty() {
            tracing_subscriber::registry().with(layers).try_init().map_err(|error| format!("--log: {error}"))?;
        }
        Ok(started)
    }

    /// What writes lines to stderr.
    fn lines(&self) -> Result<Option<Boxed>, String> {
        let Some(wanted) = &self.log else { return Ok(None) };
        let filter =
            EnvFilter::builder().parse(directives(wanted)?).map_err(|error| format!("--log {wanted}: {error}"))?;
        let log = tracing_subscriber::fmt::layer().with_span_events(FmtSpan::CLOSE).with_ansi(false);
        Ok(Some(match self.log_format {
            Format::Text => log.with_writer(|| LineWriter(printable::lines)).with_filter(filter).boxed(),
            Format::Json => log.json().with_writer(|| LineWriter(printable::json)).with_filter(filter).boxed(),
        }))
    }
}

fn directives(wanted: &str) -> Result<String, String> {
    if wanted.contains('=') {
        return Ok(wanted.to_owned());
    }
    if !LEVELS.contains(&wanted) {
        return Err(format!(
            "--log {wanted}: expected one of {}, or a filter such as runtime_wasm=debug",
            LEVELS.join(", ")
        ));
    }
    // WASI calls tell of themselves, on a level of their own choice; here they are for the last.
    let calls = if wanted == "trace" { "trace" } else { "off" };
    Ok(format!("runtime_wasm={wanted},wasmtime_wasi={calls}"))
}

/// Writes one event as one line, whatever a guest has put into it: escaped as the format escapes.
struct LineWriter(fn(&str) -> String);

impl Write for LineWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = (self.0)(text.trim_end_matches('\n')).replace('\n', "\\n").replace('\t', "\\t") + "\n";
        // A log that nobody reads any more is no reason to stop.
        let _ = io::stderr().lock().write_all(line.as_bytes());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_for_this_crate_and_a_filter_is_taken_as_it_is() {
        assert_eq!(directives("info").unwrap(), "runtime_wasm=info,wasmtime_wasi=off");
        assert_eq!(directives("trace").unwrap(), "runtime_wasm=trace,wasmtime_wasi=trace");
        assert_eq!(directives("a=debug,b=off").unwrap(), "a=debug,b=off");
        assert!(directives("loud").unwrap_err().contains("loud"));
    }
}
