//! `runtime-wasm types`: the TypeScript declarations of this very version.

use clap::Args;
use std::error::Error;

const DECLARATIONS: &str = include_str!("../../js/runtime-wasm.d.ts");

/// Print the TypeScript declarations of runtime:wasm and runtime:app
#[derive(Args)]
#[command(after_help = "Example:
  runtime-wasm types > runtime-wasm.d.ts")]
pub(super) struct Types {}

impl Types {
    /// Prints them.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        super::output::print(DECLARATIONS)?;
        Ok(0)
    }
}
