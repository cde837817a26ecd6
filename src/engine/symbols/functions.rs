//! From addresses to functions: those of one unit, and what the compiler has put into them of others.

use super::budget::{Budget, Known, Unknown};
use super::entries::{Extent, Unit, Value, attributes, pass_over};
use super::index::{Range, containing};
use super::lines::Location;
use super::sections::Dwarf;
use crate::limits::STACK_LINES_MAX;
use gimli::UnitOffset;

/// The functions of a unit, by their addresses; `of` is where their entry begins.
#[derive(Default)]
pub(super) struct Functions(Vec<Range>);

impl Functions {
    pub(super) fn read<'a>(dwarf: &Dwarf<'a>, unit: &Unit<'a>, budget: &mut Budget) -> Known<Functions> {
        let mut functions = Vec::new();
        let mut entries = unit.inner.header.entries_raw(&unit.inner.abbreviations, None)?;
        while !entries.is_empty() {
            let entry = u32::try_from(entries.next_offset().0).map_err(|_| Unknown::Malformed)?;
            // The end of a list of children.
            let Some(abbreviation) = entries.read_abbreviation()? else {
                budget.steps(1)?;
                continue;
            };
            if abbreviation.tag() != gimli::DW_TAG_subprogram {
                pass_over(&mut entries, abbreviation, budget)?;
                continue;
            }
            let mut extent = Extent::default();
            attributes(&mut entries, abbreviation, budget, |name, value| extent.take(name, &value))?;
            extent.each(dwarf, &unit.inner, budget, |begin, end, budget| {
                budget.bytes(size_of::<Range>())?;
                functions.push(Range { begin, end, of: entry });
                Ok(())
            })?;
        }
        functions.sort_unstable();
        functions.shrink_to_fit();
        Ok(Functions(functions))
    }

    /// Where the entry of the function at this address begins.
    pub(super) fn at(&self, address: u32) -> Option<UnitOffset> {
        containing(&self.0, address).next().map(|entry| UnitOffset(entry as usize))
    }
}

/// A function that the compiler has put into another one.
pub(super) struct Inlined {
    /// Its entry, which refers to the function.
    pub(super) entry: UnitOffset,
    /// Where it is called.
    pub(super) call: Location,
}

/// What is inlined at an address of the function whose entry begins there, from the outside in.
pub(super) fn inlined_at<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    function: UnitOffset,
    address: u32,
    budget: &mut Budget,
) -> Known<Vec<Inlined>> {
    let mut found = Vec::new();
    let mut entries = unit.inner.header.entries_raw(&unit.inner.abbreviations, Some(function))?;
    let top = entries.next_depth();
    let abbreviation = entries.read_abbreviation()?.ok_or(Unknown::Malformed)?;
    pass_over(&mut entries, abbreviation, budget)?;
    // Children of what does not contain the address are of no interest: those deeper than this.
    let mut outside = None;
    while entries.next_depth() > top && !entries.is_empty() && found.len() < STACK_LINES_MAX {
        let (entry, depth) = (entries.next_offset(), entries.next_depth());
        let Some(abbreviation) = entries.read_abbreviation()? else {
            budget.steps(1)?;
            continue;
        };
        if outside.is_some_and(|outside| depth > outside) {
            pass_over(&mut entries, abbreviation, budget)?;
            continue;
        }
        outside = None;
        match abbreviation.tag() {
            gimli::DW_TAG_inlined_subroutine => {
                let mut inlined = Inlined { entry, call: Location::default() };
                let mut extent = Extent::default();
                attributes(&mut entries, abbreviation, budget, |name, value| {
                    extent.take(name, &value);
                    inlined.take(unit, name, &value);
                })?;
                let mut contains = false;
                extent.each(dwarf, &unit.inner, budget, |begin, end, _| {
                    contains |= (begin..end).contains(&address);
                    Ok(())
                })?;
                if contains { found.push(inlined) } else { outside = Some(depth) }
            }
            // One that is declared within has its own addresses.
            gimli::DW_TAG_subprogram => {
                pass_over(&mut entries, abbreviation, budget)?;
                outside = Some(depth);
            }
            _ => pass_over(&mut entries, abbreviation, budget)?,
        }
    }
    Ok(found)
}

impl Inlined {
    fn take(&mut self, unit: &Unit<'_>, name: gimli::DwAt, value: &Value<'_>) {
        let number = || value.udata_value().and_then(|number| u32::try_from(number).ok()).filter(|number| *number != 0);
        match (name, value) {
            // Before version 5 there is no file 0.
            (gimli::DW_AT_call_file, Value::FileIndex(file)) if *file > 0 || unit.inner.header.version() >= 5 => {
                self.call.file = Some(*file);
            }
            (gimli::DW_AT_call_line, _) => self.call.line = number(),
            (gimli::DW_AT_call_column, _) => self.call.column = number(),
            _ => {}
        }
    }
}

/// What an entry says of a function's name.
#[derive(Default)]
pub(super) struct Name<'a> {
    pub(super) linkage: Option<Value<'a>>,
    pub(super) plain: Option<Value<'a>>,
    /// Another entry that may say more.
    pub(super) origin: Option<Value<'a>>,
}

/// Reads what the entry says of a name.
pub(super) fn name_at<'a>(unit: &Unit<'a>, entry: UnitOffset, budget: &mut Budget) -> Known<Name<'a>> {
    let mut name = Name::default();
    let mut entries = unit.inner.header.entries_raw(&unit.inner.abbreviations, Some(entry))?;
    let abbreviation = entries.read_abbreviation()?.ok_or(Unknown::Malformed)?;
    attributes(&mut entries, abbreviation, budget, |attribute, value| match attribute {
        gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => name.linkage = Some(value),
        gimli::DW_AT_name => name.plain = Some(value),
        gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => name.origin = Some(value),
        _ => {}
    })?;
    Ok(name)
}
