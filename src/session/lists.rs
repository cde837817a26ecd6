//! Lists whose length is a guest's come as JSON, made off the event loop, in pieces of which each turn of the loop takes one: nothing of a
//! guest's size keeps a timer waiting. `js/large.js` is the other half.

use super::encoding::{Encode, Fields, Js, JsResult};
use super::environment::Session;
use super::granted::off_loop;
use super::handles::{Handle, Held, lost};
use super::pieces::Pieces;
use crate::actor::message::{Answer, Command};
use crate::error::Result;
use crate::module_info::{ComponentInfo, ModuleInfo};
use crate::signature::Export;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::mem::take;
use std::rc::Rc;
use std::sync::Arc;

/// Bytes of JSON in one piece, or more where a single item is longer.
const TEXT_BYTES: usize = 4 * 1024;
/// Lists of no more items than this are short: to go elsewhere for them would take longer.
const SHORT: usize = 64;

/// A piece of JSON, and the handle that has the next, if there is one.
#[derive(Debug)]
pub struct Piece {
    text: String,
    more: Option<Handle>,
}

impl Encode for Piece {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(Fields::of(js).text("text", &self.text).number("more", self.more.map_or(-1.0, f64::from)).made())
    }
}

impl Session {
    /// Lists the exports of an instance.
    ///
    /// # Errors
    /// 5005 where there is none.
    pub async fn exports(&self, id: f64) -> Result<Piece> {
        match self.ask(id, Command::Exports).await? {
            Answer::Exports(exports) => self.list(exports).await,
            _ => self.list::<Export>(Arc::default()).await,
        }
    }

    /// The exports of an instance, or the imports of a module: an array, of which the first piece is the beginning.
    pub(super) async fn list<T: Serialize + Send + Sync + 'static>(&self, items: Arc<[T]>) -> Result<Piece> {
        if items.is_empty() {
            return Ok(self.begin("[]".to_owned(), VecDeque::new()));
        }
        let cut = move || {
            let mut pieces = pieces("", &items);
            let first =
                pieces.pop_front().and_then(|piece| piece.strip_prefix("[\"\",")?.strip_suffix(']').map(str::to_owned));
            Ok((first.unwrap_or_else(|| "[]".to_owned()), pieces))
        };
        let (first, rest) = off_loop(cut).await?;
        Ok(self.begin(first, rest))
    }

    /// What a module declares: an object, whose lists are empty at first where they are long.
    pub(super) async fn info(&self, info: ModuleInfo) -> Result<Piece> {
        let (first, rest) = off_loop(move || cut_info(info)).await?;
        Ok(self.begin(first, rest))
    }

    /// What a component declares: an object, of whose WIT there are the lines.
    pub(super) async fn component_info(&self, info: ComponentInfo) -> Result<Piece> {
        let (first, rest) = off_loop(move || cut_component(info)).await?;
        Ok(self.begin(first, rest))
    }

    fn begin(&self, first: String, rest: VecDeque<String>) -> Piece {
        let more = (!rest.is_empty()).then(|| self.handles.add(Held::Pieces(Rc::new(Pieces(RefCell::new(rest))))));
        Piece { text: first, more }
    }

    /// The next piece of a list.
    pub fn large_text(&self, handle: Handle) -> Piece {
        let Some(Held::Pieces(pieces)) = self.handles.get(handle) else {
            return Piece { text: "[\"\",[]]".to_owned(), more: None };
        };
        let mut rest = pieces.0.borrow_mut();
        let next = rest.pop_front().unwrap_or_default();
        let is_last = rest.is_empty();
        if is_last {
            self.handles.take(handle);
        }
        Piece { text: next, more: (!is_last).then_some(handle) }
    }
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

fn cut_component(mut info: ComponentInfo) -> Result<(String, VecDeque<String>)> {
    let mut rest = pieces("imports", &take(&mut info.imports));
    rest.extend(pieces("exports", &take(&mut info.exports)));
    let wit = take(&mut info.wit);
    rest.extend(pieces("wit", &wit.lines().collect::<Vec<_>>()));
    let mut first = serde_json::to_value(&info).map_err(|_| lost("the report"))?;
    first["wit"] = serde_json::Value::Array(Vec::new());
    Ok((first.to_string(), rest))
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
