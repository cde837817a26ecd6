//! Says what a component imports and nobody gives.

use crate::actor::protocol::host_call::{Given, HostImports};
use crate::error::{ErrorCode, FailedImport, Result, WasmError};
use crate::interface::Interface;
use crate::printable;

/// A component can ask for thousands of functions; a message stays one.
const IMPORTS_CHARS_MAX: usize = 1500;

/// Is there a function for each that it imports?
///
/// # Errors
/// 5001 that lists those that are missing or no functions, with their types.
pub(super) fn check(name: &str, interface: &Interface, given: Option<&HostImports>) -> Result<()> {
    let (mut listed, mut chars, mut more) = (Vec::new(), 0, 0);
    for (index, function) in interface.imports.iter().enumerate() {
        let problem = match given.and_then(|given| given.given.get(index)).unwrap_or(&Given::Nothing) {
            Given::Function => continue,
            Given::Nothing => "is missing",
            Given::Native(_) => "cannot be a function of numbers",
            Given::Value(_) | Given::Fresh => "is no function",
        };
        if chars >= IMPORTS_CHARS_MAX {
            more += 1;
            continue;
        }
        let import = FailedImport::new(function.interface.as_deref().unwrap_or_default(), &function.name);
        let line = format!("{import} {problem}: expected {}", printable::name(&interface.function_text(function)));
        chars += line.chars().count();
        listed.push(line);
    }
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    if listed.is_empty() {
        return Ok(());
    }
    let text = format!("{name} cannot be instantiated, imports: {}", listed.join("; "));
    Err(WasmError::new(ErrorCode::Instantiate, text))
}
