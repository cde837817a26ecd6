//! `runtime-wasm run`: runs an app.

use crate::caps::Caps;
use crate::host::{AppOptions, run_app};
use clap::Args;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Run an app
#[derive(Args)]
pub(super) struct Run {
    /// The manifest; without it, manifest.app.toml beside the script or in a folder above
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The app's main module: .js, .mjs, .ts or .mts
    script: PathBuf,
    /// What the script sees as `args` of runtime:app
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Run {
    /// Runs the app and returns its exit code.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let main = check_script(&self.script)?;
        let caps = load_caps(self.manifest.as_deref(), &main)?;
        Ok(run_app(AppOptions {
            main,
            args: self.args,
            caps,
            extensions: Vec::new(),
            on_shutdown: Box::new(|| {}),
        }))
    }
}

/// The script's absolute path.
fn check_script(script: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let known = script.extension().is_some_and(|extension| {
        ["js", "mjs", "ts", "mts"]
            .iter()
            .any(|known| extension == *known)
    });
    if !known {
        return Err(format!(
            "{}: a script ends in .js, .mjs, .ts or .mts",
            script.display()
        )
        .into());
    }
    let path = script
        .canonicalize()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if !path.is_file() {
        return Err(format!("{}: not a file", script.display()).into());
    }
    Ok(path)
}

/// What the manifest grants: the named one, or the nearest one above the script; without one, nothing.
fn load_caps(manifest: Option<&Path>, main: &Path) -> Result<Caps, Box<dyn Error>> {
    let found = match manifest {
        Some(manifest) => Some(manifest.to_owned()),
        None => main.parent().and_then(Caps::find_manifest),
    };
    Ok(match found {
        Some(manifest) => Caps::from_file(&manifest)?,
        None => Caps::denied(),
    })
}
