//! Failures, for JavaScript: `{ failure: code, message, … }`.

use super::js::Js;
use super::values::value;
use crate::ended::Ended;
use crate::error::{FailedCall, WasmError};
use std::time::{SystemTime, UNIX_EPOCH};

/// A failure, with all that the error says. Our JavaScript makes a `WasmError` of it.
pub fn failure<J: Js>(js: &mut J, error: WasmError) -> J::Value {
    let object = js.bare();
    let code = js.integer(error.code as i32);
    js.set(&object, "failure", code);
    text(js, &object, "message", &error.message);
    if let Some(trap) = error.trap {
        text(js, &object, "trap", trap);
    }
    if !error.guest_stack.is_empty() {
        let frames: Vec<_> = error.guest_stack.iter().map(|frame| js.string(frame)).collect();
        let frames = js.array(&frames);
        js.set(&object, "guestStack", frames);
    }
    if let Some(exit_code) = error.exit_code {
        let exit_code = js.integer(exit_code);
        js.set(&object, "exitCode", exit_code);
    }
    if let Some(cause) = error.cause.and_then(|cause| js.kept(&cause)) {
        js.set(&object, "cause", cause);
    }
    if let Some(limit) = error.limit {
        text(js, &object, "limit", limit.name());
    }
    if let Some(ended) = error.ended {
        let (instance, ended) = how_ended(js, &ended);
        js.set(&object, "instance", instance);
        js.set(&object, "ended", ended);
    }
    if let Some(call) = error.call {
        let call = failed_call(js, *call);
        js.set(&object, "call", call);
    }
    if let Some(import) = error.import {
        let named = js.object();
        text(js, &named, "module", &import.module);
        text(js, &named, "name", &import.name);
        js.set(&object, "import", named);
    }
    object
}

fn text<J: Js>(js: &mut J, object: &J::Value, key: &str, text: &str) {
    let text = js.string(text);
    js.set(object, key, text);
}

/// Which instance has ended, and how.
fn how_ended<J: Js>(js: &mut J, ended: &Ended) -> (J::Value, J::Value) {
    let (instance, how) = (js.object(), js.object());
    let id = js.number(ended.id as f64);
    js.set(&instance, "id", id);
    text(js, &instance, "name", &ended.name);
    text(js, &how, "reason", ended.reason);
    if let Some(message) = &ended.message {
        text(js, &how, "message", message);
    }
    let at = js.number(millis(ended.time()));
    js.set(&how, "atMs", at);
    (instance, how)
}

/// As `Date.now()` counts.
pub(super) fn millis(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as f64
}

fn failed_call<J: Js>(js: &mut J, call: FailedCall) -> J::Value {
    let object = js.object();
    text(js, &object, "name", &call.name);
    let mut args = Vec::with_capacity(call.args.len());
    for arg in call.args {
        args.push(value(js, arg).unwrap_or_else(|_| js.undefined()));
    }
    let args = js.array(&args);
    js.set(&object, "args", args);
    object
}
