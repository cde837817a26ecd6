//! A core dump of code that looks, as one of the module that was given: without the memory that was added, and with the original's offsets.

use super::layout::{Layout, Section, id};
use super::offsets::put;
use super::unread::{Parsed, Unread};
use wasmparser::{BinaryReader, CustomSectionReader, MemorySectionReader};

/// Takes the page out of a dump, whose last memory it is. `offsets` are those of its frames within their functions.
///
/// # Errors
/// A sentence without its subject, for what is no such dump.
pub fn dump_without_looks(dump: &[u8], offsets: &[usize]) -> Result<Vec<u8>, String> {
    rewritten(dump, offsets).map_err(|Unread(why)| why)
}

fn rewritten(dump: &[u8], offsets: &[usize]) -> Parsed<Vec<u8>> {
    let layout = Layout::of(dump)?;
    let page = layout.memories.checked_sub(1).ok_or_else(|| Unread("it has no memory".to_owned()))?;
    let start = layout.sections.first().map_or(dump.len(), |section| section.range.start);
    let mut bytes = dump[..start].to_vec();
    for section in &layout.sections {
        match new_contents(dump, section, page, offsets)? {
            None => bytes.extend_from_slice(&dump[section.range.clone()]),
            Some(contents) => {
                bytes.push(section.id);
                put(&mut bytes, u32::try_from(contents.len()).unwrap_or(u32::MAX));
                bytes.extend(contents);
            }
        }
    }
    Ok(bytes)
}

/// What is to be in a section instead, if anything else.
fn new_contents(dump: &[u8], section: &Section, page: u32, offsets: &[usize]) -> Parsed<Option<Vec<u8>>> {
    let contents = BinaryReader::new(&dump[section.contents.clone()], section.contents.start);
    if section.id == id::MEMORY {
        return memories(dump, contents, page).map(Some);
    }
    if section.id != id::CUSTOM {
        return Ok(None);
    }
    let custom = CustomSectionReader::new(contents)?;
    let reader = BinaryReader::new(custom.data(), custom.data_offset());
    let data = match custom.name() {
        "coreinstances" => instances(reader, page)?,
        "corestack" => stack(reader, offsets)?,
        _ => return Ok(None),
    };
    let mut bytes = Vec::with_capacity(data.len() + 20);
    put_name(&mut bytes, custom.name());
    bytes.extend(data);
    Ok(Some(bytes))
}

fn memories(dump: &[u8], contents: BinaryReader<'_>, page: u32) -> Parsed<Vec<u8>> {
    let memories = MemorySectionReader::new(contents)?;
    let first = memories.original_position();
    let mut last = first;
    for memory in memories.into_iter_with_offsets() {
        last = memory?.0;
    }
    let mut bytes = Vec::new();
    put(&mut bytes, page);
    bytes.extend_from_slice(&dump[first..last]);
    Ok(bytes)
}

fn instances(mut reader: BinaryReader<'_>, page: u32) -> Parsed<Vec<u8>> {
    let mut bytes = Vec::new();
    let count = copied(&mut reader, &mut bytes)?;
    for _ in 0..count {
        bytes.push(reader.read_u8()?);
        copied(&mut reader, &mut bytes)?;
        let mut memories = Vec::new();
        for _ in 0..reader.read_var_u32()? {
            memories.push(reader.read_var_u32()?);
        }
        memories.retain(|memory| *memory != page);
        put(&mut bytes, u32::try_from(memories.len()).unwrap_or(u32::MAX));
        memories.into_iter().for_each(|memory| put(&mut bytes, memory));
        for _ in 0..copied(&mut reader, &mut bytes)? {
            copied(&mut reader, &mut bytes)?;
        }
    }
    Ok(bytes)
}

fn stack(mut reader: BinaryReader<'_>, offsets: &[usize]) -> Parsed<Vec<u8>> {
    let mut bytes = vec![reader.read_u8()?];
    put_name(&mut bytes, reader.read_string()?);
    let count = copied(&mut reader, &mut bytes)?;
    for frame in 0..count as usize {
        bytes.push(reader.read_u8()?);
        copied(&mut reader, &mut bytes)?;
        copied(&mut reader, &mut bytes)?;
        let offset = reader.read_var_u32()? as usize;
        put(&mut bytes, u32::try_from(*offsets.get(frame).unwrap_or(&offset)).unwrap_or(u32::MAX));
        // wasmtime knows neither its locals nor its operands.
        if copied(&mut reader, &mut bytes)? + copied(&mut reader, &mut bytes)? > 0 {
            return Err(Unread("its frames have values".to_owned()));
        }
    }
    Ok(bytes)
}

fn copied(reader: &mut BinaryReader<'_>, bytes: &mut Vec<u8>) -> Parsed<u32> {
    let number = reader.read_var_u32()?;
    put(bytes, number);
    Ok(number)
}

fn put_name(bytes: &mut Vec<u8>, name: &str) {
    put(bytes, u32::try_from(name.len()).unwrap_or(u32::MAX));
    bytes.extend_from_slice(name.as_bytes());
}
