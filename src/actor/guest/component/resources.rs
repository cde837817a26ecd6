//! The resource types of the host's, as the linker numbers them.

use wasmtime::component::ResourceType;

/// For each resource that a component imports and the host has, its place in [`Interface::resources`](crate::interface::Interface::resources), which is
/// the number of its type.
#[derive(Default)]
pub(super) struct HostTypes(Vec<(ResourceType, u32)>);

impl HostTypes {
    pub(super) fn add(&mut self, number: u32) -> ResourceType {
        let ty = ResourceType::host_dynamic(number);
        self.0.push((ty, number));
        ty
    }

    /// The number of a type; `None` if it is a guest's own.
    pub(super) fn number(&self, ty: ResourceType) -> Option<u32> {
        self.0.iter().find(|(known, _)| *known == ty).map(|(_, number)| *number)
    }
}
