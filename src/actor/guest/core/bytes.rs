//! Bytes in, bytes out, as one request: room for them is asked of the guest, they are written, the function is called, what it gives is
//! read, and the room is given back. `docs/plugins.md` says what a guest exports for that.

use super::call::{self, bounded};
use super::memory;
use crate::actor::guest::fuel::Reserve;
use crate::actor::guest::state::Context;
use crate::actor::protocol::message::{Answer, BytesCall, Call};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::CALL_BYTES_MAX;
use crate::printable;
use crate::signature::ValueType::{self, I32, I64};
use crate::value::{Arg, Value};

/// `alloc(length) -> pointer`: room for so many bytes.
const ALLOC: &str = "alloc";
/// `release(pointer, length)`: gives it back, and that of results.
const RELEASE: &str = "release";

/// Bytes of the guest's memory.
#[derive(Clone, Copy)]
struct Block {
    at: u32,
    length: u32,
}

impl Block {
    /// Both halves of a packed result.
    fn unpacked(packed: i64) -> Block {
        Block { at: (packed as u64 >> 32) as u32, length: packed as u32 }
    }

    fn values(self) -> Vec<Arg> {
        [self.at, self.length].map(|half| Value::I32(half as i32).into()).into()
    }
}

/// Calls an export with bytes. The first thing that fails ends it, and from then on no more of the guest is called.
pub(super) async fn call_bytes(store: &mut Context<'_>, wanted: &BytesCall) -> Result<Answer> {
    let Call { name, fuel, .. } = &wanted.call;
    for (name, params, results) in
        [(&**name, &[I32, I32][..], &[I64][..]), (ALLOC, &[I32], &[I32]), (RELEASE, &[I32, I32], &[])]
    {
        check_signature(store, name, params, results)?;
    }
    // As for the functions: what is missing is said before any of them is called.
    memory::whole(store).map_err(|error| WasmError::new(ErrorCode::ExportNotFound, error.message))?;
    BytesCall::check_length(wanted.bytes.len() as u64)?;
    let length = wanted.bytes.len() as u32;
    // All of the calls share it, as they share the limits of time.
    let reserve = fuel.map(|limit| Reserve::set_aside(store, limit)).transpose()?;
    let ended = exchange(store, name, &wanted.bytes, length).await;
    let was_bounded = reserve.is_some_and(|reserve| reserve.give_back(store));
    let bytes = ended.map_err(|error| bounded(store, name, error, was_bounded, *fuel))?;
    match wanted.as_text {
        true => text(name, bytes).map(Answer::Text),
        false => Ok(Answer::Bytes(bytes)),
    }
}

async fn exchange(store: &mut Context<'_>, name: &str, bytes: &[u8], length: u32) -> Result<Vec<u8>> {
    let alloc = vec![Value::I32(length as i32).into()];
    let given = match call_within(store, ALLOC, alloc).await?[..] {
        [Value::I32(at)] => Block { at: at as u32, length },
        _ => return Err(exited(ALLOC)),
    };
    if given.at == 0 && length > 0 {
        return Err(memory_error(format!("\"{ALLOC}\" has no room for {length} bytes: it gave 0")));
    }
    memory::write(store, given.at.into(), bytes)
        .map_err(|error| of(&format!("the room that \"{ALLOC}\" gave"), error))?;
    let result = match call_within(store, name, given.values()).await?[..] {
        [Value::I64(packed)] => Block::unpacked(packed),
        _ => return Err(exited(name)),
    };
    let what = format!("the result of \"{}\"", printable::name(name));
    if u64::from(result.length) > CALL_BYTES_MAX {
        let length = result.length;
        return Err(memory_error(format!("{what} has {length} bytes: there may be {CALL_BYTES_MAX}")));
    }
    let bytes = memory::read(store, result.at.into(), result.length.into()).map_err(|error| of(&what, error))?;
    release(store, given).await?;
    // One that was made in place is the same block.
    if result.at != given.at {
        release(store, result).await?;
    }
    Ok(bytes)
}

/// The error, and what it is about.
fn of(what: &str, error: WasmError) -> WasmError {
    let text = format!("{what}: {}", error.message);
    error.saying(text)
}

/// Gives a block back. What is at 0 is none.
async fn release(store: &mut Context<'_>, block: Block) -> Result<()> {
    if block.at != 0 {
        call_within(store, RELEASE, block.values()).await?;
    }
    Ok(())
}

async fn call_within(store: &mut Context<'_>, name: &str, args: Vec<Arg>) -> Result<Vec<Value>> {
    call::call(store, &Call { name: name.into(), args, ..Call::default() }).await
}

fn check_signature(store: &mut Context<'_>, name: &str, params: &[ValueType], results: &[ValueType]) -> Result<()> {
    let found = call::exported_function(store, name)?;
    if found.params == params && found.results == results {
        return Ok(());
    }
    let list = |types: &[ValueType]| types.iter().map(|ty| ty.name()).collect::<Vec<_>>().join(", ");
    let signature = |params: &[ValueType], results: &[ValueType]| format!("({}) -> ({})", list(params), list(results));
    let text = format!(
        "\"{}\" is {}, and a call with bytes wants {}",
        printable::name(name),
        signature(&found.params, &found.results),
        signature(params, results)
    );
    Err(WasmError::new(ErrorCode::Type, text))
}

/// Bytes that have to be text.
fn text(name: &str, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let (name, at) = (printable::name(name), error.utf8_error().valid_up_to());
        WasmError::new(ErrorCode::Type, format!("the result of \"{name}\" is not UTF-8, from byte {at} on"))
    })
}

/// A guest that exits with 0 leaves no result.
fn exited(name: &str) -> WasmError {
    let text = format!("the guest has exited in \"{}\", which should have given a result", printable::name(name));
    WasmError { exit_code: Some(0), ..WasmError::new(ErrorCode::Call, text) }
}

fn memory_error(text: String) -> WasmError {
    WasmError::new(ErrorCode::Memory, text)
}
