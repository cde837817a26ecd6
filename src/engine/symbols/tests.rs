//! What honest debug sections say, and that hostile ones cost no more than the budget.

use super::*;
use crate::limits::{LINE_HEADER_BYTES_MAX, STACK_LINES_MAX, SYMBOL_TEXT_BYTES_MAX};
use gimli::constants::*;
use gimli::{DwAt, DwForm, DwTag};

/// The steps of a module here: fewer than there are in earnest, so that the tests take little time.
const STEPS: u64 = 2_000_000;
/// Where the code of the modules here begins.
const CODE: usize = 10;

/// A module of empty code and these custom sections. That it is not valid otherwise plays no part.
fn module(sections: &[(&str, &[u8])]) -> Bytes {
    let mut bytes = b"\0asm\x01\0\0\0\x0a\x01\0".to_vec();
    for (name, content) in sections {
        bytes.push(0);
        let mut section = vec![name.len() as u8];
        section.extend_from_slice(name.as_bytes());
        section.extend_from_slice(content);
        bytes.extend(uleb(section.len()));
        bytes.extend(section);
    }
    bytes.into()
}

fn uleb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

type Shape<'a> = (DwTag, bool, &'a [(DwAt, DwForm)]);

/// Abbreviations of the codes 1, 2, and so on.
fn abbreviations(shapes: &[Shape<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (index, (tag, children, attributes)) in shapes.iter().enumerate() {
        bytes.extend([uleb(index + 1), uleb(tag.0.into()), vec![u8::from(*children)]].concat());
        for (name, form) in *attributes {
            bytes.extend([uleb(name.0.into()), uleb(form.0.into())].concat());
        }
        bytes.extend([0, 0]);
    }
    bytes.push(0);
    bytes
}

/// A unit of version 4 with these entries.
fn unit(entries: &[u8]) -> Vec<u8> {
    let head = [&4u16.to_le_bytes()[..], &0u32.to_le_bytes(), &[4]].concat();
    [&((head.len() + entries.len()) as u32).to_le_bytes()[..], &head, entries].concat()
}

/// A line program of version 4 with these files, each in the folder "/src".
fn line_program(files: &[&str], instructions: &[u8]) -> Vec<u8> {
    let mut header = vec![1, 1, 1, (-5i8) as u8, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1];
    header.extend(b"/src\0\0");
    for file in files {
        header.extend([file.as_bytes(), &[0, 1, 0, 0]].concat());
    }
    header.push(0);
    let length = 2 + 4 + header.len() + instructions.len();
    let lead = [&(length as u32).to_le_bytes()[..], &4u16.to_le_bytes(), &(header.len() as u32).to_le_bytes()].concat();
    [lead, header, instructions.to_vec()].concat()
}

/// Rows at these addresses, and where they end.
fn rows(rows: &[(u32, i64, u8)], end: u32) -> Vec<u8> {
    let set_address = |address: u32| [&[0, 5, DW_LNE_set_address.0][..], &address.to_le_bytes()].concat();
    let (mut bytes, mut line) = (Vec::new(), 1);
    for (address, at, column) in rows {
        bytes.extend(set_address(*address));
        bytes.push(DW_LNS_advance_line.0);
        // A signed number in two bytes.
        let step = at - line;
        bytes.extend([step as u8 | 0x80, (step >> 7) as u8 & 0x7f]);
        bytes.extend([DW_LNS_set_column.0, *column, DW_LNS_copy.0]);
        line = *at;
    }
    bytes.extend(set_address(end));
    bytes.extend([0, 1, DW_LNE_end_sequence.0]);
    bytes
}

const UNIT: Shape<'static> = (
    DW_TAG_compile_unit,
    true,
    &[(DW_AT_stmt_list, DW_FORM_sec_offset), (DW_AT_low_pc, DW_FORM_addr), (DW_AT_high_pc, DW_FORM_data4)],
);
const FUNCTION: Shape<'static> = (
    DW_TAG_subprogram,
    true,
    &[(DW_AT_name, DW_FORM_string), (DW_AT_low_pc, DW_FORM_addr), (DW_AT_high_pc, DW_FORM_data4)],
);
const ABSTRACT: Shape<'static> = (DW_TAG_subprogram, false, &[(DW_AT_name, DW_FORM_string)]);
const INLINED: Shape<'static> = (
    DW_TAG_inlined_subroutine,
    true,
    &[
        (DW_AT_abstract_origin, DW_FORM_ref4),
        (DW_AT_low_pc, DW_FORM_addr),
        (DW_AT_high_pc, DW_FORM_data4),
        (DW_AT_call_file, DW_FORM_data1),
        (DW_AT_call_line, DW_FORM_data1),
    ],
);

