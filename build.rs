//! Finds the JavaScript of the `deno_*` extensions, so that the host can be compiled with it inside.
//!
//! The published extensions name their scripts by the path on the machine that compiled them and read them when the
//! program starts, which is meant for building a snapshot. A binary of ours must run anywhere, so the build looks up where
//! the sources of these crates are and writes a table that includes each script.
//!
//! Cargo tells a build script nothing about other crates, and `cargo metadata` wants everything downloaded that any member
//! of the workspace ever needs. But all crates of one registry lie side by side, in cargo's home as in a folder that `cargo vendor`
//! has made, and one that this script is linked with says where it was compiled.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

/// The crates whose scripts the host embeds, in the versions that `Cargo.toml` pins.
const CRATES: [(&str, &str); 3] = [("deno_fetch", "0.284.0"), ("deno_web", "0.291.0"), ("deno_webidl", "0.260.0")];
/// Where to look first, for builds that lay out their sources in a way of their own.
const SOURCES: &str = "RUNTIME_WASM_DENO_SOURCES";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SOURCES}");
    if env::var_os("CARGO_FEATURE_HOST").is_none() {
        return ExitCode::SUCCESS;
    }
    match write_table() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("runtime-wasm: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_table() -> Result<(), Box<dyn Error>> {
    let places = places();
    let mut table = String::from("const SCRIPTS: &[ExtensionFileSource] = &[\n");
    for (name, version) in CRATES {
        let folder = find(&places, name, version).ok_or_else(|| not_found(&places, name, version))?;
        // Gone once cargo's home has been emptied; then they are looked up again.
        println!("cargo::rerun-if-changed={}", folder.join("Cargo.toml").display());
        write_entries(&mut table, name, &folder)?;
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR")?).join("deno_scripts.rs");
    fs::write(out, table)?;
    Ok(())
}

/// The folders in which crates may lie side by side, the likeliest first.
fn places() -> Vec<PathBuf> {
    let this = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let named = env::var_os(SOURCES).map(PathBuf::from);
    // The others are for builds that rewrite the paths that crates are compiled with.
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let registries = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let registries = registries.into_iter().flatten().flatten().map(|entry| entry.path());
    let beside_this = this.parent().map(Path::to_owned);
    let vendored = Some(this.join("vendor"));
    named.into_iter().chain(beside_serde_json()).chain(beside_this).chain(vendored).chain(registries).collect()
}

/// The folder in which the sources of serde_json lie, which comes from where the extensions come from.
///
/// It calls `write_all`, and by `track_caller` that learns from which file.
fn beside_serde_json() -> Option<PathBuf> {
    struct Caller<'a>(&'a mut Option<&'static str>);

    impl Write for Caller<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        #[track_caller]
        fn write_all(&mut self, _: &[u8]) -> io::Result<()> {
            *self.0 = Some(Location::caller().file());
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut file = None;
    serde_json::to_writer(Caller(&mut file), &()).ok()?;
    // FOLDER/serde_json-1.0.0/src/ser.rs
    Path::new(file?).ancestors().nth(3).filter(|folder| folder.is_absolute()).map(Path::to_owned)
}

/// The folder of a crate's sources: named with its version in a registry's folder, without it by `cargo vendor`.
fn find(places: &[PathBuf], name: &str, version: &str) -> Option<PathBuf> {
    let folders = places.iter().flat_map(|place| [place.join(format!("{name}-{version}")), place.join(name)]);
    folders.into_iter().find(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        // The first of them is the package's own.
        let found = manifest.lines().find_map(|line| line.strip_prefix("version = "));
        found.is_some_and(|found| found.trim_matches('"') == version)
    })
}

fn not_found(places: &[PathBuf], name: &str, version: &str) -> String {
    let mut message = format!("the scripts of {name} {version} are compiled in, but its sources are in none of\n");
    for place in places {
        let _ = writeln!(message, "  {}", place.display());
    }
    let _ = write!(
        message,
        "as {name} or {name}-{version}.\nSet {SOURCES} to the folder in which deno_fetch, deno_web and deno_webidl lie side by \
         side:\nthe one that `cargo vendor` made, or the one in registry/src of cargo's home."
    );
    message
}

/// One table entry for each script that lies in `folder`.
fn write_entries(table: &mut String, crate_name: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    let files = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut files = files.map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let path = file.path();
        if path.extension().is_some_and(|extension| extension == "js") {
            let name = file.file_name().into_string().map_err(|_| format!("{path:?}: the name is not UTF-8"))?;
            writeln!(
                table,
                "    ExtensionFileSource::new(\"ext:{crate_name}/{name}\", ascii_str_include!({path:?})),"
            )?;
        }
    }
    Ok(())
}
