//! wasmtime's code and types, in the words of the layers above.

use crate::signature::{ExportKind, Import, ValueType};
use sha2::Digest;
use wasmtime::{ExternType, FuncType, HeapType, ImportType, ValType};

/// The SHA-256 of a module's bytes.
pub type Sha256 = [u8; 32];

/// The hash of a module's bytes.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    sha2::Sha256::digest(bytes).into()
}

/// What to look for, for this import.
pub(super) fn import(wanted: &ImportType<'_>) -> Import {
    let (module, name) = (wanted.module().to_owned(), wanted.name().to_owned());
    Import { module, name, kind: export_kind(&wanted.ty()).name() }
}

/// What an export of this type is.
pub(super) fn export_kind(ty: &ExternType) -> ExportKind {
    match ty {
        ExternType::Func(ty) => {
            let (params, results) = signature_of(ty);
            ExportKind::Function { params, results }
        }
        ExternType::Memory(_) => ExportKind::Memory,
        ExternType::Table(_) => ExportKind::Table,
        ExternType::Global(_) => ExportKind::Global,
        ExternType::Tag(_) => ExportKind::Tag,
    }
}

/// Parameter and result types of a function.
pub fn signature_of(ty: &FuncType) -> (Vec<ValueType>, Vec<ValueType>) {
    (ty.params().map(|t| value_type(&t)).collect(), ty.results().map(|t| value_type(&t)).collect())
}

/// wasmtime's type as ours.
pub fn value_type(ty: &ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Func | HeapType::ConcreteFunc(_) | HeapType::NoFunc => ValueType::FuncRef,
            HeapType::Extern | HeapType::NoExtern => ValueType::ExternRef,
            _ => ValueType::OtherRef,
        },
    }
}

/// A type in the words of the text format. wasmtime's own words have numbers of its own in them.
pub fn type_text(ty: &ValType) -> String {
    let ValType::Ref(ty) = ty else { return value_type(ty).name().to_owned() };
    let null = if ty.is_nullable() { "null " } else { "" };
    match ty.heap_type() {
        HeapType::ConcreteFunc(func) => format!("(ref {null}{})", signature_text(func)),
        HeapType::ConcreteArray(_) => format!("(ref {null}array)"),
        HeapType::ConcreteStruct(_) => format!("(ref {null}struct)"),
        HeapType::ConcreteExn(_) => format!("(ref {null}exn)"),
        HeapType::ConcreteCont(_) => format!("(ref {null}cont)"),
        other => format!("(ref {null}{other})"),
    }
}

fn signature_text(func: &FuncType) -> String {
    let (params, results) = signature_of(func);
    let list = |what: &str, types: &[ValueType]| match types {
        [] => String::new(),
        types => format!(" ({what}{})", types.iter().map(|ty| format!(" {}", ty.name())).collect::<String>()),
    };
    format!("(func{}{})", list("param", &params), list("result", &results))
}