fn unit_entry(low: u32, size: u32) -> Vec<u8> {
    [&[1][..], &0u32.to_le_bytes(), &low.to_le_bytes(), &size.to_le_bytes()].concat()
}

fn function_entry(name: &str, low: u32, size: u32) -> Vec<u8> {
    [&[2][..], name.as_bytes(), &[0], &low.to_le_bytes(), &size.to_le_bytes()].concat()
}

fn inlined_entry(origin: u32, low: u32, size: u32, line: u8) -> Vec<u8> {
    [&[4][..], &origin.to_le_bytes(), &low.to_le_bytes(), &size.to_le_bytes(), &[1, line]].concat()
}

/// Looks up addresses as the thread does, within the budget of one module.
struct Reader {
    bytes: Bytes,
    table: Table,
}

impl Reader {
    fn new(sections: &[(&str, &[u8])]) -> Reader {
        let bytes = module(sections);
        let mut budget = Budget::new(STEPS, || {});
        let sections = Sections::find(&bytes, &mut budget).unwrap().unwrap();
        Reader { bytes, table: Table::new(sections, budget) }
    }

    fn places(&mut self, address: usize) -> Known<Vec<SourceLocation>> {
        self.table.look(&self.bytes)?.places(CODE + address)
    }

    fn lines(&mut self, address: usize) -> Vec<String> {
        let show = |place: &SourceLocation| {
            let (function, file) = (place.function.as_deref().unwrap_or("?"), place.file.as_deref().unwrap_or("?"));
            format!("{function} {file}:{}:{}", place.line.unwrap_or(0), place.column.unwrap_or(0))
        };
        self.places(address).unwrap().iter().map(show).collect()
    }
}

