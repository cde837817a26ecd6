//! Where a module has what is to be rewritten.

use super::unread::Parsed;
use std::ops::Range;
use wasmparser::{
    BinaryReader, CodeSectionReader, CustomSectionReader, FunctionBody, ImportSectionReader, MemorySectionReader,
    TypeRef,
};

/// Bytes of what stands before the sections.
const HEADER_BYTES: usize = 8;

/// The kinds of sections that matter here, by their number.
pub(super) mod id {
    pub const CUSTOM: u8 = 0;
    pub const TYPE: u8 = 1;
    pub const IMPORT: u8 = 2;
    pub const FUNCTION: u8 = 3;
    pub const TABLE: u8 = 4;
    pub const MEMORY: u8 = 5;
    pub const CODE: u8 = 10;
}

/// One section.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) id: u8,
    /// All of it.
    pub(super) range: Range<usize>,
    /// Without its number and its size.
    pub(super) contents: Range<usize>,
    /// Is it custom, and of no use to the compiler?
    pub(super) is_idle: bool,
}

/// What is known of a module.
pub(super) struct Layout<'a> {
    pub(super) sections: Vec<Section>,
    /// How many functions it imports.
    pub(super) imported: u32,
    /// How many memories it has, imported ones among them.
    pub(super) memories: u32,
    /// The bodies of its own functions.
    pub(super) bodies: Vec<FunctionBody<'a>>,
}

impl<'a> Layout<'a> {
    /// Reads it from a valid module.
    pub(super) fn of(bytes: &'a [u8]) -> Parsed<Self> {
        let mut layout = Layout { sections: Vec::new(), imported: 0, memories: 0, bodies: Vec::new() };
        let mut reader = BinaryReader::new(bytes, 0);
        reader.read_bytes(HEADER_BYTES)?;
        while !reader.eof() {
            let start = reader.original_position();
            let id = reader.read_u8()?;
            let size = reader.read_var_u32()? as usize;
            let at = reader.original_position();
            let contents = BinaryReader::new(reader.read_bytes(size)?, at);
            let is_idle = id == id::CUSTOM && CustomSectionReader::new(contents.clone())?.name() != "name";
            layout.sections.push(Section { id, range: start..at + size, contents: at..at + size, is_idle });
            layout.read(id, contents)?;
        }
        Ok(layout)
    }

    fn read(&mut self, id: u8, contents: BinaryReader<'a>) -> Parsed<()> {
        match id {
            id::IMPORT => {
                for import in ImportSectionReader::new(contents)?.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported += 1,
                        TypeRef::Memory(_) => self.memories += 1,
                        _ => {}
                    }
                }
            }
            id::MEMORY => self.memories += MemorySectionReader::new(contents)?.count(),
            id::CODE => {
                for body in CodeSectionReader::new(contents)? {
                    self.bodies.push(body?);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
