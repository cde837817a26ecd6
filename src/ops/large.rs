//! What is large comes and goes in pieces, one in each turn of the event loop: nothing of a guest's size keeps a timer waiting.
//!
//! `js/large.js` is the other half. Lists come as JSON, made off the event loop; bytes are copied piece by piece, since a buffer of
//! JavaScript's can only be touched on its own thread.

use super::host::off_loop;
use crate::blocking;
use crate::error::{ErrorCode, Result, WasmError};
use crate::module_info::ModuleInfo;
use deno_core::convert::Uint8Array;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{OpState, Resource, ResourceId, ToV8, op2};
use deno_error::JsErrorBox;
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Bytes of JSON in one piece, or more where a single item is longer.
const TEXT_BYTES: usize = 4 * 1024;
/// Lists of no more items than this are short: to go elsewhere for them would take longer.
const SHORT: usize = 64;
/// Answers of more bytes than this are copied in pieces. `js/large.js` says how large these are.
const PIECE_BYTES: usize = 256 * 1024;

/// No more is to come.
const NOTHING: f64 = -1.0;

/// A piece of JSON, and the resource that has the next, or -1.
#[derive(ToV8)]
pub struct Piece {
    text: String,
    more: f64,
}

/// The pieces of a list that are still to be sent.
struct Pieces(RefCell<VecDeque<String>>);

impl Resource for Pieces {
    fn name(&self) -> Cow<'_, str> {
        "wasmPieces".into()
    }
}

/// Bytes on their way to JavaScript.
struct Outgoing(RefCell<Vec<u8>>);

impl Resource for Outgoing {
    fn name(&self) -> Cow<'_, str> {
        "wasmOutgoing".into()
    }

    /// To give much memory back takes milliseconds, too.
    fn close(self: Rc<Self>) {
        let bytes = self.0.take();
        blocking::discard(bytes);
    }
}

/// Bytes that JavaScript is handing over.
struct Incoming(RefCell<Arriving>);

#[derive(Default)]
struct Arriving {
    bytes: Vec<u8>,
    wanted_by: Option<oneshot::Sender<Vec<u8>>>,
}

impl Resource for Incoming {
    fn name(&self) -> Cow<'_, str> {
        "wasmIncoming".into()
    }
}

fn lost(what: &str) -> WasmError {
    WasmError::new(ErrorCode::Io, format!("{what} cannot be handed over"))
}

/// The exports of an instance, or the imports of a module: an array, of which the first piece is the beginning.
pub(super) async fn list<T: Serialize + Send + Sync + 'static>(
    state: &Rc<RefCell<OpState>>,
    items: Arc<[T]>,
) -> Result<Piece> {
    if items.is_empty() {
        return Ok(begin(state, "[]".to_owned(), VecDeque::new()));
    }
    let cut = move || {
        let mut pieces = pieces("", &items);
        let first =
            pieces.pop_front().and_then(|piece| piece.strip_prefix("[\"\",")?.strip_suffix(']').map(str::to_owned));
        Ok((first.unwrap_or_else(|| "[]".to_owned()), pieces))
    };
    let (first, rest) = off_loop(cut).await?;
    Ok(begin(state, first, rest))
}

/// What a module declares: an object, whose lists are empty at first where they are long.
pub(super) async fn info(state: &Rc<RefCell<OpState>>, info: ModuleInfo) -> Result<Piece> {
    let (first, rest) = off_loop(move || cut_info(info)).await?;
    Ok(begin(state, first, rest))
}

fn cut_info(mut info: ModuleInfo) -> Result<(String, VecDeque<String>)> {
    let mut rest = VecDeque::new();
    let lists = [info.imports.len(), info.exports.len(), info.globals.len(), info.custom_sections.len()];
    if lists.into_iter().any(|length| length > SHORT) || info.memories.len() + info.tables.len() > SHORT {
        rest.extend(pieces("imports", &take(&mut info.imports)));
        rest.extend(pieces("exports", &take(&mut info.exports)));
        rest.extend(pieces("memories", &take(&mut info.memories)));
        rest.extend(pieces("tables", &take(&mut info.tables)));
        rest.extend(pieces("globals", &take(&mut info.globals)));
        rest.extend(pieces("customSections", &take(&mut info.custom_sections)));
        rest.extend(pieces("host", &take(&mut info.needs.host)));
        if let Some(wasi) = &mut info.needs.wasi {
            rest.extend(pieces("wasi", &take(&mut wasi.functions)));
        }
    }
    let first = serde_json::to_string(&info).map_err(|_| lost("the report"))?;
    Ok((first, rest))
}

/// Each piece is `["name of the list", [items]]`.
fn pieces<T: Serialize>(list: &str, items: &[T]) -> VecDeque<String> {
    let mut pieces = VecDeque::new();
    let mut piece = String::new();
    for item in items {
        // What is plain data has its JSON.
        let item = serde_json::to_string(item).unwrap_or_else(|_| "null".to_owned());
        if !piece.is_empty() && piece.len() + item.len() > TEXT_BYTES {
            pieces.push_back(format!("[\"{list}\",[{}]]", take(&mut piece)));
        }
        if !piece.is_empty() {
            piece.push(',');
        }
        piece.push_str(&item);
    }
    if !piece.is_empty() {
        pieces.push_back(format!("[\"{list}\",[{piece}]]"));
    }
    pieces
}

