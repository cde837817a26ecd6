//! Where a module keeps its code and its DWARF.

use super::budget::{Budget, Known};
use gimli::{EndianSlice, LittleEndian, SectionId};
use std::ops::Range;
use wasmparser::BinaryReader;

/// How gimli reads a section.
pub(super) type Bytes<'a> = EndianSlice<'a, LittleEndian>;
/// The debug sections of a module.
pub(super) type Dwarf<'a> = gimli::Dwarf<Bytes<'a>>;

const CUSTOM: u8 = 0;
const CODE: u8 = 10;
const HEADER_BYTES: usize = 8;

/// The sections that are read.
const WANTED: [SectionId; 9] = [
    SectionId::DebugAbbrev,
    SectionId::DebugAddr,
    SectionId::DebugInfo,
    SectionId::DebugLine,
    SectionId::DebugLineStr,
    SectionId::DebugRanges,
    SectionId::DebugRngLists,
    SectionId::DebugStr,
    SectionId::DebugStrOffsets,
];

/// Where they are.
pub(super) struct Sections {
    /// Addresses count from here.
    pub code: usize,
    debug: Vec<(SectionId, Range<usize>)>,
}

impl Sections {
    /// Those of a valid module. `None` where it has no lines to tell of.
    pub(super) fn find(bytes: &[u8], budget: &mut Budget) -> Known<Option<Sections>> {
        let (mut code, mut debug) = (0, Vec::<(SectionId, Range<usize>)>::new());
        let mut reader = BinaryReader::new(bytes.get(HEADER_BYTES..).unwrap_or_default(), HEADER_BYTES);
        while let Ok(id) = reader.read_u8() {
            budget.steps(1)?;
            let Ok(content) = reader.read_reader() else { break };
            match id {
                CODE => code = content.range().start,
                CUSTOM => match wanted(content) {
                    Some((id, _)) if debug.iter().any(|(other, _)| *other == id) => {}
                    found => debug.extend(found),
                },
                _ => {}
            }
        }
        let has = |wanted| debug.iter().any(|(id, _)| *id == wanted);
        Ok((has(SectionId::DebugInfo) && has(SectionId::DebugAbbrev)).then_some(Sections { code, debug }))
    }

    pub(super) fn dwarf<'a>(&self, bytes: &'a [u8]) -> Dwarf<'a> {
        let section = |id| {
            let found = self.debug.iter().find(|(other, _)| *other == id);
            Bytes::new(found.and_then(|(_, range)| bytes.get(range.clone())).unwrap_or_default(), LittleEndian)
        };
        Dwarf::load(|id| Ok::<_, std::convert::Infallible>(section(id))).unwrap_or_else(|never| match never {})
    }
}

/// The section, if it is one of those wanted.
fn wanted(mut content: BinaryReader<'_>) -> Option<(SectionId, Range<usize>)> {
    let name = content.read_unlimited_string().ok()?;
    let id = WANTED.into_iter().find(|id| id.name() == name)?;
    Some((id, content.original_position()..content.range().end))
}
