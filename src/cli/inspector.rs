//! `--inspect`: whether and where a run can be watched.

use super::output::shown;
use crate::inspector::{Address, Inspector, Options, TOKEN_VARIABLE, Token};
use crate::registry::Runtime;
use crate::terminal::{Label, say, tell};
use clap::Args;
use std::env::VarError;
use std::path::Path;
use std::sync::Arc;

/// Whether to serve a page for whoever watches.
#[derive(Args, Debug)]
pub(super) struct InspectFlag {
    /// Serve a page with the live instances, and /metrics for Prometheus: on PORT, IP or IP:PORT, or else on a free port of this machine
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "localhost",
        value_parser = clap::value_parser!(Address)
    )]
    inspect: Option<Address>,
    /// Let --inspect=ADDR be reached from other machines, unencrypted: who reads the traffic can end guests
    #[arg(long)]
    inspect_beyond_loopback: bool,
}

impl InspectFlag {
    /// Is there to be a page?
    pub(super) fn is_asked(&self) -> bool {
        self.inspect.is_some()
    }

    /// Starts the inspector, if there is to be one, and says where it is.
    ///
    /// # Errors
    /// For an address that other machines reach without the flag that says so, one that cannot be listened on, and an unusable token.
    pub(super) fn start(&self, runtime: &Arc<Runtime>, script: &Path) -> Result<Option<Inspector>, String> {
        let Some(address) = self.inspect else {
            return if self.inspect_beyond_loopback {
                Err("--inspect-beyond-loopback without --inspect=ADDR".into())
            } else {
                Ok(None)
            };
        };
        if !address.is_loopback() && !self.inspect_beyond_loopback {
            return Err(format!(
                "--inspect={}: other machines reach this address, and nothing is encrypted; forward a port of the loopback (ssh -L), \
                 or add --inspect-beyond-loopback",
                address.0
            ));
        }
        let app = script.file_name().map_or_else(String::new, |name| shown(Path::new(name)));
        let (token, is_chosen) = token()?;
        let inspector = Inspector::start(Options { address, token, app }, runtime.clone());
        let inspector = inspector.map_err(|error| format!("--inspect: {error}"))?;
        if !address.is_loopback() {
            say(
                Label::Warning,
                "the inspector can be reached from other machines, unencrypted: who reads the traffic can end guests",
            );
        }
        // A token that stays the same is not for a log.
        let url = if is_chosen { inspector.url() } else { inspector.url_with_token() };
        let hint = if is_chosen { format!("?token=…, the one in {TOKEN_VARIABLE}") } else { String::new() };
        tell(&format!("inspector: {url}{hint}"));
        Ok(Some(inspector))
    }
}

/// The token, and whether somebody has chosen it.
fn token() -> Result<(Token, bool), String> {
    match std::env::var(TOKEN_VARIABLE) {
        Ok(chosen) => {
            Token::chosen(chosen).map(|token| (token, true)).map_err(|error| format!("{TOKEN_VARIABLE}: {error}"))
        }
        Err(VarError::NotUnicode(_)) => Err(format!("{TOKEN_VARIABLE}: expected text")),
        Err(VarError::NotPresent) => Token::random().map(|token| (token, false)).map_err(|error| error.to_string()),
    }
}
