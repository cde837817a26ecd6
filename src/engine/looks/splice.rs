//! The module with looks in their places.

use super::bounds::PAGE_BYTES;
use super::layout::{Layout, Section, id};
use super::offsets::{Offsets, put};
use super::unread::{Parsed, Unread};
use wasmparser::BinaryReader;

/// A module that looks.
pub(crate) struct Rewritten {
    /// The module.
    pub(crate) bytes: Vec<u8>,
    /// Where what is in it comes from.
    pub(crate) offsets: Offsets,
}

/// Copies a module, with more in it.
struct Splice<'a> {
    original: &'a [u8],
    bytes: Vec<u8>,
    offsets: Offsets,
    /// Up to where the original is copied.
    copied: usize,
}

/// Puts a look before each of these places of each body, and the memory that is looked at behind the module's own.
pub(super) fn splice(original: &[u8], layout: &Layout<'_>, places: &[Vec<usize>]) -> Parsed<Rewritten> {
    let look = look(layout.memories);
    let looks: usize = places.iter().map(Vec::len).sum();
    let room = original.len() + looks * look.len() + 64;
    let mut splice = Splice { original, bytes: Vec::with_capacity(room), offsets: Offsets::default(), copied: 0 };
    let mut memory_is_there = false;
    for section in &layout.sections {
        let after_memories = !matches!(section.id, id::CUSTOM | id::TYPE | id::IMPORT | id::FUNCTION | id::TABLE);
        splice.copy_to(section.range.start);
        if section.id == id::MEMORY {
            splice.memories(section)?;
            memory_is_there = true;
            continue;
        }
        if after_memories && !memory_is_there {
            splice.first_memory();
            memory_is_there = true;
        }
        if section.id == id::CODE {
            splice.code(section, layout, places, &look)?;
        } else if section.is_idle {
            // What it says may be by offsets, and is asked of the original.
            splice.skip_to(section.range.end);
        }
    }
    splice.copy_to(original.len());
    if u32::try_from(splice.bytes.len()).is_err() {
        return Err(Unread("its code with looks in it has more bytes than a module may have".to_owned()));
    }
    Ok(Rewritten { bytes: splice.bytes, offsets: splice.offsets })
}

/// The instructions of a look: i32.const 0, i32.atomic.load8_u and drop.
fn look(memory: u32) -> Vec<u8> {
    let mut bytes = vec![0x41, 0x00, 0xfe, 0x12];
    if memory == 0 {
        bytes.push(0x00);
    } else {
        // The alignment says that a memory is named.
        bytes.push(0x40);
        put(&mut bytes, memory);
    }
    bytes.extend([0x00, 0x1a]);
    bytes
}

/// The type of the memory: from so many to so many pages, of 2^0 bytes.
fn memory_type() -> Vec<u8> {
    let mut bytes = vec![0x09];
    put(&mut bytes, PAGE_BYTES as u32);
    put(&mut bytes, PAGE_BYTES as u32);
    bytes.push(0);
    bytes
}

/// The bytes of a number.
fn number(value: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5);
    put(&mut bytes, u32::try_from(value).unwrap_or(u32::MAX));
    bytes
}

impl Splice<'_> {
    fn copy_to(&mut self, end: usize) {
        if end > self.copied {
            self.offsets.copied_from(self.bytes.len(), self.copied);
            self.bytes.extend_from_slice(&self.original[self.copied..end]);
            self.copied = end;
        }
    }

    fn skip_to(&mut self, end: usize) {
        self.copied = end;
    }

    fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A section of memories where there was none.
    fn first_memory(&mut self) {
        let ty = memory_type();
        self.add(&[id::MEMORY]);
        self.add(&number(1 + ty.len()));
        self.add(&[1]);
        self.add(&ty);
    }

    /// The section of memories, with one more.
    fn memories(&mut self, section: &Section) -> Parsed<()> {
        let (count, first) = self.number_at(section.contents.start)?;
        let (count, ty) = (number(count + 1), memory_type());
        self.add(&[id::MEMORY]);
        self.add(&number(count.len() + (section.range.end - first) + ty.len()));
        self.add(&count);
        self.skip_to(first);
        self.copy_to(section.range.end);
        self.add(&ty);
        Ok(())
    }

    /// The section of code, with looks.
    fn code(&mut self, section: &Section, layout: &Layout<'_>, places: &[Vec<usize>], look: &[u8]) -> Parsed<()> {
        let (_, first) = self.number_at(section.contents.start)?;
        let count = number(layout.bodies.len());
        let length = |number: usize| layout.bodies[number].range().len() + places[number].len() * look.len();
        let sizes: usize = (0..places.len()).map(|body| self::number(length(body)).len() + length(body)).sum();
        self.add(&[id::CODE]);
        self.add(&self::number(count.len() + sizes));
        self.add(&count);
        self.skip_to(first);
        for (body, places) in places.iter().enumerate() {
            let range = layout.bodies[body].range();
            self.add(&self::number(length(body)));
            self.skip_to(range.start);
            for place in places {
                self.copy_to(*place);
                self.add(look);
            }
            self.copy_to(range.end);
        }
        Ok(())
    }

    /// The number at this offset of the original, and where it ends.
    fn number_at(&self, offset: usize) -> Parsed<(usize, usize)> {
        let mut reader = BinaryReader::new(&self.original[offset..], offset);
        let number = reader.read_var_u32()? as usize;
        Ok((number, reader.original_position()))
    }
}
