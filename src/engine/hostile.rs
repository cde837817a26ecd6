//! Modules that would take too long to compile are refused before the compiler sees them.

use crate::limits::{FUNCTION_BYTES_MAX, FUNCTIONS_MAX, LOCALS_MAX};
use wasmparser::{FunctionBody, Parser, Payload};

/// Holds the module against the bounds on functions. What is malformed passes: the compiler says it better.
///
/// # Errors
/// A sentence that names the function and the bound.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut defined = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::CodeSectionStart { count, .. }) if count > FUNCTIONS_MAX => {
                return Err(format!("it has {count} functions, more than the limit of {FUNCTIONS_MAX}"));
            }
            Ok(Payload::CodeSectionEntry(body)) => {
                check_body(&body, defined)?;
                defined += 1;
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Ok(())
}

fn check_body(body: &FunctionBody<'_>, index: usize) -> Result<(), String> {
    let size = body.range().len();
    if size > FUNCTION_BYTES_MAX {
        return Err(format!("its function {index} has {size} bytes, more than the limit of {FUNCTION_BYTES_MAX}"));
    }
    let Ok(groups) = body.get_locals_reader() else { return Ok(()) };
    let locals: u64 = groups.into_iter().map_while(Result::ok).map(|(count, _)| u64::from(count)).sum();
    if locals > u64::from(LOCALS_MAX) {
        return Err(format!("its function {index} has {locals} locals, more than the limit of {LOCALS_MAX}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(body: &str) -> Vec<u8> {
        wat::parse_str(format!("(module (func) (func {body}))")).unwrap()
    }

    #[test]
    fn bounds_on_functions_are_kept_and_named() {
        let locals = |count| module(&format!("(local {})", "i64 ".repeat(count)));
        assert_eq!(check(&locals(LOCALS_MAX as usize)), Ok(()));
        let many = check(&locals(LOCALS_MAX as usize + 1)).unwrap_err();
        assert!(many.contains("function 1 has 20001 locals"), "{many}");
        let large = check(&module(&"nop ".repeat(FUNCTION_BYTES_MAX))).unwrap_err();
        assert!(large.contains("more than the limit of 1048576"), "{large}");
        assert_eq!(check(b"not a module"), Ok(()));
    }
}
