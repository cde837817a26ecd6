//! Types as modules declare them: value types, signatures, exports and imports. Plain data, no engine's types.

use std::fmt;

/// A WebAssembly value type, as the text format spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ValueType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference to a function.
    FuncRef,
    /// A reference to a host value.
    ExternRef,
    /// Any other reference type of the GC proposal.
    OtherRef,
}

impl ValueType {
    /// The spelling of the WebAssembly text format.
    pub fn name(self) -> &'static str {
        match self {
            ValueType::I32 => "i32",
            ValueType::I64 => "i64",
            ValueType::F32 => "f32",
            ValueType::F64 => "f64",
            ValueType::V128 => "v128",
            ValueType::FuncRef => "funcref",
            ValueType::ExternRef => "externref",
            ValueType::OtherRef => "ref",
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExportKind,
}

/// One import, as far as it takes to look for something under its names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Import {
    /// The import module.
    pub module: String,
    /// The name in it.
    pub name: String,
    /// The word for what is wanted there: that of [`ExportKind::name`].
    pub kind: &'static str,
}

impl ExportKind {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            ExportKind::Function { .. } | ExportKind::ComponentFunction { .. } => "function",
            ExportKind::Memory => "memory",
            ExportKind::Table => "table",
            ExportKind::Global => "global",
            ExportKind::Tag => "tag",
        }
    }
}

/// What an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum ExportKind {
    /// A function and its signature.
    Function {
        /// Parameter types.
        params: Vec<ValueType>,
        /// Result types.
        results: Vec<ValueType>,
    },
    /// A function of a component.
    ComponentFunction {
        /// Its type in the words of WIT: `func(a: u32) -> string`.
        wit: String,
    },
    /// A linear memory.
    Memory,
    /// A table.
    Table,
    /// A global variable.
    Global,
    /// An exception tag.
    Tag,
}
