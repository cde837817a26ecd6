//! Finds the JavaScript of the `deno_*` extensions, so that the host can be compiled with it inside.
//!
//! The published extensions name their scripts by the path on the machine that compiled them and read them when the
//! program starts, which is meant for building a snapshot. A binary of ours must run anywhere, so the build looks up where
//! the sources of these crates are and writes a table that includes each script.

use std::{env, error::Error, fmt::Write as _, fs, path::Path, process::Command};

/// The crates whose scripts the host embeds.
const CRATES: [&str; 3] = ["deno_fetch", "deno_web", "deno_webidl"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_HOST").is_none() {
        return Ok(());
    }
    let mut table = String::from("const SCRIPTS: &[ExtensionFileSource] = &[\n");
    let metadata = cargo_metadata()?;
    for name in CRATES {
        let manifest = manifest_of(&metadata, name)?;
        let folder = Path::new(manifest).parent().ok_or("a manifest without a folder")?;
        write_entries(&mut table, name, folder)?;
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR")?).join("deno_scripts.rs");
    fs::write(out, table)?;
    Ok(())
}

/// The resolved dependencies of this build, as cargo describes them.
fn cargo_metadata() -> Result<serde_json::Value, Box<dyn Error>> {
    let output = Command::new(env::var("CARGO")?)
        .args([
            "metadata",
            "--format-version=1",
            "--offline",
            "--filter-platform",
            &env::var("TARGET")?,
            "--manifest-path",
        ])
        .arg(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("Cargo.toml"))
        .output()?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The path of the manifest of the package `name`.
fn manifest_of<'a>(metadata: &'a serde_json::Value, name: &str) -> Result<&'a str, Box<dyn Error>> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata: no packages")?;
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    manifest.ok_or_else(|| format!("cargo metadata: no package {name}").into())
}

/// One table entry for each script that lies in `folder`.
fn write_entries(table: &mut String, crate_name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let path = file.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let name = file.file_name().into_string().map_err(|_| "a script's name is not UTF-8")?;
            writeln!(
                table,
                "    ExtensionFileSource::new(\"ext:{crate_name}/{name}\", ascii_str_include!({path:?})),"
            )?;
        }
    }
    Ok(())
}
