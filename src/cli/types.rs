//! `runtime-wasm types`: the TypeScript declarations of this very version.

use clap::Args;
use std::error::Error;
use std::io::{ErrorKind, Write as _};

const DECLARATIONS: &str = include_str!("../../js/runtime-wasm.d.ts");

/// Print the TypeScript declarations of runtime:wasm and runtime:app
#[derive(Args)]
#[command(after_help = "Example:
  runtime-wasm types > runtime-wasm.d.ts")]
pub(super) struct Types {}

impl Types {
    /// Prints them.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        match std::io::stdout().write_all(DECLARATIONS.as_bytes()) {
            // A reader that has gone away has seen enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("stdout: {error}").into()),
            _ => Ok(0),
        }
    }
}
