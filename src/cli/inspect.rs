//! `runtime-wasm inspect`: what a module declares and needs, without running it.

use super::module_file::Bound;
use super::output::{print, shown};
use crate::engine::{Kind, inspect_component, validate_and_inspect};
use crate::module_info::{ComponentInfo, ItemType, MemoryType, ModuleInfo, Producer, Signature, WorldItem};
use crate::printable;
use crate::signature::ValueType;
use clap::Args;
use serde::Serialize;
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Show what a module or a component imports, exports and needs, without running it
#[derive(Args)]
pub(super) struct Inspect {
    /// Print JSON, in the shape that `inspect()` of runtime:wasm has
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    module: Bound,
    /// The module, or a component, whose world is shown as WIT
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Inspect {
    /// Prints the module; 1 where it is one that runtime:wasm could not run.
    pub(super) fn execute(self) -> Result<i32, Box<dyn Error>> {
        let path = shown(&self.file);
        let bytes = self.module.read(&self.file)?;
        if Kind::of(&bytes) == Kind::Component {
            let info = inspect_component(&path, &bytes)?;
            print(&if self.json { as_json(&info)? } else { describe_component(&info) })?;
            let newer =
                info.imports.iter().find(|import| import.name.starts_with("wasi:") && import.name.contains("@0.3"));
            return match newer {
                None => Ok(0),
                Some(import) => {
                    let name = printable::name(&import.name);
                    Err(format!("{path} imports {name}, which runtime:wasm does not have: build it for WASI 0.2")
                        .into())
                }
            };
        }
        let info = validate_and_inspect(&path, &bytes)?;
        print(&if self.json { as_json(&info)? } else { describe(&info) })?;
        match unsupported(&info) {
            None => Ok(0),
            Some(version) => Err(format!(
                "{path} imports {version}, which runtime:wasm does not have: build it for wasi_snapshot_preview1"
            )
            .into()),
        }
    }
}

fn as_json(info: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(printable::json(&serde_json::to_string_pretty(info)?) + "\n")
}

/// The same report for a component: what it imports and exports, and below that its whole world in WIT.
fn describe_component(info: &ComponentInfo) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "component    {} bytes", info.bytes);
    let _ = writeln!(text, "sha256       {}", info.sha256);
    section(&mut text, "imports", info.imports.iter().map(world_item));
    section(&mut text, "exports", info.exports.iter().map(world_item));
    let _ = writeln!(text, "\n{}", printable::lines(info.wit.trim_end()));
    text
}

fn world_item(item: &WorldItem) -> String {
    let functions: Vec<String> = item.functions.iter().map(|name| printable::name(name)).collect();
    let functions = if functions.is_empty() { String::new() } else { format!(": {}", functions.join(", ")) };
    format!("{} {}{functions}", quoted(&item.name), item.kind)
}

/// The WASI version that the module wants and that is not there.
fn unsupported(info: &ModuleInfo) -> Option<&str> {
    let versions = info.needs.wasi.iter().flat_map(|wasi| &wasi.versions);
    versions.map(String::as_str).find(|version| *version != "wasi_snapshot_preview1")
}

/// The report for a person. Names are the module's own words: they are quoted, and what a terminal might obey is escaped.
fn describe(info: &ModuleInfo) -> String {
    let mut text = String::new();
    let name = info.name.as_ref().map_or(String::new(), |name| format!("{}, ", quoted(name)));
    let _ = writeln!(text, "module       {name}{} bytes", info.bytes);
    let _ = writeln!(text, "sha256       {}", info.sha256);
    for (field, producers) in &info.producers {
        let list: Vec<String> = producers.iter().map(producer).collect();
        let _ = writeln!(text, "{:<12} {}", printable::name(field), list.join(", "));
    }
    let _ = writeln!(text, "functions    {} of its own", info.functions);
    for ty in &info.memories {
        let _ = writeln!(text, "memory       {}", memory(ty));
    }
    let start = if info.start { "a start function runs when it is instantiated" } else { "none" };
    let _ = writeln!(text, "start        {start}");
    let _ = writeln!(text, "needs        {}", needs(info));
    let imports = info.imports.iter();
    let imports =
        imports.map(|import| format!("{} {} {}", quoted(&import.module), quoted(&import.name), item(&import.ty)));
    section(&mut text, "imports", imports);
    section(
        &mut text,
        "exports",
        info.exports.iter().map(|export| format!("{} {}", quoted(&export.name), item(&export.ty))),
    );
    let custom =
        info.custom_sections.iter().map(|section| format!("{} {} bytes", quoted(&section.name), section.bytes));
    section(&mut text, "custom sections", custom);
    text
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", printable::name(name))
}

fn section(text: &mut String, title: &str, lines: impl ExactSizeIterator<Item = String>) {
    if lines.len() == 0 {
        return;
    }
    let _ = writeln!(text, "\n{title} ({})", lines.len());
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

fn producer(producer: &Producer) -> String {
    format!("{} {}", printable::name(&producer.name), printable::name(&producer.version)).trim_end().to_owned()
}

fn needs(info: &ModuleInfo) -> String {
    let wasi = info.needs.wasi.as_ref();
    let wasi = wasi.map(|wasi| format!("WASI ({}: {})", wasi.versions.join(" and "), wasi.functions.len()));
    let host = (!info.needs.host.is_empty()).then(|| format!("host imports ({})", info.needs.host.len()));
    let all: Vec<String> = wasi.into_iter().chain(host).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(" and ") }
}

fn item(ty: &ItemType) -> String {
    match ty {
        ItemType::Function(Signature { params, results }) => {
            format!("function ({}) -> ({})", types(params), types(results))
        }
        ItemType::Memory(ty) => format!("memory, {}", memory(ty)),
        ItemType::Table(ty) => format!("table of {}, {}", ty.element, range(ty.minimum, ty.maximum, "elements")),
        ItemType::Global(ty) => format!("{} global {}", if ty.mutable { "mutable" } else { "constant" }, ty.content),
        ItemType::Tag(Signature { params, .. }) => format!("tag ({})", types(params)),
    }
}

fn types(types: &[ValueType]) -> String {
    types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ")
}

fn memory(ty: &MemoryType) -> String {
    let pages = range(ty.minimum, ty.maximum, &format!("pages of {} bytes", ty.page_size));
    let bits = if ty.memory64 { ", 64-bit" } else { "" };
    let shared = if ty.shared { ", shared" } else { "" };
    format!("{pages}{bits}{shared}")
}

fn range(minimum: u64, maximum: Option<u64>, unit: &str) -> String {
    match maximum {
        Some(maximum) => format!("{minimum} to {maximum} {unit}"),
        None => format!("{minimum} {unit} or more"),
    }
}
