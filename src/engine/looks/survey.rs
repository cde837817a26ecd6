//! What is found in one function's body, before it is known what other functions are like.

use super::bounds::SHORT;
use super::flow::{Flow, flow};
use super::unread::Parsed;
use wasmparser::{BrTable, FunctionBody};

/// What a function's body has.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What executing each of its instructions once costs, calls not counted.
    pub(super) cost: u32,
    /// The functions of the module that it calls by their index, by their number among the module's own.
    pub(super) callees: Vec<u32>,
    /// Does it call functions that are not known?
    pub(super) calls_any: bool,
    /// Its loops, in their order.
    pub(super) loops: Vec<Loop>,
}

/// What is known of a loop.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loop {
    /// Is there a branch to it?
    pub(super) turns: bool,
    /// Is there a call in it? Then it may look by that.
    pub(super) calls: bool,
}

/// Looks through a body.
pub(super) fn survey(body: &FunctionBody<'_>, imported: u32) -> Parsed<Survey> {
    let mut found = Survey { cost: u32::try_from(body.range().len()).unwrap_or(u32::MAX), ..Survey::default() };
    let mut operators = body.get_operators_reader()?;
    // The blocks that are open, outermost first; which of the loops it is.
    let mut open: Vec<Option<usize>> = vec![None];
    while !operators.eof() {
        let operator = operators.read()?;
        match flow(&operator)? {
            Flow::Next | Flow::Else | Flow::Leave => {}
            Flow::Long => found.cost = found.cost.saturating_add(SHORT),
            Flow::Block | Flow::If => open.push(None),
            Flow::Loop => {
                open.push(Some(found.loops.len()));
                found.loops.push(Loop::default());
            }
            Flow::Try(handlers) => {
                for catch in &handlers.catches {
                    found.turn(&open, label(catch));
                }
                open.push(None);
            }
            Flow::End => drop(open.pop()),
            Flow::Branch(to) | Flow::BranchIf(to) => found.turn(&open, to),
            Flow::Table(targets) => found.turn_any(&open, targets)?,
            Flow::Call(function) | Flow::TailCall(function) => {
                found.call(&open);
                found.callees.extend(function.checked_sub(imported));
            }
            Flow::CallAny | Flow::TailCallAny => {
                found.call(&open);
                found.calls_any = true;
            }
        }
    }
    Ok(found)
}

/// Where an exception leads that is caught so: counted from outside the block that catches.
pub(super) fn label(catch: &wasmparser::Catch) -> u32 {
    use wasmparser::Catch::{All, AllRef, One, OneRef};
    match catch {
        One { label, .. } | OneRef { label, .. } | All { label } | AllRef { label } => *label,
    }
}

impl Survey {
    fn turn(&mut self, open: &[Option<usize>], to: u32) {
        let place = open.len().checked_sub(1 + to as usize);
        if let Some(number) = place.and_then(|place| open[place]) {
            self.loops[number].turns = true;
        }
    }

    fn turn_any(&mut self, open: &[Option<usize>], targets: &BrTable<'_>) -> Parsed<()> {
        self.turn(open, targets.default());
        for target in targets.targets() {
            self.turn(open, target?);
        }
        Ok(())
    }

    fn call(&mut self, open: &[Option<usize>]) {
        // Innermost first. What is around a loop that is known to call is known, too.
        for number in open.iter().rev().flatten() {
            if std::mem::replace(&mut self.loops[*number].calls, true) {
                break;
            }
        }
    }
}
