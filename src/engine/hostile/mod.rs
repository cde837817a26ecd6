//! Modules that would cost the compiler too much are refused before it sees them.
//!
//! What costs in proportion to a module's bytes is bounded by those. Counted here is what few bytes can ask much with, and what
//! others list: imports, exports and their names. One pass over the module, which ends at the first bound that is crossed.

mod body;
mod component;
mod refused;
mod types;

pub(super) use component::check_component;

use crate::limits::*;
use refused::{Checked, Refused, at_most};
use types::{Types, Width};
use wasmparser::{
    CompositeInnerType, ConstExpr, DataKind, DataSectionReader, Element, ElementItems, ElementKind,
    ExportSectionReader, ExternalKind, FunctionBody, ImportSectionReader, MemoryType, Operator, Parser, Payload,
    TableInit, TableSectionReader, TypeRef, TypeSectionReader,
};

/// Holds the module against the bounds on what it may declare.
///
/// # Errors
/// A sentence that names what there is too much of, and the bound.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut module = Counted::default();
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        match module.payload(payload) {
            Ok(()) => {}
            Err(Refused::Over(bound)) => return Err(bound),
            Err(Refused::Malformed) => break,
        }
    }
    Ok(())
}

/// Waiting on a shared memory, which is what one is for, holds a thread where no stop reaches it.
fn unshared(memory: &MemoryType, what: &str) -> Checked {
    if !memory.shared {
        return Ok(());
    }
    Err(Refused::Over(format!(
        "it {what} shared memory, and a guest has one thread and memory of its own; build it without threads: without -pthread and \
         --shared-memory, in Rust for wasm32-wasip1 and not wasm32-wasip1-threads"
    )))
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Counted {
    known: Types,
    function_types: u32,
    /// The index of the next function that has a body.
    next_body: usize,
    imports: u32,
    names_bytes: u64,
    /// Values in the signatures of what is imported and exported.
    listed_values: u64,
    /// Values in the signatures of all functions.
    signature_values: u64,
    elements: u64,
    /// Those of them that take code to put in place.
    written_elements: u64,
    const_bytes: u64,
    implied_values: u64,
    custom_sections: u32,
}

impl Counted {
    fn payload(&mut self, payload: Payload<'_>) -> Checked {
        match payload {
            Payload::TypeSection(types) => self.types(types),
            Payload::ImportSection(imports) => self.imports(imports),
            Payload::FunctionSection(functions) => {
                at_most(FUNCTIONS_MAX, functions.count(), "functions")?;
                self.next_body = self.known.functions.len();
                functions.into_iter().try_for_each(|ty| self.function(ty?))
            }
            Payload::TableSection(tables) => self.tables(tables),
            Payload::MemorySection(memories) => memories.into_iter().try_for_each(|ty| unshared(&ty?, "declares a")),
            Payload::TagSection(tags) => at_most(TAGS_MAX, tags.count(), "tags"),
            Payload::GlobalSection(globals) => {
                at_most(GLOBALS_MAX, globals.count(), "globals of its own")?;
                globals.into_iter().try_for_each(|global| self.constant(&global?.init_expr).map(drop))
            }
            Payload::ExportSection(exports) => self.exports(exports),
            Payload::ElementSection(segments) => {
                at_most(ELEMENT_SEGMENTS_MAX, segments.count(), "element segments")?;
                segments.into_iter().try_for_each(|segment| self.elements(segment?))
            }
            Payload::DataSection(segments) => self.data(segments),
            Payload::CodeSectionStart { count, .. } => at_most(FUNCTIONS_MAX, count, "functions"),
            Payload::CodeSectionEntry(body) => self.body(&body),
            Payload::CustomSection(section) => {
                self.custom_sections += 1;
                at_most(CUSTOM_SECTIONS_MAX, self.custom_sections, "custom sections")?;
                self.name(section.name(), "a custom section")
            }
            _ => Ok(()),
        }
    }

    fn types(&mut self, groups: TypeSectionReader<'_>) -> Checked {
        at_most(TYPES_MAX, groups.count(), "types")?;
        for group in groups {
            for ty in group?.types() {
                let width = match &ty.composite_type.inner {
                    CompositeInnerType::Func(ty) => {
                        self.function_types += 1;
                        Width { params: len(ty.params()), results: len(ty.results()), fields: 0 }
                    }
                    CompositeInnerType::Struct(ty) => Width { fields: len(&ty.fields), ..Width::default() },
                    _ => Width::default(),
                };
                self.known.types.push(width);
                at_most(TYPES_MAX, self.known.types.len() as u64, "types")?;
            }
        }
        at_most(FUNCTION_TYPES_MAX, self.function_types, "types of functions")
    }

    fn imports(&mut self, imports: ImportSectionReader<'_>) -> Checked {
        // A section may count groups, so what is counted is what comes out.
        at_most(IMPORTS_MAX, imports.count(), "imports")?;
        for import in imports.into_imports() {
            let import = import?;
            self.imports += 1;
            at_most(IMPORTS_MAX, self.imports, "imports")?;
            self.name(import.module, "an import")?;
            self.name(import.name, "an import")?;
            match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                    self.function(ty)?;
                    self.listed(ty)?;
                }
                TypeRef::Memory(ty) => unshared(&ty, "imports a")?,
                _ => {}
            }
        }
        Ok(())
    }

    fn exports(&mut self, exports: ExportSectionReader<'_>) -> Checked {
        at_most(EXPORTS_MAX, exports.count(), "exports")?;
        for export in exports {
            let export = export?;
            self.name(export.name, "an export")?;
            if let ExternalKind::Func | ExternalKind::FuncExact = export.kind {
                self.listed(self.known.type_of(export.index))?;
            }
        }
        Ok(())
    }

    fn name(&mut self, name: &str, whose: &str) -> Checked {
        if name.len() > NAME_BYTES_MAX {
            let bytes = name.len();
            return Err(Refused::Over(format!(
                "{whose} has a name of {bytes} bytes, more than the limit of {NAME_BYTES_MAX}"
            )));
        }
        self.names_bytes += name.len() as u64;
        at_most(NAMES_BYTES_MAX, self.names_bytes, "bytes of names of imports, exports and custom sections")
    }

    /// One more function of this type, imported or not.
    fn function(&mut self, ty: u32) -> Checked {
        self.known.functions.push(ty);
        self.signature_values += self.known.width(ty).signature();
        at_most(SIGNATURE_VALUES_MAX, self.signature_values, "parameters and results of functions")
    }

    /// One more function that lists of imports and exports show.
    fn listed(&mut self, ty: u32) -> Checked {
        self.listed_values += self.known.width(ty).signature();
        at_most(LISTED_VALUES_MAX, self.listed_values, "parameters and results of imports and exports")
    }

    fn tables(&mut self, tables: TableSectionReader<'_>) -> Checked {
        for table in tables {
            if let TableInit::Expr(value) = table?.init {
                self.constant(&value)?;
            }
        }
        Ok(())
    }

    fn elements(&mut self, segment: Element<'_>) -> Checked {
        let (count, by_index) = match &segment.items {
            ElementItems::Functions(functions) => (functions.count(), true),
            ElementItems::Expressions(_, values) => (values.count(), false),
        };
        self.elements += u64::from(count);
        at_most(ELEMENTS_MAX, self.elements, "elements in segments")?;
        let in_place = match &segment.kind {
            ElementKind::Active { offset_expr, .. } => self.constant(offset_expr)? == Constant::Number,
            ElementKind::Declared => true,
            ElementKind::Passive => false,
        };
        if !(in_place && by_index) {
            self.written_elements += u64::from(count);
            let what = "elements that are passive, given by expressions or put at an offset that is no constant";
            at_most(WRITTEN_ELEMENTS_MAX, self.written_elements, what)?;
        }
        match segment.items {
            ElementItems::Functions(_) => Ok(()),
            ElementItems::Expressions(_, values) => {
                values.into_iter().try_for_each(|value| self.constant(&value?).map(drop))
            }
        }
    }

    fn data(&mut self, segments: DataSectionReader<'_>) -> Checked {
        for segment in segments {
            if let DataKind::Active { offset_expr, .. } = segment?.kind {
                self.constant(&offset_expr)?;
            }
        }
        Ok(())
    }

    /// A constant expression. One instruction is free of cost: most modules have many such, as the offsets of their data.
    fn constant(&mut self, expression: &ConstExpr<'_>) -> Checked<Constant> {
        let bytes = expression.get_binary_reader().bytes_remaining();
        if bytes > CONST_EXPR_BYTES_MAX {
            let text = format!("a constant expression of {bytes} bytes, more than the limit of {CONST_EXPR_BYTES_MAX}");
            return Err(Refused::Over(format!("it has {text}")));
        }
        let (mut instructions, mut found) = (0, Constant::Other);
        for operator in expression.get_operators_reader() {
            match operator? {
                Operator::End => break,
                Operator::I32Const { .. } | Operator::I64Const { .. } => found = Constant::Number,
                Operator::StructNewDefault { struct_type_index } => {
                    self.implied(self.known.width(struct_type_index).fields)?
                }
                _ => {}
            }
            instructions += 1;
        }
        if instructions <= 1 {
            return Ok(found);
        }
        self.const_bytes += bytes as u64;
        at_most(CONST_BYTES_MAX, self.const_bytes, "bytes of constant expressions that compute something")?;
        Ok(Constant::Other)
    }

    /// Values that come of one instruction.
    fn implied(&mut self, values: impl Into<u64>) -> Checked {
        self.implied_values += values.into();
        at_most(IMPLIED_VALUES_MAX, self.implied_values, "values that instructions make or move many at a time")
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Checked {
        let index = self.next_body;
        self.next_body += 1;
        match body::check(body, index, &self.known) {
            Ok(implied) => self.implied(implied),
            // The compiler takes the other functions on meanwhile.
            Err(Refused::Malformed) => Ok(()),
            over => over.map(drop),
        }
    }
}

/// What a constant expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Constant {
    /// A number that is written there.
    Number,
    Other,
}

fn len<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