fn begin(state: &Rc<RefCell<OpState>>, first: String, rest: VecDeque<String>) -> Piece {
    if rest.is_empty() {
        return Piece { text: first, more: NOTHING };
    }
    let more = f64::from(state.borrow_mut().resource_table.add(Pieces(RefCell::new(rest))));
    Piece { text: first, more }
}

/// The next piece of a list.
#[op2]
pub fn op_wasm_large_text(state: &mut OpState, #[smi] rid: ResourceId) -> Piece {
    let table = &mut state.resource_table;
    let Ok(pieces) = table.get::<Pieces>(rid) else { return Piece { text: "[\"\",[]]".to_owned(), more: NOTHING } };
    let mut rest = pieces.0.borrow_mut();
    let next = rest.pop_front().unwrap_or_default();
    if rest.is_empty() {
        let _ = table.take_any(rid);
        return Piece { text: next, more: NOTHING };
    }
    Piece { text: next, more: f64::from(rid) }
}

/// Bytes for JavaScript: themselves, or where they are many the resource that has them and their number.
pub enum Bytes {
    Few(Vec<u8>),
    Many(Many),
}

/// Where many bytes are.
#[derive(ToV8)]
pub struct Many {
    large: f64,
    length: f64,
}

impl Bytes {
    pub(super) fn new(state: &Rc<RefCell<OpState>>, bytes: Vec<u8>) -> Bytes {
        let length = bytes.len();
        if length <= PIECE_BYTES {
            return Bytes::Few(bytes);
        }
        let large = f64::from(state.borrow_mut().resource_table.add(Outgoing(RefCell::new(bytes))));
        Bytes::Many(Many { large, length: length as f64 })
    }
}

impl<'a> ToV8<'a> for Bytes {
    type Error = JsErrorBox;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> std::result::Result<Local<'a, v8::Value>, JsErrorBox> {
        match self {
            Bytes::Few(bytes) => Uint8Array::from(bytes).to_v8(scope),
            Bytes::Many(many) => many.to_v8(scope).map_err(JsErrorBox::from_err),
        }
    }
}

/// Copies a piece of outgoing bytes.
#[op2(fast)]
pub fn op_wasm_large_take(state: &OpState, #[smi] rid: ResourceId, at: f64, #[buffer] piece: &mut [u8]) {
    let Ok(bytes) = state.resource_table.get::<Outgoing>(rid) else { return };
    let (at, bytes) = (at as usize, bytes.0.borrow());
    if let Some(from) = at.checked_add(piece.len()).and_then(|end| bytes.get(at..end)) {
        piece.copy_from_slice(from);
    }
}

/// A place for so many bytes, which come in pieces.
#[op2(fast)]
#[smi]
pub fn op_wasm_large_begin(state: &mut OpState, length: f64) -> ResourceId {
    let bytes = Vec::with_capacity(length as usize);
    state.resource_table.add(Incoming(RefCell::new(Arriving { bytes, wanted_by: None })))
}

/// Adds a piece to them. False if nobody wants them any more.
#[op2(fast)]
pub fn op_wasm_large_add(state: &OpState, #[smi] rid: ResourceId, #[buffer] piece: &[u8]) -> bool {
    let Ok(incoming) = state.resource_table.get::<Incoming>(rid) else { return false };
    let mut incoming = incoming.0.borrow_mut();
    if incoming.wanted_by.as_ref().is_some_and(oneshot::Sender::is_closed) {
        return false;
    }
    incoming.bytes.extend_from_slice(piece);
    true
}

/// All have been added: whoever waits for them gets them.
#[op2(fast)]
pub fn op_wasm_large_sent(state: &mut OpState, #[smi] rid: ResourceId) {
    let Ok(incoming) = state.resource_table.take::<Incoming>(rid) else { return };
    let Arriving { bytes, wanted_by } = incoming.0.take();
    if let Some(wanted_by) = wanted_by {
        let _ = wanted_by.send(bytes);
    }
}

/// Those that have come.
pub(super) fn incoming(state: &Rc<RefCell<OpState>>, rid: ResourceId) -> Result<Vec<u8>> {
    let incoming = state.borrow_mut().resource_table.take::<Incoming>(rid);
    Ok(incoming.map_err(|_| lost("the bytes"))?.0.take().bytes)
}

/// Those that are to come: so many, and what gives them.
pub(super) fn coming(state: &Rc<RefCell<OpState>>, rid: ResourceId) -> Result<oneshot::Receiver<Vec<u8>>> {
    let incoming = state.borrow().resource_table.get::<Incoming>(rid).map_err(|_| lost("the bytes"))?;
    let (sender, receiver) = oneshot::channel();
    incoming.0.borrow_mut().wanted_by = Some(sender);
    Ok(receiver)
}

/// Gives the event loop a turn.
#[op2]
pub async fn op_wasm_large_turn() {
    tokio::task::yield_now().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_short_and_together_the_list() {
        assert!(pieces::<u8>("x", &[]).is_empty());
        let items: Vec<String> = (0..5000).map(|index| format!("item \"{index}\"")).collect();
        let cut = pieces("x", &items);
        assert!(cut.len() > 4 && cut.iter().all(|piece| piece.len() < TEXT_BYTES + 100));
        let joined = cut.iter().flat_map(|piece| serde_json::from_str::<(String, Vec<String>)>(piece).unwrap().1);
        assert_eq!(joined.collect::<Vec<_>>(), items);
        // An item that is longer than a piece is one by itself.
        assert_eq!(pieces("x", &["short".to_owned(), "l".repeat(3 * TEXT_BYTES), "short".to_owned()]).len(), 3);
    }
}
