//! `runtime-wasm run`: runs an app.

use super::cache_folder::CacheFlag;
use super::compile_line::compile_line;
use super::compile_module::this_program;
use super::inspector::InspectFlag;
use super::interruption::InterruptionFlag;
use super::log::Log;
use super::mistaken::{is_module, is_script, no_script};
use super::output::{no_start, shown};
use super::script;
use super::text::assembled;
use super::words;
use crate::caps::Caps;
use crate::host::{AppOptions, run_app};
use crate::ops;
use crate::registry::Runtime;
use crate::scheduling;
use crate::session::{HostOptions, WasmHost};
use crate::terminal::{Label, say, tell};
use clap::{Args, ValueHint};
use std::error::Error;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the guests' threads may take to end, at the end of the app.
pub(super) const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

/// Run an app
#[derive(Args)]
#[command(
    override_usage = "runtime-wasm run [OPTIONS] SCRIPT [ARGS]...",
    after_help = "\
All that follows SCRIPT belongs to the app, as it stands. A script whose name begins with a dash is named after `--`.

With `-` in its place the script is read from standard input, as TypeScript. What it imports, and its manifest, are looked for from the working folder.

Exit codes:
  the app's own, by exit() of runtime:app
  0    nothing of the app is pending any more
  1    an uncaught error, or the app could not be run
  2    a mistaken option
  130  Ctrl-C
  143  SIGTERM

Examples:
  runtime-wasm run main.ts --verbose input.txt
  runtime-wasm run --log debug --log-format json main.js
  echo 'console.log(1 + 1)' | runtime-wasm run -"
)]
pub(super) struct Run {
    /// The manifest; without it, manifest.app.toml beside the script or in a folder above
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    manifest: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheFlag,
    #[command(flatten)]
    interruption: InterruptionFlag,
    #[command(flatten)]
    inspect: InspectFlag,
    #[command(flatten)]
    log: Log,
    /// Write a WebAssembly core dump for each trap into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    coredump: Option<PathBuf>,
    /// At the end, write the smallest manifest that the run needed: to stderr, or to this file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    audit: Option<PathBuf>,
    /// The app's main module: .js, .mjs, .ts or .mts, or `-`; and after it what it sees as `args` of runtime:app
    #[arg(value_name = "SCRIPT", required = true, trailing_var_arg = true, value_hint = ValueHint::FilePath)]
    words: Vec<OsString>,
}

impl Run {
    /// Runs the app and returns its exit code.
    pub(super) fn execute(mut self) -> Result<i32, Box<dyn Error>> {
        let (script, args) = words::split(std::mem::take(&mut self.words))?;
        let _log = self.log.start()?;
        let is_stdin = script.as_os_str() == script::STDIN;
        let main = if is_stdin { std::env::current_dir()?.join(script) } else { check_script(&script, self.option())? };
        let caps = load_caps(self.manifest.as_deref(), &main)?;
        check_audit(self.audit.as_deref())?;
        let caps = if self.audit.is_some() { caps.audited() } else { caps };
        log_missing(&caps);
        let source = if is_stdin { Some(script::from_stdin()?) } else { None };
        let options = HostOptions {
            core_dumps: self.coredump,
            cache: self.cache.cache(&caps)?,
            compile_program: this_program(),
            compile_watch: compile_line(),
            interruption: self.interruption.interruption,
            assemble: Some(assembled),
        };
        let wasm = WasmHost::with(caps.clone(), options).map_err(|error| no_start(&error))?;
        let guests = wasm.runtime().clone();
        // It ends with this function, which is when the app has ended.
        let _inspector = self.inspect.start(&guests, &main)?;
        let audit = self.audit.zip(Some(caps.clone()));
        // The event loop runs on this thread.
        scheduling::prompt_this_thread();
        Ok(run_app(AppOptions {
            main,
            source,
            args,
            caps,
            extensions: vec![ops::extension(wasm)],
            on_shutdown: Box::new(move || {
                stop_guests(&guests);
                if let Some((file, caps)) = audit {
                    write_needed(&file, &caps);
                }
            }),
        }))
    }

    /// An option that is there, and may have a value after a `=`.
    fn option(&self) -> Option<&'static str> {
        if self.inspect.is_asked() { Some("--inspect") } else { self.audit.as_ref().map(|_| "--audit") }
    }
}

/// Ends every guest before the process ends; what does not end in time goes with the process.
fn stop_guests(guests: &Runtime) {
    let left = guests.shutdown(SHUTDOWN_PATIENCE);
    if left > 0 {
        say(Label::Warning, &format!("{left} guests had not ended after {} s", SHUTDOWN_PATIENCE.as_secs()));
    }
}

/// Writes what the run has needed; `-` is stderr.
fn write_needed(file: &Path, caps: &Caps) {
    let needed = caps.needed().unwrap_or_default();
    if file == Path::new("-") {
        return tell(needed.trim_end());
    }
    if let Err(error) = std::fs::write(file, needed) {
        say(Label::Error, &format!("{} cannot be written: {error}", shown(file)));
    }
}

/// Can the audit be written there? A long run is not to end with its loss.
fn check_audit(file: Option<&Path>) -> Result<(), String> {
    let Some(file) = file.filter(|file| *file != Path::new("-")) else { return Ok(()) };
    let opened = std::fs::OpenOptions::new().append(true).create(true).open(file);
    opened.map(drop).map_err(|error| format!("{} cannot be written: {error}", shown(file)))
}

/// The script's absolute path.
fn check_script(script: &Path, option: Option<&str>) -> Result<PathBuf, Box<dyn Error>> {
    if is_module(script) {
        let name = shown(script);
        return Err(format!("{name} is WebAssembly, not a script: `runtime-wasm exec {name}` runs it").into());
    }
    if !is_script(script) {
        return Err(no_script(script, option).into());
    }
    let path = script.canonicalize().map_err(|error| format!("{}: {error}", shown(script)))?;
    if !path.is_file() {
        return Err(format!("{}: not a file", shown(script)).into());
    }
    Ok(path)
}

/// What the manifest grants: the named one, or the nearest one above the script; without one, nothing.
fn load_caps(manifest: Option<&Path>, main: &Path) -> Result<Caps, Box<dyn Error>> {
    if let Some(manifest) = manifest {
        return Ok(Caps::from_file(manifest)?);
    }
    let folder = main.parent().unwrap_or(Path::new("/"));
    let Some(found) = Caps::find_manifest(folder) else { return Ok(Caps::not_found(folder)) };
    if !is_ours(&found, main)? {
        let found = shown(&found);
        return Err(format!(
            "{found} belongs to another user than the script, so it grants nothing; name it with --manifest if it is meant"
        )
        .into());
    }
    Ok(Caps::from_file(&found)?)
}

/// What the manifest names and is not there, which may be a mistake or come later.
fn log_missing(caps: &Caps) {
    for (key, folder) in caps.missing_folders() {
        tracing::warn!(key, folder = shown(&folder), "the manifest grants a folder that does not exist");
    }
}

/// May a manifest that was found rather than named grant something? The folders above a script may be everybody's, as /tmp is.
fn is_ours(manifest: &Path, main: &Path) -> std::io::Result<bool> {
    let ours = rustix::process::geteuid().as_raw();
    // What comes from standard input is nobody else's.
    let of_script = if main.ends_with(script::STDIN) { ours } else { main.metadata()?.uid() };
    let trusted = [of_script, ours, 0];
    // A link is as good as who made it.
    let owners = [manifest.symlink_metadata()?.uid(), manifest.metadata()?.uid()];
    Ok(owners.iter().all(|owner| trusted.contains(owner)))
}
