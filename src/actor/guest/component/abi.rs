//! What lowering and lifting both ask of types.

use std::collections::BTreeMap;
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

/// Where the values of a column lie.
#[derive(Clone, Copy)]
pub(super) enum Places<'a> {
    /// One after another.
    Every { from: usize, step: usize, count: usize },
    /// At places of their own; from each of them so far.
    These { places: &'a [u32], plus: usize },
}

impl Places<'_> {
    pub(super) fn one(at: usize) -> Self {
        Places::Every { from: at, step: 0, count: 1 }
    }

    pub(super) fn count(self) -> usize {
        match self {
            Places::Every { count, .. } => count,
            Places::These { places, .. } => places.len(),
        }
    }

    pub(super) fn at(self, index: usize) -> usize {
        match self {
            Places::Every { from, step, .. } => from + index * step,
            Places::These { places, plus } => places[index] as usize + plus,
        }
    }

    /// Where something within each of these values lies.
    pub(super) fn within(self, offset: usize) -> Self {
        match self {
            Places::Every { from, step, count } => Places::Every { from: from + offset, step, count },
            Places::These { places, plus } => Places::These { places, plus: plus + offset },
        }
    }
}

/// The values of a column that are of one case, which has values.
pub(super) struct OfCase {
    pub(super) ty: InterfaceType,
    /// In the memory, which has no more than 4 GiB.
    pub(super) places: Vec<u32>,
}

/// The values of the cases of a column, in the order in which these come up.
#[derive(Default)]
pub(super) struct Cases {
    pub(super) all: Vec<OfCase>,
    by_case: BTreeMap<u32, usize>,
}

impl Cases {
    /// One more value of a case.
    pub(super) fn add(&mut self, case: u32, ty: InterfaceType, place: usize) {
        let index = *self.by_case.entry(case).or_insert(self.all.len());
        if index == self.all.len() {
            self.all.push(OfCase { ty, places: Vec::new() });
        }
        self.all[index].places.push(place as u32);
    }
}

/// The types of what a record or a tuple has, with their places in it. `None` for what is neither.
pub(super) fn parts(types: &ComponentTypes, ty: InterfaceType) -> Option<Vec<(InterfaceType, usize)>> {
    let parts: Vec<InterfaceType> = match ty {
        InterfaceType::Record(index) => types[index].fields.iter().map(|field| field.ty).collect(),
        InterfaceType::Tuple(index) => types[index].types.to_vec(),
        _ => return None,
    };
    let mut end = 0usize;
    let placed = parts.into_iter().map(|ty| {
        let (size, align) = layout(types, ty);
        let at = end.next_multiple_of(align as usize);
        end = at + size;
        (ty, at)
    });
    Some(placed.collect())
}

/// Types that no value here is of: futures, streams and the like, which come with WASI 0.3.
pub(super) fn unsupported(ty: InterfaceType) -> wasmtime::Error {
    format_err!("values of this type cannot cross to the host: {ty:?}")
}
