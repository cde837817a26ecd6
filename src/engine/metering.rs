//! How metered code counts, as far as wasmtime's way of doing so has to be known.
//!
//! Code counts as it goes, and looks at the count where a function begins, at each turn of a loop and before an operation on many
//! bytes or elements. It writes the count down only where it leaves the function, and where the slice of fuel is spent that it was
//! given. So a trap in between loses what was counted since, and an operation that costs more than all the fuel there is ends for
//! want of fuel, though its bounds might have been the reason.

use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader, Parser, Payload};
use wasmtime::{OperatorCost, Trap};

/// An operation on as many units as fit costs no more than this without a look at the fuel before it, if that is known beforehand.
const UNCHECKED_COST_MAX: u64 = 128;

/// What operations cost: as wasmtime has it, but for the growth of a table.
///
/// A 64-bit table can be asked to grow by 2^63 elements, which is an answer of -1 and no trap. Added to a count that has just passed
/// what there was, that much wraps, and the guest had fuel for ever. How far tables grow in all is limited, and with it what it costs.
pub(super) fn costs() -> OperatorCost {
    let mut costs = OperatorCost::new();
    costs.variable.table_grow_per_element = 0;
    costs
}

/// What the function at this offset of a valid module can count at most without looking at its fuel. Without a jump back nothing in it
/// runs twice.
pub fn cost_of_function_at(module: &[u8], offset: usize) -> u64 {
    // Of the prefixes 0xFB and 0xFC are all operations whose cost is not 1.
    const BULK_PREFIXES: [u8; 2] = [0xfb, 0xfc];
    let Some(body) = body_at(module, offset) else { return 0 };
    let bytes = &module[body.range()];
    let bulk = bytes.iter().filter(|byte| BULK_PREFIXES.contains(byte)).count() as u64;
    bytes.len() as u64 + bulk * UNCHECKED_COST_MAX
}

fn body_at(module: &[u8], offset: usize) -> Option<FunctionBody<'_>> {
    Parser::new(0).parse_all(module).map_while(Result::ok).find_map(|payload| match payload {
        Payload::CodeSectionEntry(body) if body.range().contains(&offset) => Some(body),
        _ => None,
    })
}

/// What an operation on many bytes or elements works on, and so how many there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What memories hold, or the heap of garbage-collected objects.
    Bytes,
    /// The elements of tables.
    Elements,
    /// What the heap may ever hold.
    NewBytes,
    /// A segment of the module, which is no longer than that.
    Segment,
}

/// The operation at this offset of a valid module: what it works on, and the trap that it ends in where that is too small.
pub fn bulk_operation_at(module: &[u8], offset: usize) -> Option<(Extent, Trap)> {
    let reader = BinaryReader::new(module.get(offset..)?, offset);
    match OperatorsReader::new(reader).read().ok()? {
        Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } | Operator::MemoryInit { .. } => {
            Some((Extent::Bytes, Trap::MemoryOutOfBounds))
        }
        Operator::TableFill { .. } | Operator::TableCopy { .. } | Operator::TableInit { .. } => {
            Some((Extent::Elements, Trap::TableOutOfBounds))
        }
        Operator::ArrayFill { .. }
        | Operator::ArrayCopy { .. }
        | Operator::ArrayInitData { .. }
        | Operator::ArrayInitElem { .. } => Some((Extent::Bytes, Trap::ArrayOutOfBounds)),
        Operator::ArrayNew { .. } | Operator::ArrayNewDefault { .. } => {
            Some((Extent::NewBytes, Trap::AllocationTooLarge))
        }
        Operator::ArrayNewData { .. } => Some((Extent::Segment, Trap::MemoryOutOfBounds)),
        Operator::ArrayNewElem { .. } => Some((Extent::Segment, Trap::TableOutOfBounds)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module of one function, and where its first instruction is.
    fn module(body: &str) -> (Vec<u8>, usize) {
        let text = format!("(module (memory 1) (table 1 funcref) (data \"x\") (elem func) (func {body}))");
        let bytes = wat::parse_str(text).unwrap();
        let body = |payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
            _ => None,
        };
        let start = Parser::new(0).parse_all(&bytes).find_map(body).unwrap().original_position();
        (bytes, start)
    }

    #[test]
    fn a_function_counts_no_more_than_its_length_and_what_is_not_looked_at() {
        let (bytes, start) = module("nop nop nop");
        // The locals, and the end.
        assert_eq!(cost_of_function_at(&bytes, start), 5);
        let (bytes, start) = module("(memory.fill (i32.const 0) (i32.const 0) (i32.const 100))");
        assert!(cost_of_function_at(&bytes, start + 3) >= 128 + 6);
        assert_eq!((cost_of_function_at(&bytes, 0), cost_of_function_at(b"nothing", 3)), (0, 0));
    }

    #[test]
    fn operations_on_many_are_known_by_where_they_stand() {
        for (body, found) in [
            ("unreachable memory.fill", None),
            ("unreachable memory.copy", None),
            ("nop", None),
            ("(memory.fill (unreachable) (unreachable) (unreachable))", None),
        ] {
            let (bytes, start) = module(body);
            assert_eq!(bulk_operation_at(&bytes, start), found, "{body}");
        }
        for (operation, trap) in [
            ("memory.fill", Trap::MemoryOutOfBounds),
            ("memory.copy", Trap::MemoryOutOfBounds),
            ("memory.init 0", Trap::MemoryOutOfBounds),
            ("table.init 0 0", Trap::TableOutOfBounds),
            ("table.copy", Trap::TableOutOfBounds),
        ] {
            let (bytes, start) = module(&format!("unreachable {operation}"));
            assert_eq!(bulk_operation_at(&bytes, start + 1).map(|(_, trap)| trap), Some(trap), "{operation}");
        }
        assert_eq!(bulk_operation_at(b"", 0), None);
    }
}
