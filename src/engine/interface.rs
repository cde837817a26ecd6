//! Reads a component's interface out of its bytes, which wasmtime has validated: wasmtime's own view of types has no names for two that are one.

use crate::interface::{Function, Interface, Resource, Type, TypeDef};
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType, ComponentFuncTypeId,
    ComponentInstanceTypeId, ComponentValType, ResourceId,
};
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, PrimitiveValType, ValidPayload, Validator, WasmFeatures};

/// The packages whose interfaces are there by themselves. Others of that namespace, of which there are many proposals, are the app's to give.
/// `js/component/imports.js` has the same list.
const WASI: [&str; 7] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:http/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// The interface of a component.
///
/// # Errors
/// A sentence, for what is not valid. Types within each other more than a hundred deep are not, which whoever goes down into them relies on.
pub(super) fn read(bytes: &[u8]) -> Result<Interface, String> {
    let found = declared(bytes).map_err(|error| error.to_string())?;
    let (types, imports, exports) = found.ok_or("it has no end")?;
    let mut reader = Reader::new(&types);
    for name in imports {
        if let Some(item) = types.as_ref().component_item_for_import(&name) {
            reader.item(&name, item.ty, true);
        }
    }
    for name in exports {
        if let Some(item) = types.as_ref().component_item_for_export(&name) {
            reader.item(&name, item.ty, false);
        }
    }
    Ok(reader.made)
}

type Declared = (Types, Vec<String>, Vec<String>);

/// The types of a component, and the names of what it imports and exports. Bodies of functions are passed over.
fn declared(bytes: &[u8]) -> wasmparser::Result<Option<Declared>> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let (mut depth, mut imports, mut exports, mut types) = (0, Vec::new(), Vec::new(), None);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        match &payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        if let ValidPayload::End(found) = validator.payload(&payload)? {
            types = Some(found);
        }
    }
    Ok(types.map(|types| (types, imports, exports)))
}

struct Reader<'a> {
    types: TypesRef<'a>,
    made: Interface,
    known: HashMap<ComponentDefinedTypeId, Type>,
    resources: HashMap<ResourceId, u32>,
}

impl<'a> Reader<'a> {
    fn new(types: &'a Types) -> Self {
        let (made, known, resources) = Default::default();
        Reader { types: types.as_ref(), made, known, resources }
    }

    fn item(&mut self, name: &str, ty: ComponentEntityType, is_imported: bool) {
        match ty {
            ComponentEntityType::Instance(id)
                if is_imported && WASI.iter().any(|package| name.starts_with(package)) =>
            {
                self.made.wasi.push(name.to_owned());
                self.resources_of(id, name, true);
            }
            ComponentEntityType::Instance(id) => {
                self.resources_of(id, name, is_imported);
                let types = self.types;
                for (function, item) in &types[id].exports {
                    if let ComponentEntityType::Func(id) = item.ty {
                        self.function(Some(name), function, id, is_imported);
                    }
                }
            }
            ComponentEntityType::Func(id) => self.function(None, name, id, is_imported),
            ComponentEntityType::Type { created, .. } => {
                self.resource(created, None, name, is_imported);
            }
            // What else there may be is no value's, and wasmtime says what is missing.
            _ => {}
        }
    }

    fn resources_of(&mut self, id: ComponentInstanceTypeId, interface: &str, is_imported: bool) {
        let types = self.types;
        for (name, item) in &types[id].exports {
            if let ComponentEntityType::Type { created, .. } = item.ty {
                self.resource(created, Some(interface), name, is_imported);
            }
        }
    }

    fn resource(&mut self, ty: ComponentAnyTypeId, interface: Option<&str>, name: &str, is_imported: bool) {
        let ComponentAnyTypeId::Resource(id) = ty else { return };
        let next = self.made.resources.len() as u32;
        // One that an interface only uses is another's.
        self.resources.entry(id.resource()).or_insert_with(|| {
            let (interface, name) = (interface.map(str::to_owned), name.to_owned());
            self.made.resources.push(Resource { interface, name, is_imported });
            next
        });
    }

