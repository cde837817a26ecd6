//! Reads what a component declares, without compiling or running it: its world, in the words of WIT.

use super::hostile::check_component;
use super::parser_text::parser_text;
use crate::error::{ErrorCode, Result, WasmError};
use crate::module_info::{ComponentInfo, WorldItem};
use crate::panics;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Builder;
use wasmparser::{Validator, WasmFeatures};
use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{Resolve, WorldItem as Item, WorldKey};

/// Enough for as many types within each other as there may be, in a build without optimisation.
const STACK_BYTES: usize = 512 << 20;
/// Characters of WIT at most. Names can be long, and each can stand in many places.
const WIT_CHARS_MAX: usize = 4 << 20;

/// Validates a component that no engine has seen, and reads its world. `name` is for messages.
///
/// # Errors
/// 5000 for what is not valid, or declares more than there are bounds for.
pub fn inspect_component(name: &str, bytes: &[u8]) -> Result<ComponentInfo> {
    let mut info = read_component(name, bytes, read)?;
    info.bytes = bytes.len() as u64;
    info.sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(info)
}

/// Validates a component that no engine has seen, and hands what it declares to `read`, which may go down into each type from within
/// another one, and whose error is for a person. `name` is for messages.
///
/// # Errors
/// 5000 for what is not valid, or declares more than there are bounds for, or cannot be read.
pub fn read_component<T: Send + 'static>(
    name: &str,
    bytes: &[u8],
    read: impl FnOnce(&DecodedWasm) -> Result<T, String> + Send + 'static,
) -> Result<T> {
    let failed = |what: String| WasmError::new(ErrorCode::Compile, format!("{name} {what}"));
    check_component(bytes).map_err(|problem| failed(format!("is not read: {problem}")))?;
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(bytes)
        .map_err(|error| failed(format!("is not a valid component: {}", text_of(&error))))?;
    let owned = bytes.to_vec();
    // The libraries below call themselves for each type within another one, and panic where they meet what they do not know.
    let read = Builder::new().name("wasm-wit".to_owned()).stack_size(STACK_BYTES).spawn(move || {
        panics::contain_on_this_thread();
        let read = AssertUnwindSafe(|| read(&wit_component::decode(&owned).map_err(|error| format!("{error:#}"))?));
        catch_unwind(read).unwrap_or_else(|panic| Err(panics::said(&*panic)))
    });
    let read = read.map_err(|error| failed(format!("cannot be inspected: no thread for it: {error}")))?;
    let read = read.join().unwrap_or_else(|panic| Err(panics::said(&*panic)));
    read.map_err(|error| failed(format!("has a world that cannot be shown: {error}")))
}

fn text_of(error: &wasmparser::BinaryReaderError) -> String {
    parser_text(error)
}

/// The world of a valid component. The error is for a person.
fn read(decoded: &DecodedWasm) -> Result<ComponentInfo, String> {
    let (resolve, package) = (decoded.resolve(), decoded.package());
    let nested: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &nested).map_err(|error| format!("{error:#}"))?;
    let wit = printer.output.to_string();
    if wit.len() > WIT_CHARS_MAX {
        return Err(format!("it takes {} bytes of WIT, more than the limit of {WIT_CHARS_MAX}", wit.len()));
    }
    let mut info = ComponentInfo { wit, ..ComponentInfo::default() };
    if let DecodedWasm::Component(resolve, world) = decoded {
        let world = &resolve.worlds[*world];
        info.imports = world.imports.iter().map(|(key, item)| described(resolve, key, item)).collect();
        info.exports = world.exports.iter().map(|(key, item)| described(resolve, key, item)).collect();
    }
    Ok(info)
}

fn described(resolve: &Resolve, key: &WorldKey, item: &Item) -> WorldItem {
    let name = resolve.name_world_key(key);
    match item {
        Item::Interface { id, .. } => {
            let functions = resolve.interfaces[*id].functions.keys().cloned().collect();
            WorldItem { name, kind: "interface", functions }
        }
        Item::Function(_) => WorldItem { name, kind: "function", functions: Vec::new() },
        Item::Type { .. } => WorldItem { name, kind: "type", functions: Vec::new() },
    }
}
