//! `runtime-wasm cache`: look after the compiled code that `run` and `exec` keep.

use super::compile_module::in_this_program;
use super::interruption::InterruptionFlag;
use super::module_file::Bound;
use super::output::{no_start, print, shown};
use crate::actor::config::Limits;
use crate::registry::{Cache, Held, Runtime, RuntimeOptions};
use crate::session::{cache_folder, user_cache};
use crate::size;
use crate::terminal::{Label, say};
use clap::{Args, Subcommand};
use std::error::Error;
use std::path::PathBuf;

/// Show, fill or clear the cache of compiled code
#[derive(Args)]
#[command(after_help = "\
Compiled code is kept in $RUNTIME_WASM_CACHE, or else $XDG_CACHE_HOME/runtime-wasm or ~/.cache/runtime-wasm. An empty RUNTIME_WASM_CACHE turns the
cache off. It holds 1 GiB, or as much as $RUNTIME_WASM_CACHE_MAX says (\"512MiB\"); what was used least recently goes first when there is too much.")]
pub(super) struct CacheCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show where the cache is and what it holds
    Show,
    /// Compile modules, so that their first run starts at once
    Warm(Warm),
    /// Remove all compiled code
    Clear,
}

#[derive(Args)]
struct Warm {
    /// For runs with a limit on fuel, for which there is other code
    #[arg(long)]
    fuel: bool,
    #[command(flatten)]
    interruption: InterruptionFlag,
    #[command(flatten)]
    module: Bound,
    /// The modules
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

impl CacheCommand {
    /// Does it and returns the process's exit code.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let folder = cache_folder().ok_or("there is no cache: RUNTIME_WASM_CACHE is empty, or HOME not set")?;
        let cache = user_cache(folder, None)?;
        let place = shown(cache.path());
        match self.action {
            Action::Show => {
                let bound = size::text(cache.bytes_max());
                print(&format!("{place}: {}, at most {bound}\n", held(cache.held()?)))?;
            }
            Action::Clear => print(&format!("{place}: removed {}\n", held(cache.clear()?)))?,
            Action::Warm(warm) => return warm.execute(cache),
        }
        Ok(0)
    }
}

fn held(Held { entries, bytes }: Held) -> String {
    format!("{entries} {} of {}", if entries == 1 { "entry" } else { "entries" }, size::text(bytes))
}

impl Warm {
    /// Goes on after a module that cannot be compiled.
    fn execute(self, cache: Cache) -> Result<i32, Box<dyn Error>> {
        cache.check().map_err(|error| format!("{}: nothing can be kept there: {error}", shown(cache.path())))?;
        let limits = Limits { fuel: self.fuel.then_some(1), ..Limits::default() };
        let options = RuntimeOptions {
            max_module_bytes: self.module.bytes(),
            limits,
            interruption: self.interruption.interruption.unwrap_or_default(),
            cache: Some(cache),
            compile_process: in_this_program(),
            ..RuntimeOptions::default()
        };
        let runtime = Runtime::new(options).map_err(|error| no_start(&error))?;
        let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut failed = 0;
        for file in &self.files {
            let name = shown(file);
            let compiled = self.module.read(file).and_then(|bytes| {
                let compiled = waiting.block_on(runtime.compile(format!("the module {name}"), bytes));
                compiled.map_err(|error| error.to_string())
            });
            if let Err(error) = compiled {
                say(Label::Error, &error);
                failed += 1;
            }
        }
        Ok(i32::from(failed > 0))
    }
}