    fn function(&mut self, interface: Option<&str>, name: &str, id: ComponentFuncTypeId, is_imported: bool) {
        let types = self.types;
        let ty = &types[id];
        let params = ty.params.iter().map(|(name, ty)| (name.to_string(), self.value(*ty))).collect();
        let result = self.maybe(ty.result);
        let function = Function { interface: interface.map(str::to_owned), name: name.to_owned(), params, result };
        if is_imported {
            self.made.imports.push(function);
        } else {
            self.made.exports.push(function);
        }
    }

    fn value(&mut self, ty: ComponentValType) -> Type {
        match ty {
            ComponentValType::Primitive(ty) => self.primitive(ty),
            ComponentValType::Type(id) => self.defined(id),
        }
    }

    fn defined(&mut self, id: ComponentDefinedTypeId) -> Type {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let types = self.types;
        let def = match &types[id] {
            ComponentDefinedType::Primitive(ty) => {
                let ty = self.primitive(*ty);
                self.known.insert(id, ty);
                return ty;
            }
            ComponentDefinedType::List { element, .. } => TypeDef::List(self.value(*element)),
            ComponentDefinedType::Record(record) => {
                TypeDef::Record(record.fields.iter().map(|(name, ty)| (name.to_string(), self.value(*ty))).collect())
            }
            ComponentDefinedType::Tuple(tuple) => {
                TypeDef::Tuple(tuple.types.iter().map(|ty| self.value(*ty)).collect())
            }
            ComponentDefinedType::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| (name.to_string(), self.maybe(case.ty)));
                TypeDef::Variant(cases.collect())
            }
            ComponentDefinedType::Enum(names) => TypeDef::Enum(names.iter().map(ToString::to_string).collect()),
            ComponentDefinedType::Flags(names) => TypeDef::Flags(names.iter().map(ToString::to_string).collect()),
            ComponentDefinedType::Option { ty, .. } => TypeDef::Option(self.value(*ty)),
            ComponentDefinedType::Result { ok, err, .. } => {
                TypeDef::Result { ok: self.maybe(*ok), err: self.maybe(*err) }
            }
            ComponentDefinedType::Own(id) => TypeDef::Own(self.resource_at(id.resource())),
            ComponentDefinedType::Borrow(id) => TypeDef::Borrow(self.resource_at(id.resource())),
            ComponentDefinedType::Map { .. } => TypeDef::Other("map"),
            ComponentDefinedType::FixedLengthList { .. } => TypeDef::Other("list of a fixed length"),
            ComponentDefinedType::Future { .. } => TypeDef::Other("future"),
            ComponentDefinedType::Stream { .. } => TypeDef::Other("stream"),
        };
        let ty = self.add(def);
        self.known.insert(id, ty);
        ty
    }

    fn maybe(&mut self, ty: Option<ComponentValType>) -> Option<Type> {
        ty.map(|ty| self.value(ty))
    }

    /// One that is neither imported nor exported by a name can have no values here.
    fn resource_at(&mut self, id: ResourceId) -> u32 {
        let next = self.made.resources.len() as u32;
        *self.resources.entry(id).or_insert_with(|| {
            self.made.resources.push(Resource { interface: None, name: String::new(), is_imported: true });
            next
        })
    }

    fn add(&mut self, def: TypeDef) -> Type {
        self.made.types.push(def);
        Type::Defined(self.made.types.len() as u32 - 1)
    }

    fn primitive(&mut self, ty: PrimitiveValType) -> Type {
        match ty {
            PrimitiveValType::Bool => Type::Bool,
            PrimitiveValType::S8 => Type::S8,
            PrimitiveValType::U8 => Type::U8,
            PrimitiveValType::S16 => Type::S16,
            PrimitiveValType::U16 => Type::U16,
            PrimitiveValType::S32 => Type::S32,
            PrimitiveValType::U32 => Type::U32,
            PrimitiveValType::S64 => Type::S64,
            PrimitiveValType::U64 => Type::U64,
            PrimitiveValType::F32 => Type::F32,
            PrimitiveValType::F64 => Type::F64,
            PrimitiveValType::Char => Type::Char,
            PrimitiveValType::String => Type::String,
            PrimitiveValType::ErrorContext => self.add(TypeDef::Other("error-context")),
        }
    }
}