/// One unit: `outer` from 0 to 100, into which `inner` was inlined from 10 to 20, and into that `inmost` from 12 to 14.
fn honest() -> [(&'static str, Vec<u8>); 3] {
    let mut entries = unit_entry(0, 100);
    let origin = |entries: &Vec<u8>| (11 + entries.len()) as u32;
    let inner = origin(&entries);
    entries.extend(b"\x03inner\0");
    let inmost = origin(&entries);
    entries.extend(b"\x03inmost\0");
    entries.extend(function_entry("outer", 0, 100));
    entries.extend(inlined_entry(inner, 10, 10, 7));
    entries.extend(inlined_entry(inmost, 12, 2, 8));
    entries.extend([0, 0]);
    // A second time, where nothing is inlined into it.
    entries.extend(inlined_entry(inner, 30, 10, 9));
    entries.extend([0, 0, 0]);
    let program = rows(&[(0, 5, 1), (12, 33, 3), (14, 22, 2), (20, 6, 4), (30, 22, 2), (40, 0, 0)], 100);
    [
        (".debug_info", unit(&entries)),
        (".debug_abbrev", abbreviations(&[UNIT, FUNCTION, ABSTRACT, INLINED])),
        (".debug_line", line_program(&["a.c"], &program)),
    ]
}

fn borrowed<'a>(sections: &'a [(&'static str, Vec<u8>)]) -> Vec<(&'static str, &'a [u8])> {
    sections.iter().map(|(name, content)| (*name, &content[..])).collect()
}

#[test]
fn an_address_has_a_line_and_what_it_was_inlined_into() {
    let sections = honest();
    let mut reader = Reader::new(&borrowed(&sections));
    assert_eq!(reader.lines(0), ["outer /src/a.c:5:1"]);
    assert_eq!(reader.lines(13), ["inmost /src/a.c:33:3", "inner /src/a.c:8:0", "outer /src/a.c:7:0"]);
    assert_eq!(reader.lines(19), ["inner /src/a.c:22:2", "outer /src/a.c:7:0"]);
    assert_eq!(reader.lines(25), ["outer /src/a.c:6:4"]);
    assert_eq!(reader.lines(31), ["inner /src/a.c:22:2", "outer /src/a.c:9:0"]);
    assert_eq!(reader.lines(99), ["outer /src/a.c:0:0"], "a row of no line");
    assert!(reader.lines(100).is_empty());
    let left = reader.table.budget.left();
    reader.lines(13);
    assert!(left.0 - reader.table.budget.left().0 < 100, "a unit is read once");
}

#[tokio::test]
async fn whoever_asks_waits_for_what_is_known_soon() {
    let sections = honest();
    let symbols = Arc::new(Symbols::new(module(&borrowed(&sections)), true));
    let both = symbols.places(vec![CODE + 13, CODE + 25]).await;
    assert_eq!((both[&(CODE + 13)].len(), both[&(CODE + 25)].len()), (3, 1));
    let mut asked = tokio::task::JoinSet::new();
    for address in 0..200 {
        let symbols = symbols.clone();
        asked.spawn(async move { (address, symbols.places(vec![CODE + address]).await) });
    }
    for (address, places) in asked.join_all().await {
        assert_eq!(places[&(CODE + address)].is_empty(), address >= 100, "{address}");
    }
    let plain = Symbols::new(module(&[]), true);
    assert!(plain.places(vec![CODE]).await.is_empty() && plain.0.closed.load(Ordering::Relaxed));
}

/// Looks up two stacks: the steps that were made. What is not counted would not end here either.
fn cost(sections: &[(&'static str, Vec<u8>)]) -> u64 {
    let mut reader = Reader::new(&borrowed(sections));
    for _ in 0..2 {
        for address in 0..STACK_LINES_MAX {
            if let Ok(places) = reader.places(address) {
                assert!(places.len() <= STACK_LINES_MAX + 1);
                let longest = places.iter().flat_map(|place| [&place.function, &place.file]).flatten().map(String::len);
                assert!(longest.max().unwrap_or(0) <= 4 * SYMBOL_TEXT_BYTES_MAX);
            }
        }
    }
    STEPS - reader.table.budget.left().0
}

/// Holds that the budget has ended it, and not the sections.
fn assert_spent(sections: &[(&'static str, Vec<u8>)]) {
    let steps = cost(sections);
    assert!(steps > STEPS / 100 * 99, "{steps}");
}

/// Units that all refer to the same things.
fn units(count: usize, entries: &[u8]) -> Vec<u8> {
    unit(entries).repeat(count)
}

#[test]
fn a_line_program_that_all_units_share_is_run_for_few_of_them() {
    let program = [rows(&[(500, 5, 1)], 1000), vec![DW_LNS_const_add_pc.0; 60_000]].concat();
    let sections = |shape: Shape<'_>, entry: Vec<u8>| {
        let (info, abbrev) = (units(2000, &[entry, vec![0]].concat()), abbreviations(&[shape]));
        let line = line_program(&["a.c"], &program);
        [(".debug_info", info), (".debug_abbrev", abbrev), (".debug_line", line)]
    };
    // All of them are about the same addresses...
    let steps = cost(&sections(UNIT, unit_entry(0, 1000)));
    assert!(steps < STEPS, "{steps}");
    // ...or do not say which.
    let nowhere = (DW_TAG_compile_unit, true, &[(DW_AT_stmt_list, DW_FORM_sec_offset)][..]);
    let steps = cost(&sections(nowhere, [&[1][..], &0u32.to_le_bytes()].concat()));
    assert!(steps < STEPS, "{steps}");
}

#[test]
fn ranges_that_all_units_or_functions_share_end_with_the_budget() {
    let ranges = [1u32.to_le_bytes(), 2u32.to_le_bytes()].concat().repeat(8000);
    let with_ranges = &[(DW_AT_ranges, DW_FORM_sec_offset)][..];
    let abbrev = abbreviations(&[(DW_TAG_compile_unit, true, with_ranges), (DW_TAG_subprogram, false, with_ranges)]);
    let entry = |code: u8| [&[code][..], &0u32.to_le_bytes()].concat();
    let info = units(10_000, &[entry(1), vec![0]].concat());
    let sections = [(".debug_info", info), (".debug_abbrev", abbrev.clone()), (".debug_ranges", ranges.clone())];
    let mut reader = Reader::new(&borrowed(&sections));
    assert_eq!(reader.places(0), Err(Unknown::Over));
    assert!(reader.table.budget.left().1 < 100, "bytes are what there was too little of");
    // Ranges that lead nowhere: no range comes of them, but all are read.
    let empty = [5u32.to_le_bytes(), 5u32.to_le_bytes()].concat().repeat(8000);
    let info = units(1, &[entry(1), entry(2).repeat(20_000), vec![0]].concat());
    assert_spent(&[(".debug_info", info), (".debug_abbrev", abbrev), (".debug_ranges", empty)]);
}

#[test]
fn inlined_functions_without_end_come_to_as_many_lines_as_a_stack_may_have() {
    let mut entries = unit_entry(0, 1000);
    entries.extend(function_entry("outer", 0, 1000));
    entries.extend(inlined_entry(11, 0, 1000, 1).repeat(100_000));
    let abbrev = abbreviations(&[UNIT, FUNCTION, ABSTRACT, INLINED]);
    let mut reader = Reader::new(&[(".debug_info", &unit(&entries)), (".debug_abbrev", &abbrev)]);
    assert_eq!(reader.places(5).unwrap().len(), STACK_LINES_MAX + 1);
    // Side by side, none about the address.
    let beside = [inlined_entry(11, 2000, 1, 1), vec![0]].concat().repeat(100_000);
    let entries = [unit_entry(0, 1000), function_entry("outer", 0, 1000), beside].concat();
    assert_spent(&[(".debug_info", unit(&entries)), (".debug_abbrev", abbrev)]);
}

#[test]
fn abbreviations_that_make_much_of_few_bytes_are_paid_for() {
    // 30,000 attributes in each entry of one byte.
    let flags = vec![(DW_AT_external, DW_FORM_flag_present); 30_000];
    let abbrev = abbreviations(&[(DW_TAG_compile_unit, true, &[]), (DW_TAG_variable, false, &flags)]);
    let info = unit(&[vec![1], vec![2; 100_000], vec![0]].concat());
    assert_spent(&[(".debug_info", info), (".debug_abbrev", abbrev)]);
    // A table that is longer than any compiler's, shared by all units, with the one that is wanted at its end.
    let long = abbreviations(&[(DW_TAG_variable, false, &[][..]); 12_000]);
    let info = units(5000, &[uleb(11_999), vec![0]].concat());
    assert_spent(&[(".debug_info", info), (".debug_abbrev", long)]);
    let longer = abbreviations(&vec![(DW_TAG_variable, false, &[][..]); 100_000]);
    let steps = cost(&[(".debug_info", unit(&[1, 0])), (".debug_abbrev", longer)]);
    assert!(steps < 200_000, "{steps}");
}

#[test]
fn files_folders_and_names_are_bounded() {
    let honest = honest();
    let [info, abbrev] = [honest[0].1.clone(), honest[1].1.clone()];
    // More files than any program has.
    let many = line_program(&vec!["a"; LINE_HEADER_BYTES_MAX / 5], &rows(&[(0, 5, 1)], 100));
    let sections = [(".debug_info", info), (".debug_abbrev", abbrev.clone()), (".debug_line", many)];
    assert_eq!(Reader::new(&borrowed(&sections)).lines(0), ["outer ?:0:0"]);
    // A name that never ends, in a file whose name never ends.
    let name = "x".repeat(LINE_HEADER_BYTES_MAX);
    let entries = [unit_entry(0, 100), function_entry(&name, 0, 100), vec![0, 0]].concat();
    let line = line_program(&[&name[..LINE_HEADER_BYTES_MAX - 100]], &rows(&[(0, 5, 1)], 100));
    let sections = [(".debug_info", unit(&entries)), (".debug_abbrev", abbrev.clone()), (".debug_line", line)];
    let place = &Reader::new(&borrowed(&sections)).places(0).unwrap()[0];
    assert_eq!(place.function.as_ref().map(String::len), Some(SYMBOL_TEXT_BYTES_MAX));
    assert_eq!(place.file.as_ref().map(String::len), Some(SYMBOL_TEXT_BYTES_MAX + "/src/".len()));
    // One that refers to itself.
    let looped = (DW_TAG_subprogram, true, &[(DW_AT_abstract_origin, DW_FORM_ref4)][..]);
    let mut entries = unit_entry(0, 100);
    let own = (11 + entries.len()) as u32;
    entries.extend([&[3][..], &own.to_le_bytes(), &[0]].concat());
    entries.extend(function_entry("outer", 0, 100));
    entries.extend([inlined_entry(own, 0, 100, 1), vec![0, 0, 0]].concat());
    let abbrev = abbreviations(&[UNIT, FUNCTION, looped, INLINED]);
    let mut reader = Reader::new(&[(".debug_info", &unit(&entries)), (".debug_abbrev", &abbrev)]);
    assert_eq!(reader.lines(0), ["? ?:0:0", "outer ?:1:0"]);
}

#[tokio::test]
async fn a_module_whose_budget_is_spent_has_names_without_lines_and_costs_nothing_any_more() {
    let flags = vec![(DW_AT_external, DW_FORM_flag_present); 30_000];
    let abbrev = abbreviations(&[(DW_TAG_compile_unit, true, &[]), (DW_TAG_variable, false, &flags)]);
    let info = unit(&[vec![1], vec![2; 100_000], vec![0]].concat());
    let symbols = Symbols::new(module(&[(".debug_info", &info), (".debug_abbrev", &abbrev)]), true);
    let places = symbols.places(vec![CODE]).await;
    assert!(places.values().all(|places| places.is_empty()));
    for offset in 0..10_000 {
        assert!(symbols.places(vec![CODE + offset]).await.values().all(|places| places.is_empty()));
    }
}

/// Bytes of honest sections changed at random come to something or to nothing, and never to a panic.
#[test]
fn sections_that_make_no_sense_are_only_not_known() {
    let honest = honest();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    for _ in 0..3000 {
        let mut sections = honest.clone();
        for _ in 0..1 + next(4) {
            let content = &mut sections[next(3)].1;
            let at = next(content.len());
            match next(3) {
                0 => content[at] = [0, 1, 0x7f, 0x80, 0xff, 0xfe][next(6)],
                1 => content[at] ^= 1 << next(8),
                _ => content.truncate(at.max(1)),
            }
        }
        let mut reader = Reader::new(&borrowed(&sections));
        for address in [0, 13, 19, 31, 99, 5000, 0xffff_ffff] {
            assert_ne!(reader.places(address).map(|_| ()), Err(Unknown::Over));
        }
    }
}
