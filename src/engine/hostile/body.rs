//! The bounds on one function's body.

use super::refused::{Checked, Refused};
use super::types::Types;
use crate::limits::*;
use wasmparser::{BlockType, FunctionBody, Operator};

/// Holds the body of the function with this index against the bounds. Returns how many values its instructions imply.
pub(super) fn check(body: &FunctionBody<'_>, index: usize, module: &Types) -> Checked<u64> {
    let at_most = |limit: u64, count: u64, what: &str| {
        if count <= limit {
            return Ok(());
        }
        Err(Refused::Over(format!("its function {index} has {count} {what}, more than the limit of {limit}")))
    };
    at_most(FUNCTION_BYTES_MAX as u64, body.range().len() as u64, "bytes")?;
    let mut locals = 0;
    for group in body.get_locals_reader()? {
        locals += u64::from(group?.0);
        at_most(u64::from(LOCALS_MAX), locals, "locals")?;
    }
    let params = module.functions.get(index).map_or(0, |ty| module.width(*ty).params);
    let locals = locals + u64::from(params);
    let mut walk = Walk::default();
    for operator in body.get_operators_reader()? {
        walk.step(&operator?, module);
        // At once, for what takes memory here.
        at_most(NESTING_MAX, walk.open.len() as u64, "blocks inside each other")?;
    }
    at_most(LOOPS_MAX, walk.loops, "loops")?;
    at_most(LOOP_NESTING_MAX, walk.deepest, "loops inside each other")?;
    at_most(LOOP_LOCALS_MAX, walk.loops * locals, "loops times locals")?;
    at_most(LOOP_LOCALS_MAX, walk.branches_back * locals, "branches back to loops times locals")?;
    at_most(NESTED_LOCALS_MAX, walk.deepest * locals, "loops inside each other times locals")?;
    at_most(BLOCK_LOCALS_MAX, walk.blocks * locals, "blocks times locals")?;
    at_most(INDIRECT_CALLS_MAX, walk.indirect_calls, "indirect calls")?;
    at_most(HANDLED_CALLS_MAX, walk.handled_calls, "exception handlers around calls")?;
    Ok(walk.implied)
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    open_loops: u64,
    /// Of all blocks that are open.
    open_handlers: u64,
    deepest: u64,
    loops: u64,
    branches_back: u64,
    blocks: u64,
    indirect_calls: u64,
    /// For each call, the handlers around it.
    handled_calls: u64,
    implied: u64,
}

/// A block that is open.
struct Open {
    is_loop: bool,
    /// The exception handlers that it puts around what is in it.
    handlers: u64,
}

impl Walk {
    fn step(&mut self, operator: &Operator<'_>, module: &Types) {
        match operator {
            Operator::Loop { blockty } => {
                self.begin(true, 0, blockty, module);
                self.loops += 1;
                self.open_loops += 1;
                self.deepest = self.deepest.max(self.open_loops);
            }
            Operator::Block { blockty } | Operator::If { blockty } | Operator::Try { blockty } => {
                self.begin(false, 0, blockty, module);
            }
            Operator::TryTable { try_table } => {
                self.begin(false, try_table.catches.len() as u64, &try_table.ty, module);
            }
            Operator::End => self.end(),
            Operator::Br { relative_depth: to }
            | Operator::BrIf { relative_depth: to }
            | Operator::BrOnNull { relative_depth: to }
            | Operator::BrOnNonNull { relative_depth: to }
            | Operator::BrOnCast { relative_depth: to, .. }
            | Operator::BrOnCastFail { relative_depth: to, .. } => self.branch(*to),
            Operator::BrTable { targets } => targets.targets().flatten().for_each(|to| self.branch(to)),
            Operator::Call { function_index } => self.call(module.type_of(*function_index), module),
            Operator::CallIndirect { type_index, .. } | Operator::CallRef { type_index } => {
                self.indirect_calls += 1;
                self.call(*type_index, module);
            }
            Operator::StructNewDefault { struct_type_index } => {
                self.implied += u64::from(module.width(*struct_type_index).fields);
            }
            _ => {}
        }
    }

    fn begin(&mut self, is_loop: bool, handlers: u64, ty: &BlockType, module: &Types) {
        self.open.push(Open { is_loop, handlers });
        self.open_handlers += handlers;
        self.blocks += 1;
        if let BlockType::FuncType(ty) = ty {
            self.implied += module.width(*ty).signature();
        }
    }

    fn end(&mut self) {
        if let Some(Open { is_loop, handlers }) = self.open.pop() {
            self.open_loops -= u64::from(is_loop);
            self.open_handlers -= handlers;
        }
    }

    fn branch(&mut self, to: u32) {
        let place = self.open.len().checked_sub(1 + to as usize);
        if place.is_some_and(|place| self.open[place].is_loop) {
            self.branches_back += 1;
        }
    }

    /// A call: of its results one is what every call may have, and it names each handler around it.
    fn call(&mut self, ty: u32, module: &Types) {
        self.handled_calls += self.open_handlers;
        self.implied += u64::from(module.width(ty).results.saturating_sub(1));
    }
}
