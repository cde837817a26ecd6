//! Units and their entries: opened, and read attribute by attribute, each paid for.

use super::budget::{Budget, Known, STEP_BYTES, Unknown};
use super::sections::{Bytes, Dwarf};
use crate::limits::{ABBREVIATION_BYTES_MAX, SYMBOL_TEXT_BYTES_MAX};
use gimli::{
    Abbreviation, Abbreviations, DebugAbbrev, DebugAbbrevOffset, DebugLineOffset, DwAt, EntriesRaw, LittleEndian,
    Reader, Section, UnitHeader,
};
use std::sync::Arc;

/// The value of an attribute.
pub(super) type Value<'a> = gimli::AttributeValue<Bytes<'a>>;

/// A unit that can be read.
pub(super) struct Unit<'a> {
    pub(super) inner: gimli::Unit<Bytes<'a>>,
    pub(super) extent: Extent<'a>,
    pub(super) line_program: Option<DebugLineOffset>,
    pub(super) comp_dir: Option<Value<'a>>,
}

/// Which addresses an entry is about, as it says it.
#[derive(Default)]
pub(super) struct Extent<'a> {
    low: Option<Value<'a>>,
    high: Option<Value<'a>>,
    ranges: Option<Value<'a>>,
}

impl<'a> Unit<'a> {
    /// Opens the unit, with only the abbreviation of its first entry if that is the only one to be read.
    pub(super) fn open(
        dwarf: &Dwarf<'a>,
        header: UnitHeader<Bytes<'a>>,
        only_first: bool,
        budget: &mut Budget,
    ) -> Known<Unit<'a>> {
        let first = header.range_from(header.root_offset()..)?.read_uleb128()?;
        let section = dwarf.debug_abbrev.reader();
        let wanted = only_first.then_some(first);
        let abbreviations = abbreviations(section.slice(), header.debug_abbrev_offset(), wanted, budget)?;
        let mut root = Vec::new();
        let mut entries = header.entries_raw(&abbreviations, None)?;
        let abbreviation = entries.read_abbreviation()?.ok_or(Unknown::Malformed)?;
        attributes(&mut entries, abbreviation, budget, |name, value| root.push((name, value)))?;
        Ok(Unit::from_root(dwarf, header, abbreviations, &root)?)
    }

    fn from_root(
        dwarf: &Dwarf<'a>,
        header: UnitHeader<Bytes<'a>>,
        abbreviations: Abbreviations,
        root: &[(DwAt, Value<'a>)],
    ) -> gimli::Result<Unit<'a>> {
        let encoding = header.encoding();
        let mut inner = gimli::Unit {
            header,
            abbreviations: Arc::new(abbreviations),
            name: None,
            comp_dir: None,
            low_pc: 0,
            str_offsets_base: gimli::DebugStrOffsetsBase::default_for_encoding_and_file(encoding, dwarf.file_type),
            addr_base: gimli::DebugAddrBase(0),
            loclists_base: gimli::DebugLocListsBase(0),
            rnglists_base: gimli::DebugRngListsBase::default_for_encoding_and_file(encoding, dwarf.file_type),
            // Its header is read with its rows, and not before.
            line_program: None,
            dwo_id: None,
        };
        let (mut extent, mut line_program, mut comp_dir) = (Extent::default(), None, None);
        for (name, value) in root {
            extent.take(*name, value);
            match (*name, value) {
                (gimli::DW_AT_comp_dir, _) => comp_dir = Some(*value),
                (gimli::DW_AT_stmt_list, Value::DebugLineRef(offset)) => line_program = Some(*offset),
                (_, Value::DebugStrOffsetsBase(base)) => inner.str_offsets_base = *base,
                (_, Value::DebugAddrBase(base)) => inner.addr_base = *base,
                (_, Value::DebugRngListsBase(base)) => inner.rnglists_base = *base,
                _ => {}
            }
        }
        if let Some(low) = &extent.low {
            inner.low_pc = address(dwarf, &inner, low)?.unwrap_or(0);
        }
        Ok(Unit { inner, extent, line_program, comp_dir })
    }
}

impl<'a> Extent<'a> {
    /// Notes an attribute that says something about addresses.
    pub(super) fn take(&mut self, name: DwAt, value: &Value<'a>) {
        match name {
            gimli::DW_AT_low_pc => self.low = Some(*value),
            gimli::DW_AT_high_pc => self.high = Some(*value),
            gimli::DW_AT_ranges => self.ranges = Some(*value),
            _ => {}
        }
    }

