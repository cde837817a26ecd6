//! `runtime-wasm run`: runs an app.

use super::cache_folder::CacheFlag;
use super::compile_line::compile_line;
use super::compile_module::this_program;
use super::inspector::InspectFlag;
use super::interruption::InterruptionFlag;
use super::log::Log;
use super::output::{no_start, say, shown};
use super::words;
use crate::caps::Caps;
use crate::host::{AppOptions, run_app};
use crate::ops;
use crate::registry::Runtime;
use crate::scheduling;
use crate::session::{HostOptions, WasmHost};
use clap::Args;
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
All that follows SCRIPT belongs to the app, as it stands. A script whose name begins with a dash is named after `--`."
)]
pub(super) struct Run {
    /// The manifest; without it, manifest.app.toml beside the script or in a folder above
    #[arg(long, value_name = "FILE")]
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
    #[arg(long, value_name = "DIR")]
    coredump: Option<PathBuf>,
    /// At the end, write the smallest manifest that the run needed: to stderr, or to this file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    audit: Option<PathBuf>,
    /// The app's main module: .js, .mjs, .ts or .mts; and after it what it sees as `args` of runtime:app
    #[arg(value_name = "SCRIPT", required = true, trailing_var_arg = true)]
    words: Vec<OsString>,
}

impl Run {
    /// Runs the app and returns its exit code.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let (script, args) = words::split(self.words)?;
        let _log = self.log.start()?;
        let main = check_script(&script)?;
        let caps = load_caps(self.manifest.as_deref(), &main)?;
        let caps = if self.audit.is_some() { caps.audited() } else { caps };
        let options = HostOptions {
            core_dumps: self.coredump,
            cache: self.cache.cache(&caps)?,
            compile_program: this_program(),
            compile_watch: compile_line(),
            interruption: self.interruption.interruption,
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
}

/// Ends every guest before the process ends; what does not end in time goes with the process.
fn stop_guests(guests: &Runtime) {
    let left = guests.shutdown(SHUTDOWN_PATIENCE);
    if left > 0 {
        say(&format!("warning: {left} guests had not ended after {} s", SHUTDOWN_PATIENCE.as_secs()));
    }
}

/// Writes what the run has needed; `-` is stderr.
fn write_needed(file: &Path, caps: &Caps) {
    let needed = caps.needed().unwrap_or_default();
    if file == Path::new("-") {
        return say(needed.trim_end());
    }
    if let Err(error) = std::fs::write(file, needed) {
        say(&format!("error: {} cannot be written: {error}", shown(file)));
    }
}

/// The script's absolute path.
fn check_script(script: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let known =
        script.extension().is_some_and(|extension| ["js", "mjs", "ts", "mts"].iter().any(|known| extension == *known));
    if !known {
        return Err(format!("{}: a script ends in .js, .mjs, .ts or .mts", shown(script)).into());
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
    let Some(found) = main.parent().and_then(Caps::find_manifest) else { return Ok(Caps::denied()) };
    if !is_ours(&found, main)? {
        let found = shown(&found);
        return Err(format!(
            "{found} belongs to another user than the script, so it grants nothing; name it with --manifest if it is meant"
        )
        .into());
    }
    Ok(Caps::from_file(&found)?)
}

/// May a manifest that was found rather than named grant something? The folders above a script may be everybody's, as /tmp is.
fn is_ours(manifest: &Path, main: &Path) -> std::io::Result<bool> {
    let trusted = [main.metadata()?.uid(), rustix::process::geteuid().as_raw(), 0];
    // A link is as good as who made it.
    let owners = [manifest.symlink_metadata()?.uid(), manifest.metadata()?.uid()];
    Ok(owners.iter().all(|owner| trusted.contains(owner)))
}
