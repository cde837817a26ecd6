//! From addresses to lines: the rows of one unit's line program.

use super::budget::{Budget, Known, Unknown};
use super::entries::{Unit, text};
use super::index::{Range, containing};
use super::sections::{Bytes, Dwarf};
use crate::limits::LINE_HEADER_BYTES_MAX;
use gimli::{ColumnType, IncompleteLineProgram, LineProgramHeader, Reader, Section};

/// Where code comes from. The file is a number in the table of its unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) file: Option<u64>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
}

/// The rows, in sequences of what is contiguous.
#[derive(Default)]
pub(super) struct Lines {
    /// `of` is the number of its rows' place in `parts`.
    sequences: Vec<Range>,
    parts: Vec<std::ops::Range<usize>>,
    rows: Vec<Row>,
}

struct Row {
    address: u32,
    file: u32,
    line: u32,
    column: u32,
}

impl Lines {
    /// Runs the unit's line program.
    pub(super) fn read<'a>(dwarf: &Dwarf<'a>, unit: &Unit<'a>, budget: &mut Budget) -> Known<Lines> {
        let Some(program) = program(dwarf, unit, budget)? else { return Ok(Lines::default()) };
        // No instruction is shorter than a byte.
        budget.steps(program.header().raw_program_buf().len())?;
        let mut lines = Lines::default();
        let mut rows = program.rows();
        let mut first = 0;
        // What was read before a broken instruction counts.
        while let Ok(Some((_, row))) = rows.next_row() {
            if row.end_sequence() {
                lines.end_sequence(first, clamped(row.address()), budget)?;
                first = lines.rows.len();
                continue;
            }
            let column = match row.column() {
                ColumnType::LeftEdge => 0,
                ColumnType::Column(column) => clamped(column.get()),
            };
            let (file, line) = (clamped(row.file_index()), row.line().map_or(0, |line| clamped(line.get())));
            let row = Row { address: clamped(row.address()), file, line, column };
            match lines.rows[first..].last_mut() {
                Some(last) if last.address == row.address => *last = row,
                _ => {
                    budget.bytes(size_of::<Row>())?;
                    lines.rows.push(row);
                }
            }
        }
        lines.sequences.sort_unstable();
        lines.rows.shrink_to_fit();
        Ok(lines)
    }

    fn end_sequence(&mut self, first: usize, end: u32, budget: &mut Budget) -> Known<()> {
        match self.rows.get(first).map(|row| row.address) {
            Some(begin) if begin < end => {
                budget.bytes(size_of::<Range>() + size_of::<std::ops::Range<usize>>())?;
                self.sequences.push(Range { begin, end, of: self.parts.len() as u32 });
                self.parts.push(first..self.rows.len());
            }
            _ => self.rows.truncate(first),
        }
        Ok(())
    }

    pub(super) fn at(&self, address: u32) -> Option<Location> {
        let part = containing(&self.sequences, address).next()?;
        let rows = self.rows.get(self.parts.get(part as usize)?.clone())?;
        let row = &rows[rows.partition_point(|row| row.address <= address).checked_sub(1)?];
        let line = (row.line != 0).then_some(row.line);
        Some(Location { file: Some(u64::from(row.file)), line, column: line.map(|_| row.column) })
    }
}

/// The unit's line program, with the tables of its header.
fn program<'a>(
    dwarf: &Dwarf<'a>,
    unit: &Unit<'a>,
    budget: &mut Budget,
) -> Known<Option<IncompleteLineProgram<Bytes<'a>>>> {
    let Some(offset) = unit.line_program else { return Ok(None) };
    // gimli keeps hundreds of bytes for each file, and a header can list them without end.
    let mut input = *dwarf.debug_line.reader();
    input.skip(offset.0)?;
    let (length, format) = input.read_initial_length()?;
    let mut input = input.split(length)?;
    // From version 5 on, sizes of addresses and segments come first.
    if input.read_u16()? >= 5 {
        input.skip(2)?;
    }
    let header = input.read_length(format)?;
    if header > LINE_HEADER_BYTES_MAX {
        return Err(Unknown::Malformed);
    }
    budget.steps(header)?;
    Ok(Some(dwarf.debug_line.program(offset, unit.inner.header.address_size(), None, None)?))
}

/// The paths of a unit's files.
#[derive(Default)]
pub(super) struct Files<'a>(Option<LineProgramHeader<Bytes<'a>>>);

impl<'a> Files<'a> {
    pub(super) fn read(dwarf: &Dwarf<'a>, unit: &Unit<'a>, budget: &mut Budget) -> Known<Files<'a>> {
        Ok(Files(program(dwarf, unit, budget)?.map(|program| program.header().clone())))
    }

    /// The path of the file of this number, made whole by the folders that it is relative to.
    pub(super) fn path(&self, dwarf: &Dwarf<'a>, unit: &Unit<'a>, file: u64) -> Option<String> {
        let header = self.0.as_ref()?;
        let file = header.file(file)?;
        let text = |value| text(dwarf, &unit.inner, &value);
        let mut path = unit.comp_dir.and_then(text).unwrap_or_default();
        // Folder 0 is the unit's own.
        if file.directory_index() != 0
            && let Some(folder) = file.directory(header).and_then(text)
        {
            go_to(&mut path, &folder);
        }
        go_to(&mut path, &text(file.path_name())?);
        Some(path)
    }
}

/// Follows `to` from a folder, as the system would that it was compiled on.
fn go_to(path: &mut String, to: &str) {
    let is_windows = |path: &str| path.starts_with('\\') || path.get(1..3) == Some(":\\");
    if to.starts_with('/') || to.get(1..3) == Some(":/") || is_windows(to) {
        path.clear();
    } else {
        let separator = if is_windows(path) { '\\' } else { '/' };
        if !path.is_empty() && !path.ends_with(separator) {
            path.push(separator);
        }
    }
    path.push_str(to);
}

fn clamped(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
