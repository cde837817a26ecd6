//! What an app that failed says on stderr.

use crate::terminal::{Label, say};
use deno_core::error::{CoreError, CoreErrorKind, JsError};
use std::fmt::Write as _;

/// What deno_core says of an `await` that nothing can settle, and what we say.
const STALLED: &str = "Top-level await promise never resolved";
const NEVER_RESOLVED: &str = "top-level await never resolved: nothing is pending that could settle it";

/// Prints the error that ended an app. Its words may be a guest's, in an error of the app's own making.
pub(super) fn print(error: &CoreError) {
    say(Label::Error, &describe(error));
}

fn describe(error: &CoreError) -> String {
    match error.as_kind() {
        CoreErrorKind::Js(error) => describe_exception(error).replacen(STALLED, NEVER_RESOLVED, 1),
        CoreErrorKind::ModuleEvaluationDeadlock => NEVER_RESOLVED.to_owned(),
        _ => error.to_string(),
    }
}

/// An exception as one would want to read it: message, stack, and below it what caused it.
fn describe_exception(error: &JsError) -> String {
    let mut text = error.exception_message.clone();
    // The app's come first, though a guest's are innermost: what its author looks for is not below the 64 frames that a guest can have.
    write_frames(&mut text, error);
    write_guest_frames(&mut text, error);
    write_causes(&mut text, error);
    text
}

/// The frames of a guest that trapped, which js/error.js hands on.
fn write_guest_frames(text: &mut String, error: &JsError) {
    let traces = error.additional_properties.iter().filter(|(key, _)| key == "guestTrace");
    for frame in traces.flat_map(|(_, trace)| trace.lines()) {
        let _ = write!(text, "\n    at {frame} in the guest");
    }
}

/// Those of JavaScript. The first lines of a stack repeat the name and the message.
fn write_frames(text: &mut String, error: &JsError) {
    let stack = error.stack.as_deref().unwrap_or_default();
    let frames: Vec<&str> = stack.lines().map(str::trim_start).filter(|line| line.starts_with("at ")).collect();
    // Where the app was is what its author looks for; how the host went on from there is of use only where that is all there is.
    let hide_own = !frames.iter().all(|frame| is_own(frame));
    for frame in frames.iter().filter(|frame| !(hide_own && is_own(frame))) {
        let _ = write!(text, "\n    {frame}");
    }
    if frames.is_empty() {
        for frame in &error.frames {
            if let Some(location) = frame.maybe_format_location() {
                let _ = write!(text, "\n    at {location}");
            }
        }
    }
}

/// Is it a frame of the host's own JavaScript?
fn is_own(frame: &str) -> bool {
    place_of(frame).starts_with("ext:")
}

/// What a frame says after the name of the function.
fn place_of(frame: &str) -> &str {
    let place = frame.rsplit_once('(').map_or(frame, |(_, place)| place);
    place.trim_start_matches("at ").trim_start_matches("async ").trim_end_matches(')')
}

/// The innermost place of the app's in a stack: file, line and column.
pub(super) fn place_in(stack: &str) -> Option<(&str, i64, i64)> {
    let frames = stack.lines().map(str::trim_start).filter(|line| line.starts_with("at ") && !is_own(line));
    frames.map(place_of).find_map(|place| {
        let (rest, column) = place.rsplit_once(':')?;
        let (file, line) = rest.rsplit_once(':')?;
        Some((file, line.parse().ok()?, column.parse().ok()?))
    })
}

fn write_causes(text: &mut String, error: &JsError) {
    for inner in error.aggregated.iter().flatten() {
        let _ = write!(text, "\n  {}", describe_exception(inner).replace('\n', "\n  "));
    }
    if let Some(cause) = &error.cause {
        let _ = write!(text, "\nCaused by: {}", describe_exception(cause).trim_start_matches("Uncaught "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_host_are_told_by_where_they_are() {
        for own in ["at settled (ext:runtime_wasm/error.js:1:2)", "at ext:a/b.js:1:2", "at async ext:a/b.js:1:2"] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "at f (file:///ext:a/b.js:1:2)",
            "at file:///a.js:1:2",
            "at async Promise.all (index 0)",
            "at ext (file:///a.js:1:2)",
        ] {
            assert!(!is_own(other), "{other}");
        }
    }

    #[test]
    fn the_place_of_an_error_is_the_apps_own() {
        let stack = "Error: at x (a:1:2)\n    at f (ext:a/b.js:1:2)\n    at Promise.all (index 0)\n    at async g (file:///a b.js:3:45)";
        assert_eq!(place_in(stack), Some(("file:///a b.js", 3, 45)));
        assert_eq!(place_in("Error: x\n    at file:///a.js:6:7"), Some(("file:///a.js", 6, 7)));
        assert_eq!(place_in("Error: x\n    at ext:a/b.js:1:2"), None);
    }
}
