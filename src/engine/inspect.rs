//! Reads what a module declares, without compiling or running it.

use super::parser_text::parser_text;
use super::{Engines, Metering, compile, file_kind, hostile};
use crate::error::{ErrorCode, Result, WasmError};
use crate::module_info::{
    CustomSection, Export, GlobalType, Import, ItemType, MemoryType, ModuleInfo, Needs, Producer, Signature, TableType,
};
use crate::signature::ValueType;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use wasmparser::{
    AbstractHeapType, BinaryReader, CompositeInnerType, CustomSectionReader, ExternalKind, HeapType, KnownCustom, Name,
    Parser, Payload, ProducersSectionReader, RefType, TypeRef, ValType,
};

/// The import modules that mean WASI.
const WASI_VERSIONS: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];
const PAGE_BYTES_LOG2: u32 = 16;

type Parsed<T> = std::result::Result<T, wasmparser::BinaryReaderError>;

/// Validates bytes that no engine has seen, and reads what they declare. `name` is for messages.
///
/// # Errors
/// 5000 for what is not a valid core module, saying what it is instead where that can be told, and for what would not be compiled
/// since it declares more than there are bounds for.
pub fn validate_and_inspect(name: &str, bytes: &[u8]) -> Result<ModuleInfo> {
    file_kind::check(name, bytes)?;
    let failed = |what: String| WasmError::new(ErrorCode::Compile, format!("{name} {what}"));
    // The pool that wasmtime would make by itself panics where there are no threads.
    let pool = compile::pool(name, 1)
        .map_err(|error| failed(format!("cannot be validated: no thread to do it on: {error}")))?;
    let engines = Engines::default();
    let engine = engines.get(Metering::Plain)?;
    pool.install(|| {
        hostile::check(bytes).map_err(|problem| failed(format!("would not be compiled: {problem}")))?;
        wasmtime::Module::validate(engine, bytes)
            .map_err(|error| failed(format!("is not a valid WebAssembly module: {}", parser_text(error))))?;
        inspect(name, bytes)
    })
}

/// Reads what a valid module declares.
///
/// # Errors
/// 5000 if it cannot be read.
pub fn inspect(name: &str, bytes: &[u8]) -> Result<ModuleInfo> {
    let invalid = |what: String| WasmError::new(ErrorCode::Compile, format!("{name} {what}"));
    let mut found = Found::default();
    found.read(bytes).map_err(|error| invalid(format!("cannot be read: {}", parser_text(error))))?;
    let sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(ModuleInfo {
        name: found.name,
        bytes: bytes.len() as u64,
        sha256,
        needs: needs(&found.imports),
        imports: found.imports,
        exports: found.exports,
        functions: found.defined,
        memories: found.memories,
        tables: found.tables,
        globals: found.globals,
        start: found.start,
        custom_sections: found.custom_sections,
        producers: found.producers,
    })
}

