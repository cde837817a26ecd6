//! What lowering and lifting both ask of types.

use wasmtime::Result;
use wasmtime::component::__internal::{ComponentTypes, InterfaceType};
use wasmtime::format_err;

/// Are values of this type nothing but bits, each of which means something, laid out here as in the guest?
pub(super) fn is_plain(ty: InterfaceType) -> bool {
    matches!(
        ty,
        InterfaceType::U8
            | InterfaceType::S8
            | InterfaceType::U16
            | InterfaceType::S16
            | InterfaceType::U32
            | InterfaceType::S32
            | InterfaceType::U64
            | InterfaceType::S64
            | InterfaceType::Float32
            | InterfaceType::Float64
    )
}

/// How many bytes tell the case of a variant, an enum, an option or a result, and where its value lies.
pub(super) fn discriminant(types: &ComponentTypes, ty: InterfaceType) -> Result<(usize, usize)> {
    let (cases, info) = match ty {
        InterfaceType::Variant(index) => (types[index].cases.len(), &types[index].info),
        InterfaceType::Enum(index) => (types[index].names.len(), &types[index].info),
        InterfaceType::Option(index) => (2, &types[index].info),
        InterfaceType::Result(index) => (2, &types[index].info),
        other => return Err(unsupported(other)),
    };
    let bytes = match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    };
    Ok((bytes, info.payload_offset32 as usize))
}

/// The size and the alignment of a type.
pub(super) fn layout(types: &ComponentTypes, ty: InterfaceType) -> (usize, u32) {
    let abi = types.canonical_abi(&ty);
    (abi.size32 as usize, abi.align32)
}

/// How many core values a type takes; `None` for more than go flat.
pub(super) fn flat_count(types: &ComponentTypes, ty: InterfaceType) -> Option<usize> {
    types.canonical_abi(&ty).flat_count.map(usize::from)
}

/// The type of the value of a case, which may have none. `None` if there is no such case.
pub(super) fn payload(types: &ComponentTypes, ty: InterfaceType, case: u32) -> Option<Option<InterfaceType>> {
    let case = case as usize;
    match ty {
        InterfaceType::Variant(index) => types[index].cases.get_index(case).map(|(_, payload)| *payload),
        InterfaceType::Enum(index) => (case < types[index].names.len()).then_some(None),
        InterfaceType::Option(index) => [None, Some(types[index].ty)].get(case).copied(),
        InterfaceType::Result(index) => [types[index].ok, types[index].err].get(case).copied(),
        _ => None,
    }
}

/// Types that no value here is of: futures, streams and the like, which come with WASI 0.3.
pub(super) fn unsupported(ty: InterfaceType) -> wasmtime::Error {
    format_err!("values of this type cannot cross to the host: {ty:?}")
}
