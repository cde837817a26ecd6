//! What an instruction does to the flow of control.

use super::unread::{Parsed, Unread};
use wasmparser::{BrTable, Operator, TryTable};

/// What comes after an instruction, and what may come before that.
pub(super) enum Flow<'a, 'b> {
    /// The next one.
    Next,
    /// The next one, after work that may take as long as a thousand instructions.
    Long,
    /// The inside of a block.
    Block,
    /// The inside of a loop, which a branch to it begins anew.
    Loop,
    /// One of two branches.
    If,
    /// The other one.
    Else,
    /// What comes after a block.
    End,
    /// The inside of a block from where exceptions lead elsewhere.
    Try(&'b TryTable),
    /// The end of so many blocks, or the next instruction.
    BranchIf(u32),
    /// The end of so many blocks.
    Branch(u32),
    /// The end of one of these numbers of blocks.
    Table(&'b BrTable<'a>),
    /// Nothing here: the function is left.
    Leave,
    /// The next one, after a call of this function.
    Call(u32),
    /// The same, of a function that is not known.
    CallAny,
    /// A call of this function instead of a return.
    TailCall(u32),
    /// The same, of a function that is not known.
    TailCallAny,
}

/// # Errors
/// For instructions of proposals that guests do not have.
pub(super) fn flow<'a, 'b>(operator: &'b Operator<'a>) -> Parsed<Flow<'a, 'b>> {
    Ok(match operator {
        Operator::Block { .. } => Flow::Block,
        Operator::Loop { .. } => Flow::Loop,
        Operator::If { .. } => Flow::If,
        Operator::Else => Flow::Else,
        Operator::End => Flow::End,
        Operator::TryTable { try_table } => Flow::Try(try_table),
        Operator::Br { relative_depth } => Flow::Branch(*relative_depth),
        Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. } => Flow::BranchIf(*relative_depth),
        Operator::BrTable { targets } => Flow::Table(targets),
        Operator::Return | Operator::Unreachable | Operator::Throw { .. } | Operator::ThrowRef => Flow::Leave,
        Operator::Call { function_index } => Flow::Call(*function_index),
        Operator::CallIndirect { .. } | Operator::CallRef { .. } => Flow::CallAny,
        Operator::ReturnCall { function_index } => Flow::TailCall(*function_index),
        Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => Flow::TailCallAny,
        Operator::MemoryGrow { .. }
        | Operator::MemoryInit { .. }
        | Operator::MemoryCopy { .. }
        | Operator::MemoryFill { .. }
        | Operator::TableGrow { .. }
        | Operator::TableInit { .. }
        | Operator::TableCopy { .. }
        | Operator::TableFill { .. }
        | Operator::ArrayNew { .. }
        | Operator::ArrayNewDefault { .. }
        | Operator::ArrayNewData { .. }
        | Operator::ArrayNewElem { .. }
        | Operator::ArrayFill { .. }
        | Operator::ArrayCopy { .. }
        | Operator::ArrayInitData { .. }
        | Operator::ArrayInitElem { .. } => Flow::Long,
        Operator::Try { .. }
        | Operator::Catch { .. }
        | Operator::CatchAll
        | Operator::Rethrow { .. }
        | Operator::Delegate { .. }
        | Operator::BrOnCastDescEq { .. }
        | Operator::BrOnCastDescEqFail { .. }
        | Operator::ContNew { .. }
        | Operator::ContBind { .. }
        | Operator::Suspend { .. }
        | Operator::Resume { .. }
        | Operator::ResumeThrow { .. }
        | Operator::ResumeThrowRef { .. }
        | Operator::Switch { .. } => {
            return Err(Unread("it has an instruction of a proposal that guests do not have".to_owned()));
        }
        _ => Flow::Next,
    })
}
