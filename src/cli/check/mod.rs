//! `runtime-wasm check`: what a manifest grants, in words; what of it does not exist, and what is wider than it need be.

mod limits;

use super::mistaken;
use super::output::{print, shown};
use crate::caps::{
    CacheChoice, Caps, Finding, FindingKind, Interruption, MANIFEST_NAME, ManifestError, Review, ReviewedEntry,
    manifest_schema, review_file,
};
use crate::printable;
use clap::Args;
use limits::{kept, limits};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Say what a manifest grants, what of it does not exist, and what is wider than it need be
#[derive(Args)]
#[command(after_help = "\
Exits with 1 for a manifest that cannot be used, and for one that grants what does not exist; with --strict also for one that grants more than it need.
Editors take the schema: print it into a file with --schema, and name that in the manifest's first line: #:schema ./manifest.schema.json")]
pub(super) struct Check {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Fail also where something is wider than it need be
    #[arg(long)]
    strict: bool,
    /// Print the JSON Schema of manifests instead
    #[arg(long, conflicts_with_all = ["json", "strict", "manifest"])]
    schema: bool,
    /// The manifest, or the folder of an app; without it, manifest.app.toml here or in a folder above
    #[arg(value_name = "MANIFEST")]
    manifest: Option<PathBuf>,
}

impl Check {
    /// Prints what there is to say; 1 where the manifest is not as it should be.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        if self.schema {
            print(&(serde_json::to_string_pretty(&manifest_schema())? + "\n"))?;
            return Ok(0);
        }
        let file = file(self.manifest)?;
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        match review_file(&file, home.as_deref()) {
            Ok(review) => {
                print(&if self.json { as_json(&of_review(&file, &review))? } else { describe(&file, &review) })?;
                Ok(i32::from(review.missing > 0 || (self.strict && review.wide > 0)))
            }
            Err(error) if self.json => {
                print(&as_json(
                    &json!({ "file": file.to_string_lossy(), "valid": false, "error": of_error(&error) }),
                )?)?;
                Ok(1)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn file(named: Option<PathBuf>) -> Result<PathBuf, String> {
    match named {
        Some(folder) if folder.is_dir() => Ok(folder.join(MANIFEST_NAME)),
        Some(file) => mistaken::no_manifest(&file).map_or(Ok(file), Err),
        None => Caps::find_manifest(Path::new("."))
            .ok_or_else(|| format!("there is no {MANIFEST_NAME} here or in a folder above")),
    }
}

fn as_json(value: &Value) -> Result<String, serde_json::Error> {
    Ok(printable::json(&serde_json::to_string_pretty(value)?) + "\n")
}

fn of_error(error: &ManifestError) -> Value {
    let (line, column) = error.place().unzip();
    json!({ "line": line, "column": column, "message": error.message() })
}

fn of_review(file: &Path, review: &Review) -> Value {
    let finding = |finding: &Finding| {
        let mut value = of_error(&finding.error);
        value["kind"] = json!(finding.kind);
        value
    };
    let limits: serde_json::Map<_, _> = limits(&review.caps)
        .into_iter()
        .map(|limit| (limit.key.to_owned(), json!({ "value": limit.value, "set": limit.is_set })))
        .collect();
    json!({
        "file": file.to_string_lossy(),
        "valid": true,
        "app": { "name": review.caps.app().name, "version": review.caps.app().version },
        "enabled": review.caps.check_enabled().is_ok(),
        "grants": review.entries,
        "limits": limits,
        "priority": review.caps.limits().priority.word(),
        "interruption": interruption(&review.caps),
        "cache": match review.caps.cache() {
            CacheChoice::Unsaid => Value::Null,
            CacheChoice::Off => json!(false),
            CacheChoice::At(folder) => json!(folder.to_string_lossy()),
        },
        "missing": review.missing,
        "wide": review.wide,
        "findings": review.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn interruption(caps: &Caps) -> Option<&'static str> {
    caps.limits().interruption.map(Interruption::word)
}

/// What each list is for, in the order in which it is told.
const LISTS: [(&str, &str, &str); 7] = [
    ("capabilities.wasm", "load", "Modules may be loaded from"),
    ("capabilities.wasm", "preopens", "Guests may be shown"),
    ("capabilities.wasm.http", "allow", "Components may reach by HTTP"),
    ("capabilities.net", "fetch", "The app may fetch"),
    ("capabilities.fs", "read", "The app may read"),
    ("capabilities.fs", "write", "The app may write"),
    ("capabilities.env", "allow", "The app may see the variables"),
];

fn describe(file: &Path, review: &Review) -> String {
    let app = review.caps.app();
    let name: Vec<&str> = [&app.name, &app.version].into_iter().filter_map(Option::as_deref).collect();
    let name = if name.is_empty() { String::new() } else { format!(" of {}", printable::name(&name.join(" "))) };
    let mut text = format!("{}{name}\n", shown(file));
    if let Err(refused) = review.caps.check_enabled() {
        let _ = writeln!(text, "\n{}", printable::sentence(&refused.to_string()));
    }
    for (section, key, title) in LISTS {
        let entries: Vec<_> = review.entries.iter().filter(|one| one.section == section && one.key == key).collect();
        let nothing = if entries.is_empty() { " nothing" } else { "" };
        let _ = writeln!(text, "\n{title}{nothing}");
        for entry in entries {
            let line = format!("  {:<38} {}", printable::sentence(&entry.entry), comes_to(entry));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    let _ = writeln!(text, "\nAn instance, and all of them, may have");
    for limit in limits(&review.caps) {
        let whose = if limit.is_set { "" } else { "  (by default)" };
        let _ = writeln!(text, "  {:<38} {}{whose}", limit.says, limit.text());
    }
    let _ = writeln!(text, "\nBeside that");
    for (says, value) in [
        ("guests that run on, to the machine", review.caps.limits().priority.word().to_owned()),
        ("they are stopped by", interruption(&review.caps).unwrap_or("epoch  (by default)").to_owned()),
        ("compiled code is kept", kept(review.caps.cache())),
    ] {
        let _ = writeln!(text, "  {says:<38} {value}");
    }
    for finding in &review.findings {
        let kind = if finding.kind == FindingKind::Missing { "missing" } else { "wide" };
        let _ = writeln!(text, "\n{kind}: {}", finding.error);
    }
    let Review { missing, wide, .. } = review;
    let untold = missing + wide - review.findings.len();
    if untold > 0 {
        let _ = writeln!(text, "\n{untold} more are not shown");
    }
    let _ = writeln!(text, "\n{missing} missing, {wide} wider than need be");
    text
}

fn comes_to(entry: &ReviewedEntry) -> String {
    let what = if entry.key == "preopens" { "folder" } else { "file" };
    let found = entry.found.map(|found| match found {
        0 => "nothing there".to_owned(),
        1 if entry.section == "capabilities.fs" => "there".to_owned(),
        1 => format!("1 {what}"),
        found => format!("{found} {what}s"),
    });
    let access = entry.access.map(|access| if access == "read" { "to read" } else { "to read and write" }.to_owned());
    let pinned = entry.pinned.then(|| "pinned by its sha256".to_owned());
    access.into_iter().chain(found).chain(pinned).collect::<Vec<_>>().join(", ")
}
