//! What can be known of a module before it runs: plain data, and the shape that `inspect` has in JavaScript and on the
//! command line (`--json`).

use crate::signature::{self, ExportKind, ValueType};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// A module, as it declares itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ModuleInfo {
    /// The name that the `name` section gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// What it imports, in its own order.
    pub imports: Vec<Import>,
    /// What it exports, in its own order.
    pub exports: Vec<Export>,
    /// How many functions it defines itself.
    pub functions: u32,
    /// Its memories, imported ones first.
    pub memories: Vec<MemoryType>,
    /// Its tables, imported ones first.
    pub tables: Vec<TableType>,
    /// Its globals, imported ones first.
    pub globals: Vec<GlobalType>,
    /// Does it have a start function, which runs as part of the instantiation?
    pub start: bool,
    /// Its custom sections.
    pub custom_sections: Vec<CustomSection>,
    /// The `producers` section: `language`, `processed-by` and `sdk`, each a list of names with versions.
    pub producers: BTreeMap<String, Vec<Producer>>,
    /// What it needs from whoever runs it.
    pub needs: Needs,
}

/// A module or a component, as it declares itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Info {
    /// A core module.
    Module(Box<ModuleInfo>),
    /// A component.
    Component(Box<ComponentInfo>),
}

impl Info {
    /// What a core module declares; none of a component.
    pub fn module(self) -> Option<ModuleInfo> {
        match self {
            Info::Module(info) => Some(*info),
            Info::Component(_) => None,
        }
    }
}

/// A component, as it declares itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename = "component")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ComponentInfo {
    /// Its size.
    pub bytes: u64,
    /// The SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// What it imports: interfaces by their full names, functions and types by their own.
    pub imports: Vec<WorldItem>,
    /// What it exports.
    pub exports: Vec<WorldItem>,
    /// Its world and all that this names, as WIT.
    pub wit: String,
}

/// What a component imports or exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WorldItem {
    /// Its name.
    pub name: String,
    /// `interface`, `function` or `type`.
    pub kind: &'static str,
    /// The functions of an interface.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<String>,
}

/// What a module needs from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Needs {
    /// The WASI functions it imports, if any.
    pub wasi: Option<WasiNeeds>,
    /// All other imports.
    pub host: Vec<Import>,
}

/// The WASI functions that a module imports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WasiNeeds {
    /// The import modules: `wasi_snapshot_preview1`, which `runtime:wasm` has, or `wasi_unstable`, which it has not.
    pub versions: Vec<String>,
    /// The functions' names.
    pub functions: Vec<String>,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// The import module.
    pub module: String,
    /// The name in it.
    pub name: String,
    /// What is expected there.
    #[serde(flatten)]
    pub ty: ItemType,
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    #[serde(flatten)]
    pub ty: ItemType,
}

/// The type of an import or an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ItemType {
    /// A function.
    Function(Signature),
    /// A linear memory.
    Memory(MemoryType),
    /// A table.
    Table(TableType),
    /// A global variable.
    Global(GlobalType),
    /// An exception tag; its parameters are what is thrown.
    Tag(Signature),
}

/// Parameters and results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Signature {
    /// Parameter types.
    pub params: Vec<ValueType>,
    /// Result types.
    pub results: Vec<ValueType>,
}

/// A linear memory's type, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MemoryType {
    /// Pages at the start.
    pub minimum: u64,
    /// Pages at most, if declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
    /// Bytes of a page.
    pub page_size: u64,
    /// Is it addressed with 64 bits?
    pub memory64: bool,
    /// May threads share it?
    pub shared: bool,
}

/// A table's type, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TableType {
    /// What it holds.
    pub element: ValueType,
    /// Elements at the start.
    pub minimum: u64,
    /// Elements at most, if declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u64>,
}

/// A global's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct GlobalType {
    /// What it holds.
    #[serde(rename = "type")]
    pub content: ValueType,
    /// May it change?
    pub mutable: bool,
}

/// A custom section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CustomSection {
    /// Its name; several may have the same.
    pub name: String,
    /// The size of its content.
    pub bytes: u64,
}

/// One entry of the `producers` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Producer {
    /// A language or a tool.
    pub name: String,
    /// Its version, perhaps empty.
    pub version: String,
}

/// As `getExports()` shows it.
impl Serialize for signature::Export {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("kind", self.kind.name())?;
        match &self.kind {
            ExportKind::Function { params, results } => {
                map.serialize_entry("params", params)?;
                map.serialize_entry("results", results)?;
            }
            ExportKind::ComponentFunction { wit } => map.serialize_entry("wit", wit)?,
            _ => {}
        }
        map.end()
    }
}

/// As `instantiate` reads it.
impl Serialize for signature::Import {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.module, &self.name, self.kind).serialize(serializer)
    }
}

impl Serialize for ValueType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