    /// Calls `each` with every range of addresses that is not empty. True if there was one.
    pub(super) fn each(
        &self,
        dwarf: &Dwarf<'a>,
        unit: &gimli::Unit<Bytes<'a>>,
        budget: &mut Budget,
        mut each: impl FnMut(u32, u32, &mut Budget) -> Known<()>,
    ) -> Known<bool> {
        let mut any = false;
        let mut add = |begin: u64, end: u64, budget: &mut Budget| match (u32::try_from(begin), u32::try_from(end)) {
            (Ok(begin), Ok(end)) if begin < end => {
                any = true;
                each(begin, end, budget)
            }
            _ => Ok(()),
        };
        if let Some(list) = self.ranges.filter(in_reach)
            && let Some(mut ranges) = dwarf.attr_ranges(unit, list)?
        {
            while let Some(raw) = ranges.next_raw()? {
                budget.steps(1)?;
                if let Some(range) = ranges.convert_raw(raw)? {
                    add(range.begin, range.end, budget)?;
                }
            }
        } else if let (Some(low), Some(high)) = (&self.low, &self.high) {
            let low = address(dwarf, unit, low)?.ok_or(Unknown::Malformed)?;
            let end = match high {
                Value::Udata(size) => low.saturating_add(*size),
                high => address(dwarf, unit, high)?.ok_or(Unknown::Malformed)?,
            };
            add(low, end, budget)?;
        }
        Ok(any)
    }
}

/// Reads the attributes of an entry whose abbreviation has just been read.
pub(super) fn attributes<'a>(
    entries: &mut EntriesRaw<'_, Bytes<'a>>,
    abbreviation: &Abbreviation,
    budget: &mut Budget,
    mut each: impl FnMut(DwAt, Value<'a>),
) -> Known<()> {
    // Some take no bytes.
    budget.steps(1 + abbreviation.attributes().len())?;
    let begin = entries.next_offset().0;
    for attribute in abbreviation.attributes() {
        let attribute = entries.read_attribute(*attribute)?;
        each(attribute.name(), attribute.value());
    }
    budget.steps((entries.next_offset().0 - begin) / STEP_BYTES)
}

/// Passes over the attributes of an entry whose abbreviation has just been read.
pub(super) fn pass_over(
    entries: &mut EntriesRaw<'_, Bytes<'_>>,
    abbreviation: &Abbreviation,
    budget: &mut Budget,
) -> Known<()> {
    budget.steps(1 + abbreviation.attributes().len())?;
    let begin = entries.next_offset().0;
    entries.skip_attributes(abbreviation.attributes())?;
    budget.steps((entries.next_offset().0 - begin) / STEP_BYTES)
}

/// The abbreviations that begin at an offset, or the one of a code. gimli reads all there are, and keeps some hundred bytes for
/// each; so it only gets to see what has been counted.
fn abbreviations(
    section: &[u8],
    offset: DebugAbbrevOffset,
    only: Option<u64>,
    budget: &mut Budget,
) -> Known<Abbreviations> {
    let all = section.get(offset.0..).ok_or(Unknown::Malformed)?;
    let all = &all[..all.len().min(ABBREVIATION_BYTES_MAX)];
    let parse = |bytes: &[u8]| DebugAbbrev::new(bytes, LittleEndian).abbreviations(DebugAbbrevOffset(0));
    let mut input = Bytes::new(all, LittleEndian);
    loop {
        let begin = all.len() - input.len();
        let code = input.read_uleb128()?;
        if code == 0 {
            return Ok(parse(&all[..all.len() - input.len()])?);
        }
        // The tag, and whether there are children.
        input.read_uleb128()?;
        input.read_u8()?;
        loop {
            budget.steps(1)?;
            let (name, form) = (input.read_uleb128()?, input.read_uleb128()?);
            if form == u64::from(gimli::DW_FORM_implicit_const.0) {
                input.read_sleb128()?;
            }
            if (name, form) == (0, 0) {
                break;
            }
        }
        if only == Some(code) {
            let mut one = all[begin..all.len() - input.len()].to_vec();
            one.push(0);
            return Ok(parse(&one)?);
        }
    }
}

/// An address, where the value is one.
fn address<'a>(dwarf: &Dwarf<'a>, unit: &gimli::Unit<Bytes<'a>>, value: &Value<'a>) -> gimli::Result<Option<u64>> {
    if in_reach(value) { dwarf.attr_address(unit, *value) } else { Ok(None) }
}

/// Is it no index into a table that lies beyond all that there can be? gimli multiplies without looking.
fn in_reach(value: &Value<'_>) -> bool {
    let index = match value {
        Value::DebugAddrIndex(index) => index.0,
        Value::DebugRngListsIndex(index) => index.0,
        Value::DebugStrOffsetsIndex(index) => index.0,
        _ => 0,
    };
    index <= u32::MAX as usize
}

/// The text that a value is or refers to, as much of it as anybody would read.
pub(super) fn text<'a>(dwarf: &Dwarf<'a>, unit: &gimli::Unit<Bytes<'a>>, value: &Value<'a>) -> Option<String> {
    let from = |section: &Bytes<'a>, offset: usize| section.slice().get(offset..);
    let bytes = match value {
        Value::String(text) => Some(text.slice()),
        Value::DebugStrRef(offset) => from(dwarf.debug_str.reader(), offset.0),
        Value::DebugLineStrRef(offset) => from(dwarf.debug_line_str.reader(), offset.0),
        Value::DebugStrOffsetsIndex(index) if in_reach(value) => {
            let (format, base) = (unit.header.format(), unit.str_offsets_base);
            let offset = dwarf.debug_str_offsets.get_str_offset(format, base, *index).ok()?;
            from(dwarf.debug_str.reader(), offset.0)
        }
        _ => None,
    }?;
    let bytes = &bytes[..bytes.len().min(SYMBOL_TEXT_BYTES_MAX)];
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
}