/// The imported function, as module and name, that the instruction at this offset of a valid module calls by its index.
pub fn imported_function_called_at(bytes: &[u8], offset: usize) -> Option<(String, String)> {
    const CALL: u8 = 0x10;
    const RETURN_CALL: u8 = 0x12;
    let mut reader = BinaryReader::new(bytes.get(offset..)?, offset);
    if ![CALL, RETURN_CALL].contains(&reader.read_u8().ok()?) {
        return None;
    }
    let index = reader.read_var_u32().ok()?;
    let imports = Parser::new(0).parse_all(bytes).map_while(Parsed::ok).find_map(|payload| match payload {
        Payload::ImportSection(imports) => Some(imports),
        _ => None,
    })?;
    let mut functions = imports
        .into_imports()
        .map_while(Parsed::ok)
        .filter(|import| matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
    functions.nth(index as usize).map(|import| (import.module.to_owned(), import.name.to_owned()))
}

/// Which of the memories that a valid module imports, so many, is the one that is meant where none is named: that of the export
/// `memory`, or else of the first export, or else the first.
pub(super) fn imported_memory(bytes: &[u8], imported: u64) -> Option<usize> {
    if imported == 0 {
        return None;
    }
    let exports = Parser::new(0).parse_all(bytes).map_while(Parsed::ok).find_map(|payload| match payload {
        Payload::ExportSection(exports) => Some(exports),
        _ => None,
    });
    let exported =
        exports.into_iter().flatten().map_while(Parsed::ok).filter(|export| export.kind == ExternalKind::Memory);
    let (named, others): (Vec<_>, Vec<_>) = exported.partition(|export| export.name == "memory");
    let meant = named.first().or(others.first()).map_or(0, |export| export.index);
    (u64::from(meant) < imported).then_some(meant as usize)
}

/// The names under which a valid module exports these of its functions, by index. The first name, if there are several.
pub fn exported_names(bytes: &[u8], functions: &[u32]) -> HashMap<u32, String> {
    let exports = Parser::new(0).parse_all(bytes).map_while(Parsed::ok).find_map(|payload| match payload {
        Payload::ExportSection(exports) => Some(exports),
        _ => None,
    });
    let mut names = HashMap::new();
    for export in exports.into_iter().flatten().map_while(Parsed::ok) {
        if export.kind == ExternalKind::Func && functions.contains(&export.index) {
            names.entry(export.index).or_insert_with(|| export.name.to_owned());
        }
    }
    names
}

fn needs(imports: &[Import]) -> Needs {
    let mut needs = Needs::default();
    for import in imports {
        if !WASI_VERSIONS.contains(&import.module.as_str()) {
            needs.host.push(import.clone());
            continue;
        }
        let wasi = needs.wasi.get_or_insert_default();
        if !wasi.versions.contains(&import.module) {
            wasi.versions.push(import.module.clone());
        }
        wasi.functions.push(import.name.clone());
    }
    needs
}

/// What has been read so far. The index spaces hold imports first, then what the module defines.
#[derive(Default)]
struct Found {
    name: Option<String>,
    /// By type index; empty for what is no function type.
    types: Vec<Signature>,
    /// By type index: is it a function type?
    is_function: Vec<bool>,
    /// By function index: the type's index.
    functions: Vec<u32>,
    tags: Vec<u32>,
    defined: u32,
    imports: Vec<Import>,
    exports: Vec<Export>,
    memories: Vec<MemoryType>,
    tables: Vec<TableType>,
    globals: Vec<GlobalType>,
    start: bool,
    custom_sections: Vec<CustomSection>,
    producers: BTreeMap<String, Vec<Producer>>,
}

impl Found {
    fn read(&mut self, bytes: &[u8]) -> Parsed<()> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => self.read_types(types)?,
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        self.import(&import?);
                    }
                }
                Payload::FunctionSection(functions) => {
                    self.defined = functions.count();
                    for index in functions {
                        self.functions.push(index?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        let table = self.table(&table?.ty);
                        self.tables.push(table);
                    }
                }
                Payload::MemorySection(memories) => {
                    for ty in memories {
                        self.memories.push(memory(&ty?));
                    }
                }
                Payload::TagSection(tags) => {
                    for ty in tags {
                        self.tags.push(ty?.func_type_idx);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = self.global(&global?.ty);
                        self.globals.push(global);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        self.export(&export?);
                    }
                }
                Payload::StartSection { .. } => self.start = true,
                Payload::CustomSection(section) => self.custom(&section),
                _ => {}
            }
        }
        Ok(())
    }

    fn read_types(&mut self, types: wasmparser::TypeSectionReader<'_>) -> Parsed<()> {
        let groups = types.into_iter().collect::<Parsed<Vec<_>>>()?;
        let inner: Vec<_> = groups.iter().flat_map(|group| group.types()).map(|ty| &ty.composite_type.inner).collect();
        self.is_function = inner.iter().map(|ty| matches!(ty, CompositeInnerType::Func(_))).collect();
        let signature = |ty: &&CompositeInnerType| match ty {
            CompositeInnerType::Func(ty) => Signature {
                params: ty.params().iter().map(|ty| self.value(*ty)).collect(),
                results: ty.results().iter().map(|ty| self.value(*ty)).collect(),
            },
            _ => Signature::default(),
        };
        self.types = inner.iter().map(signature).collect();
        Ok(())
    }

    fn import(&mut self, import: &wasmparser::Import<'_>) {
        let ty = match import.ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                ItemType::Function(self.signature(index))
            }
            TypeRef::Memory(ty) => {
                self.memories.push(memory(&ty));
                ItemType::Memory(memory(&ty))
            }
            TypeRef::Table(ty) => {
                let table = self.table(&ty);
                self.tables.push(table);
                ItemType::Table(table)
            }
            TypeRef::Global(ty) => {
                let global = self.global(&ty);
                self.globals.push(global);
                ItemType::Global(global)
            }
            TypeRef::Tag(ty) => {
                self.tags.push(ty.func_type_idx);
                ItemType::Tag(self.signature(ty.func_type_idx))
            }
        };
        self.imports.push(Import { module: import.module.to_owned(), name: import.name.to_owned(), ty });
    }

    fn export(&mut self, export: &wasmparser::Export<'_>) {
        let index = export.index as usize;
        let ty = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                self.functions.get(index).map(|ty| ItemType::Function(self.signature(*ty)))
            }
            ExternalKind::Memory => self.memories.get(index).copied().map(ItemType::Memory),
            ExternalKind::Table => self.tables.get(index).copied().map(ItemType::Table),
            ExternalKind::Global => self.globals.get(index).copied().map(ItemType::Global),
            ExternalKind::Tag => self.tags.get(index).map(|ty| ItemType::Tag(self.signature(*ty))),
        };
        // A valid module exports nothing that it does not have.
        if let Some(ty) = ty {
            self.exports.push(Export { name: export.name.to_owned(), ty });
        }
    }

    /// Custom sections are not validated: one that cannot be decoded is only listed.
    fn custom(&mut self, section: &CustomSectionReader<'_>) {
        self.custom_sections
            .push(CustomSection { name: section.name().to_owned(), bytes: section.data().len() as u64 });
        match section.as_known() {
            KnownCustom::Name(names) => {
                let module = names.into_iter().map_while(Parsed::ok).find_map(|name| match name {
                    Name::Module { name, .. } => Some(name.to_owned()),
                    _ => None,
                });
                self.name = self.name.take().or(module);
            }
            KnownCustom::Producers(producers) => self.producers = decode_producers(producers).unwrap_or_default(),
            _ => {}
        }
    }

    fn signature(&self, index: u32) -> Signature {
        self.types.get(index as usize).cloned().unwrap_or_default()
    }

    fn table(&self, ty: &wasmparser::TableType) -> TableType {
        TableType { element: self.reference(ty.element_type), minimum: ty.initial, maximum: ty.maximum }
    }

    fn global(&self, ty: &wasmparser::GlobalType) -> GlobalType {
        GlobalType { content: self.value(ty.content_type), mutable: ty.mutable }
    }

    fn value(&self, ty: ValType) -> ValueType {
        match ty {
            ValType::I32 => ValueType::I32,
            ValType::I64 => ValueType::I64,
            ValType::F32 => ValueType::F32,
            ValType::F64 => ValueType::F64,
            ValType::V128 => ValueType::V128,
            ValType::Ref(ty) => self.reference(ty),
        }
    }

    /// The same three classes as in [`value_type`](super::value_type).
    fn reference(&self, ty: RefType) -> ValueType {
        match ty.heap_type() {
            HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. } => ValueType::FuncRef,
            HeapType::Abstract { ty: AbstractHeapType::Extern | AbstractHeapType::NoExtern, .. } => {
                ValueType::ExternRef
            }
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let defined = index.as_module_index().and_then(|index| self.is_function.get(index as usize));
                if defined == Some(&true) { ValueType::FuncRef } else { ValueType::OtherRef }
            }
            HeapType::Abstract { .. } => ValueType::OtherRef,
        }
    }
}

fn memory(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        page_size: 1 << ty.page_size_log2.unwrap_or(PAGE_BYTES_LOG2).min(PAGE_BYTES_LOG2),
        memory64: ty.memory64,
        shared: ty.shared,
    }
}

fn decode_producers(section: ProducersSectionReader<'_>) -> Parsed<BTreeMap<String, Vec<Producer>>> {
    let mut producers = BTreeMap::new();
    for field in section {
        let field = field?;
        let values = field.values.into_iter().map(|value| {
            value.map(|value| Producer { name: value.name.to_owned(), version: value.version.to_owned() })
        });
        producers.insert(field.name.to_owned(), values.collect::<Parsed<Vec<_>>>()?);
    }
    Ok(producers)
}
