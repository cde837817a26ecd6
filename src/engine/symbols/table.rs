//! What is known of one module's addresses: read unit by unit as they are asked for, and kept.

use super::budget::{Budget, Known, Unknown};
use super::entries::{Unit, Value, text};
use super::functions::{Functions, inlined_at, name_at};
use super::index::Index;
use super::lines::{Files, Lines, Location};
use super::sections::{Dwarf, Sections};
use super::source_location::SourceLocation;
use gimli::{DebugInfoOffset, UnitOffset};
use std::collections::HashMap;
use std::rc::Rc;

/// How often an entry may refer to another one that names it. A linker chains two; a loop has no end.
const ORIGINS_MAX: usize = 16;
/// Units that are held open while one stack is looked up.
const OPEN_MAX: usize = 8;

/// The index of a module's units, and the tables of those that were needed.
pub(super) struct Table {
    sections: Sections,
    index: Option<Index>,
    units: HashMap<u32, UnitTable>,
    pub(super) budget: Budget,
}

#[derive(Default)]
struct UnitTable {
    lines: Lines,
    functions: Functions,
}

impl Table {
    pub(super) fn new(sections: Sections, budget: Budget) -> Self {
        Table { sections, index: None, units: HashMap::new(), budget }
    }

    /// Begins to look up the addresses of one stack in the module of these bytes.
    ///
    /// # Errors
    /// The budget is spent on the index alone.
    pub(super) fn look<'a>(&'a mut self, bytes: &'a [u8]) -> Known<Look<'a>> {
        let dwarf = self.sections.dwarf(bytes);
        let index = match &mut self.index {
            Some(index) => index,
            none => none.insert(Index::build(&dwarf, &mut self.budget)?),
        };
        let code = self.sections.code;
        Ok(Look { dwarf, code, index, units: &mut self.units, budget: &mut self.budget, open: Vec::new() })
    }
}

/// One stack being looked up.
pub(super) struct Look<'a> {
    dwarf: Dwarf<'a>,
    code: usize,
    index: &'a Index,
    units: &'a mut HashMap<u32, UnitTable>,
    budget: &'a mut Budget,
    open: Vec<(u32, Rc<Unit<'a>>)>,
}

impl<'a> Look<'a> {
    /// The places in the source of the instruction at this offset of the module, innermost first. None if nothing is known.
    ///
    /// # Errors
    /// The budget is spent.
    pub(super) fn places(&mut self, offset: usize) -> Known<Vec<SourceLocation>> {
        let Some(address) = offset.checked_sub(self.code).and_then(|address| u32::try_from(address).ok()) else {
            return Ok(Vec::new());
        };
        for unit in self.index.units_at(address) {
            match self.places_in(unit, address) {
                Ok(places) if places.is_empty() => {}
                Err(Unknown::Malformed) => {}
                known => return known,
            }
        }
        Ok(Vec::new())
    }

    fn places_in(&mut self, unit: u32, address: u32) -> Known<Vec<SourceLocation>> {
        self.read(unit)?;
        let table = &self.units[&unit];
        let (here, function) = (table.lines.at(address), table.functions.at(address));
        if here.is_none() && function.is_none() {
            return Ok(Vec::new());
        }
        let opened = self.open(unit)?;
        let files = known(Files::read(&self.dwarf, &opened, self.budget))?.unwrap_or_default();
        let inlined = match function {
            Some(function) => inlined_at(&self.dwarf, &opened, function, address, self.budget)?,
            None => Vec::new(),
        };
        let mut places = Vec::new();
        let mut location = here.unwrap_or_default();
        let path = |look: &Self, at: Location| at.file.and_then(|file| files.path(&look.dwarf, &opened, file));
        for inlined in inlined.iter().rev() {
            let function = self.name(unit, inlined.entry)?;
            places.push(SourceLocation {
                function,
                file: path(self, location),
                line: location.line,
                column: location.column,
            });
            location = inlined.call;
        }
        let function = function.map(|function| self.name(unit, function)).transpose()?.flatten();
        places.push(SourceLocation {
            function,
            file: path(self, location),
            line: location.line,
            column: location.column,
        });
        Ok(places)
    }

    /// Reads a unit's tables, the first time. What fails is not tried again.
    fn read(&mut self, unit: u32) -> Known<()> {
        if self.units.contains_key(&unit) {
            return Ok(());
        }
        self.budget.bytes(2 * size_of::<(u32, UnitTable)>())?;
        self.units.insert(unit, UnitTable::default());
        let Some(opened) = known(self.open(unit))? else { return Ok(()) };
        let (dwarf, budget) = (&self.dwarf, &mut *self.budget);
        let lines = budget.for_all_or_nothing(|budget| Lines::read(dwarf, &opened, budget));
        let functions = budget.for_all_or_nothing(|budget| Functions::read(dwarf, &opened, budget));
        let table = UnitTable { lines: lines.unwrap_or_default(), functions: functions.unwrap_or_default() };
        self.units.insert(unit, table);
        Ok(())
    }

    fn open(&mut self, unit: u32) -> Known<Rc<Unit<'a>>> {
        if let Some((_, opened)) = self.open.iter().find(|(other, _)| *other == unit) {
            return Ok(opened.clone());
        }
        let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(unit as usize))?;
        let opened = Rc::new(Unit::open(&self.dwarf, header, false, self.budget)?);
        if self.open.len() == OPEN_MAX {
            self.open.clear();
        }
        self.open.push((unit, opened.clone()));
        Ok(opened)
    }

    /// The name of the function that an entry is, or refers to; the linker's rather than the programmer's.
    fn name(&mut self, unit: u32, entry: UnitOffset) -> Known<Option<String>> {
        let (mut unit, mut entry) = (unit, entry);
        for _ in 0..ORIGINS_MAX {
            let Some(opened) = known(self.open(unit))? else { return Ok(None) };
            let Some(name) = known(name_at(&opened, entry, self.budget))? else { return Ok(None) };
            if let Some(value) = name.linkage.or(name.plain) {
                return Ok(text(&self.dwarf, &opened.inner, &value));
            }
            (unit, entry) = match name.origin {
                Some(Value::UnitRef(entry)) => (unit, entry),
                Some(Value::DebugInfoRef(entry)) => match self.index.unit_of(entry) {
                    Some(found) => found,
                    None => return Ok(None),
                },
                _ => return Ok(None),
            };
        }
        Ok(None)
    }
}

/// What is malformed is only not known; a budget that is spent ends everything.
fn known<T>(result: Known<T>) -> Known<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Unknown::Malformed) => Ok(None),
        Err(Unknown::Over) => Err(Unknown::Over),
    }
}
