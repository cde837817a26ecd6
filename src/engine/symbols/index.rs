//! Which unit of a module's DWARF an address belongs to.

use super::budget::{Budget, Known, Unknown};
use super::entries::Unit;
use super::sections::{Bytes, Dwarf};
use gimli::{DebugInfoOffset, UnitHeader, UnitOffset, UnitType};

/// How many ranges that begin before an address are looked at: those that do not lie about it do not overlap, but for code that the
/// linker has thrown away, which stays at address 0.
const OVERLAPS_MAX: usize = 16;

/// Addresses, from the first to before the last, and whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) begin: u32,
    pub(super) end: u32,
    pub(super) of: u32,
}

/// Whose ranges of a sorted list contain the address; the one that begins last comes first.
pub(super) fn containing(ranges: &[Range], address: u32) -> impl Iterator<Item = u32> {
    let behind = ranges.partition_point(|range| range.begin <= address);
    let near = ranges[..behind].iter().rev().take(OVERLAPS_MAX);
    near.filter(move |range| address < range.end).map(|range| range.of)
}

/// All units, by where they begin in their section.
#[derive(Default)]
pub(super) struct Index {
    units: Vec<u32>,
    ranges: Vec<Range>,
    /// Those that do not say which addresses they are about.
    anywhere: Vec<u32>,
}

impl Index {
    pub(super) fn build(dwarf: &Dwarf<'_>, budget: &mut Budget) -> Known<Index> {
        let mut index = Index::default();
        let mut headers = dwarf.units();
        // What follows a broken header cannot be found.
        while let Ok(Some(header)) = headers.next() {
            budget.steps(1)?;
            match index.add(dwarf, header, budget) {
                Err(Unknown::Over) => return Err(Unknown::Over),
                Ok(()) | Err(Unknown::Malformed) => {}
            }
        }
        index.ranges.sort_unstable();
        index.ranges.shrink_to_fit();
        Ok(index)
    }

    fn add<'a>(&mut self, dwarf: &Dwarf<'a>, header: UnitHeader<Bytes<'a>>, budget: &mut Budget) -> Known<()> {
        let offset = header.debug_info_offset().and_then(|offset| u32::try_from(offset.0).ok());
        let offset = offset.ok_or(Unknown::Malformed)?;
        budget.bytes(2 * size_of::<u32>())?;
        self.units.push(offset);
        if !matches!(header.type_(), UnitType::Compilation | UnitType::Skeleton(_)) {
            return Ok(());
        }
        let unit = Unit::open(dwarf, header, true, budget)?;
        let ranges = &mut self.ranges;
        let found = unit.extent.each(dwarf, &unit.inner, budget, |begin, end, budget| {
            budget.bytes(size_of::<Range>())?;
            ranges.push(Range { begin, end, of: offset });
            Ok(())
        })?;
        if !found {
            self.anywhere.push(offset);
        }
        Ok(())
    }

    /// The units that may know an address, the likeliest first.
    pub(super) fn units_at(&self, address: u32) -> Vec<u32> {
        let mut units: Vec<u32> = containing(&self.ranges, address).collect();
        units.dedup();
        units.extend(self.anywhere.iter().take(OVERLAPS_MAX));
        units
    }

    /// The unit that an entry is in, and where in it.
    pub(super) fn unit_of(&self, entry: DebugInfoOffset) -> Option<(u32, UnitOffset)> {
        let behind = self.units.partition_point(|unit| *unit as usize <= entry.0);
        let unit = *self.units.get(behind.checked_sub(1)?)?;
        Some((unit, UnitOffset(entry.0 - unit as usize)))
    }
}
