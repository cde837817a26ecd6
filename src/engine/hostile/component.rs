//! The same for components: what they declare, and what few bytes of theirs can multiply.
//!
//! A component may instantiate the modules and components in it as often as it likes, and each of the latter does so again: a few hundred
//! bytes ask for millions of instances. All that is fixed in its bytes, and counted here before any of it is made.

use super::refused::{Checked, Refused, at_most};
use crate::limits::*;
use wasmparser::{
    BinaryReaderError, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentType, ComponentTypeDeclaration, ComponentTypeRef, ComponentTypeSectionReader, Instance,
    InstanceTypeDeclaration, Parser, Payload,
};

/// Holds the component, and each module in it, against the bounds on what they may declare.
///
/// # Errors
/// A sentence that names what there is too much of, and the bound.
pub(in crate::engine) fn check_component(bytes: &[u8]) -> Result<(), String> {
    match Walk::default().all(bytes) {
        Ok(()) | Err(Refused::Malformed) => {}
        Err(Refused::Over(bound)) => return Err(bound),
    }
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::ModuleSection { unchecked_range, .. } = payload {
            super::check(bytes.get(unchecked_range).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// What one instance comes to: core instances, and all that these have in tables of the host's.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    instances: u64,
    parts: u64,
}

impl Weight {
    fn add(&mut self, other: Weight) {
        self.instances = self.instances.saturating_add(other.instances);
        self.parts = self.parts.saturating_add(other.parts);
    }

    fn larger(self, other: Weight) -> Weight {
        Weight { instances: self.instances.max(other.instances), parts: self.parts.max(other.parts) }
    }
}

/// A component, or a module, that is being read.
#[derive(Debug, Default)]
struct Level {
    is_module: bool,
    /// The modules and components that can be instantiated here, by index.
    modules: Vec<Weight>,
    components: Vec<Weight>,
    weight: Weight,
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Walk {
    levels: Vec<Level>,
    /// The largest of all that there have been: what is known only by its type, such as what an instance exports, may be any of them.
    largest_module: Weight,
    largest_component: Weight,
    types: u64,
    nested: u64,
    canonical: u64,
    names: u64,
}

impl Walk {
    fn all(mut self, bytes: &[u8]) -> Checked {
        for payload in Parser::new(0).parse_all(bytes) {
            self.payload(payload?)?;
        }
        Ok(())
    }

    fn top(&mut self) -> Checked<&mut Level> {
        self.levels.last_mut().ok_or(Refused::Malformed)
    }

    fn payload(&mut self, payload: Payload<'_>) -> Checked {
        match payload {
            Payload::Version { encoding, .. } => {
                self.nested += 1;
                at_most(COMPONENT_PARTS_MAX, self.nested, "modules and components within it")?;
                let is_module = encoding == wasmparser::Encoding::Module;
                let weight = Weight { instances: u64::from(is_module), parts: 1 };
                let weight = if is_module { weight } else { Weight::default() };
                self.levels.push(Level { is_module, weight, ..Level::default() });
                at_most(COMPONENT_DEPTH_MAX, self.levels.len() as u64, "components within each other")
            }
            Payload::End(_) => self.end(),
            Payload::FunctionSection(section) => self.parts(section.count()),
            Payload::ImportSection(section) => self.parts(section.count()),
            Payload::GlobalSection(section) => self.parts(section.count()),
            Payload::TableSection(section) => self.parts(section.count()),
            Payload::MemorySection(section) => self.parts(section.count()),
            Payload::ExportSection(section) => self.parts(section.count()),
            Payload::ComponentTypeSection(section) => {
                self.types += count_types(section)?;
                at_most(COMPONENT_TYPES_MAX, self.types, "types of components")
            }
            Payload::ComponentCanonicalSection(section) => {
                self.canonical += u64::from(section.count());
                at_most(COMPONENT_FUNCTIONS_MAX, self.canonical, "functions between a component and its modules")
            }
            Payload::ComponentImportSection(section) => {
                self.names += u64::from(section.count());
                at_most(IMPORTS_MAX, self.names, "imports and exports of components")?;
                for import in section {
                    match import?.ty {
                        ComponentTypeRef::Module(_) => self.unknown_module()?,
                        ComponentTypeRef::Component(_) => self.unknown_component()?,
                        _ => {}
                    }
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                self.names += u64::from(section.count());
                at_most(EXPORTS_MAX, self.names, "imports and exports of components")?;
                for export in section {
                    // An export is one more item of its kind.
                    let export = export?;
                    self.known(export.kind, export.index)?;
                }
                Ok(())
            }
            Payload::ComponentAliasSection(section) => section.into_iter().try_for_each(|alias| self.alias(&alias?)),
            Payload::InstanceSection(section) => {
                for instance in section {
                    let Instance::Instantiate { module_index, .. } = instance? else { continue };
                    let top = self.top()?;
                    let weight = *top.modules.get(module_index as usize).ok_or(Refused::Malformed)?;
                    self.instantiated(weight)?;
                }
                Ok(())
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let ComponentInstance::Instantiate { component_index, .. } = instance? else { continue };
                    let top = self.top()?;
                    let weight = *top.components.get(component_index as usize).ok_or(Refused::Malformed)?;
                    self.instantiated(weight)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn parts(&mut self, count: u32) -> Checked {
        self.top()?.weight.parts += u64::from(count);
        Ok(())
    }

    fn instantiated(&mut self, weight: Weight) -> Checked {
        let top = self.top()?;
        top.weight.add(weight);
        let Weight { instances, parts } = top.weight;
        at_most(CORE_INSTANCES_MAX, instances, "instances of modules")?;
        at_most(CORE_PARTS_MAX, parts, "functions, imports, exports and globals in all instances of its modules")
    }

    fn end(&mut self) -> Checked {
        let ended = self.levels.pop().ok_or(Refused::Malformed)?;
        if ended.is_module {
            self.largest_module = self.largest_module.larger(ended.weight);
        } else {
            self.largest_component = self.largest_component.larger(ended.weight);
        }
        let Some(around) = self.levels.last_mut() else { return Ok(()) };
        if ended.is_module {
            around.modules.push(ended.weight);
        } else {
            around.components.push(ended.weight);
        }
        Ok(())
    }

    fn unknown_module(&mut self) -> Checked {
        let weight = self.largest_module;
        self.top()?.modules.push(weight);
        Ok(())
    }

    fn unknown_component(&mut self) -> Checked {
        let weight = self.largest_component;
        self.top()?.components.push(weight);
        Ok(())
    }

    fn known(&mut self, kind: ComponentExternalKind, index: u32) -> Checked {
        let top = self.top()?;
        match kind {
            ComponentExternalKind::Module => top.modules.push(at(&top.modules, index)?),
            ComponentExternalKind::Component => top.components.push(at(&top.components, index)?),
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Checked {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Module, .. } => self.unknown_module(),
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => self.unknown_component(),
            ComponentAlias::Outer { kind, count, index } => {
                let outer = self.levels.len().checked_sub(1 + *count as usize).ok_or(Refused::Malformed)?;
                let outer = &self.levels[outer];
                match kind {
                    ComponentOuterAliasKind::CoreModule => {
                        let weight = at(&outer.modules, *index)?;
                        self.top()?.modules.push(weight);
                    }
                    ComponentOuterAliasKind::Component => {
                        let weight = at(&outer.components, *index)?;
                        self.top()?.components.push(weight);
                    }
                    _ => {}
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn at(weights: &[Weight], index: u32) -> Checked<Weight> {
    weights.get(index as usize).copied().ok_or(Refused::Malformed)
}

/// How many types there are in a section, those within each other too.
fn count_types(section: ComponentTypeSectionReader<'_>) -> Result<u64, BinaryReaderError> {
    let mut count = 0;
    let mut waiting = Vec::new();
    for ty in section {
        waiting.push(ty?);
        while let Some(ty) = waiting.pop() {
            count += 1;
            match ty {
                ComponentType::Component(declared) => {
                    waiting.extend(declared.into_vec().into_iter().filter_map(|declared| match declared {
                        ComponentTypeDeclaration::Type(ty) => Some(ty),
                        _ => None,
                    }));
                }
                ComponentType::Instance(declared) => {
                    waiting.extend(declared.into_vec().into_iter().filter_map(|declared| match declared {
                        InstanceTypeDeclaration::Type(ty) => Some(ty),
                        _ => None,
                    }));
                }
                _ => {}
            }
        }
    }
    Ok(count)
}
