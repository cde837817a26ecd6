//! The command line. Each command is one file with its arguments and its `execute`.

mod amount;
mod cache;
mod cache_folder;
mod check;
mod compile_line;
mod compile_module;
mod documents;
mod entry;
mod exec;
mod init;
mod inspect;
mod inspector;
mod interruption;
mod invoke;
mod invoke_component;
mod json_reader;
mod json_writer;
mod log;
mod mistaken;
mod module_file;
#[cfg(feature = "otlp")]
mod otlp;
mod output;
mod preopens;
mod run;
mod script;
mod text;
mod types;
mod version;
mod words;

use crate::terminal::{Label, say};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  runtime-wasm init app                              an app and a plugin to begin with
  runtime-wasm run main.ts
  runtime-wasm run main.js --verbose input.txt      arguments after the script go to the script
  runtime-wasm run --manifest ./other.toml main.js
  runtime-wasm run --log debug --log-format json main.js
  runtime-wasm run --inspect main.js                 a page with the live instances, on this machine
  runtime-wasm exec --dir ./data::/data tool.wasm /data/in.txt
  runtime-wasm check                                what the manifest grants, in words
  runtime-wasm inspect tool.wasm
  runtime-wasm types > runtime-wasm.d.ts             what TypeScript has to know
  runtime-wasm types tool.wasm --out tool.d.ts        and of one module

Exit codes: 0 if all went well, 1 for an error, 2 for a mistake on the command line; `run` and `exec` have more, which their own help lists.

What an app may load, show to guests and fetch is declared in manifest.app.toml, beside the script or in a folder above.";

/// Host WebAssembly that a JavaScript application does not trust.
#[derive(Parser)]
#[command(name = "runtime-wasm", version, long_version = version::long(), after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Run(run::Run),
    Exec(exec::Exec),
    Check(check::Check),
    Inspect(inspect::Inspect),
    Types(types::Types),
    Cache(cache::CacheCommand),
    Completions(documents::Completions),
    Man(documents::Manual),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    // SAFETY: nothing has started a thread yet.
    unsafe { crate::ops::forbid_code_cache() };
    if let Some(code) = compile_module::if_asked() {
        return ExitCode::from(u8::try_from(code).unwrap_or(1));
    }
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return refuse(&error),
    };
    let outcome = match command {
        Command::Init(init) => init.execute(),
        Command::Run(run) => run.execute(),
        Command::Exec(exec) => exec.execute(),
        Command::Check(check) => check.execute(),
        Command::Inspect(inspect) => inspect.execute(),
        Command::Types(types) => types.execute(),
        Command::Cache(cache) => cache.execute(),
        Command::Completions(completions) => completions.execute(Cli::command()),
        Command::Man(manual) => manual.execute(Cli::command()),
    };
    match outcome {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            say(Label::Error, &error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Says why the words of the command line are none, or what was asked of them: help, the version. They may be names of files.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        error.exit();
    }
    match mistaken::meant(error) {
        Some((wrong, meant)) => {
            say(Label::Error, &wrong);
            say(Label::Note, &meant);
        }
        None => say(Label::Error, error.render().to_string().trim_end().trim_start_matches("error: ")),
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}
